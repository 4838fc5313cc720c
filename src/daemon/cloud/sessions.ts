/** The login: who is signed in, what is open with it, and how one login follows another. */
import type { Clock } from '@engine'
import { toFault, WarrenError, type Fault } from '@shared/errors'
import { createSync, type PinStore, type Replica, type Sync, type SyncReport } from '@sync'
import type { Services } from '../services'
import type { Account, AccountSession } from './account'
import type { Book } from './book'
import { createTurns } from '../turns'
import { createMembers, type MemberRequests } from './members'
import { openPins } from './pins'
import type { Spaces } from './spaces'
import { createKeys, type AccountKeys } from './team-keys'
import type { AccountRecord, Departures, SealedFields } from './types'

export interface Session {
  readonly account: AccountSession
  readonly keys: AccountKeys
  readonly members: MemberRequests
  sync: Sync
}

export interface SessionsOptions {
  readonly services: Pick<Services, 'catalog' | 'store' | 'watch' | 'inTurn' | 'now'>
  readonly book: Book
  readonly account: Account
  readonly replica: Replica
  readonly sealed: SealedFields
  readonly spaces: Spaces
  readonly departures: Departures
  readonly clock: Clock
  readonly pollSeconds: () => number
  readonly log: (message: string) => void
  /** Views are others now. */
  readonly tell: () => void
  /** What was opened with a key is to be forgotten. */
  readonly onKeys: () => void
  readonly saved: AccountRecord | null
}

export interface Sessions {
  /** Of the last login, also when it was signed out since. */
  readonly record: () => AccountRecord | null
  readonly isSignedIn: () => boolean
  readonly now: () => Session | null
  readonly report: () => SyncReport | null
  /** Why there is no session though somebody is signed in. */
  readonly fault: () => Fault | null
  /**
   * The session, also when the kept login is being opened just now or is yet to be: that asks no server. Throws `cloud.signed-out` or
   * `cloud.login-needed`.
   */
  readonly reached: () => Promise<Session>
  /** Throws `cloud.signed-out`. */
  readonly requireAccount: () => void
  /** Another login, in place of the one before when it succeeds. `prepare` comes before its first round with the server. */
  readonly enter: (signIn: () => Promise<AccountSession>, prepare: () => Promise<void>) => Promise<void>
  /** The login that was kept; `null` when nobody is signed in. Rejects with why it cannot be had. */
  readonly restore: () => Promise<Session | null>
  readonly leave: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function createSessions(options: SessionsOptions): Promise<Sessions> {
  const { services, book, account, replica, sealed, spaces, departures, clock, log, tell } = options
  const { store, catalog, watch, inTurn, now } = services
  let record = options.saved
  let pins: PinStore = await openPins(store)
  let session: Session | null = null
  let fault: Fault | null = null
  let isOver = false
  /** Two logins at once, or one while the kept one is opened, would leave two that sync. */
  const inOrder = createTurns()

  const isSignedIn = (): boolean => record?.isSignedIn === true
  const touchBound = (): void => {
    for (const { forwardId } of book.bindings()) if (catalog.hasForward(forwardId)) watch.touch(forwardId)
  }
  const onKeys = (): void => {
    options.onKeys()
    for (const { forwardId, secrets } of book.bindings()) {
      const hasSecrets = Object.values(secrets).some((text) => text !== null)
      if (hasSecrets && catalog.hasForward(forwardId)) watch.touch(forwardId)
    }
    tell()
  }
  const syncFor = ({ client }: AccountSession, keys: AccountKeys): Sync => {
    let wasAway = true
    return createSync({
      ...{ client, replica, clock, pollSeconds: options.pollSeconds() },
      log: (level, message) => log(`cloud, ${level}: ${message}`),
      onReport: (next) => {
        const hasNews = spaces.take(next.teams)
        const isAway = next.fault !== null || next.lastSyncAt === null
        if (hasNews || (wasAway && !isAway)) void keys.look()
        wasAway = isAway
        tell()
      },
      onTeamNews: () => void keys.look(),
    })
  }
  const open = async (signedIn: AccountSession): Promise<Session> => {
    const { client, keychain } = signedIn
    const { userId } = signedIn.record
    const { teams } = spaces
    const isCurrent = (): boolean => {
      const report = session?.account === signedIn ? session.sync.report() : null
      return report !== null && report.fault === null && report.lastSyncAt !== null
    }
    const keys = createKeys({ client, keychain, userId, pins, sealed, teams, log, now, isCurrent, onChange: onKeys })
    await keys.begin()
    if (isOver) throw ending()
    const opened: Session = {
      ...{ account: signedIn, keys, sync: syncFor(signedIn, keys) },
      members: createMembers({
        ...{ client, keys, pins, userId, teams, departures, log },
        reload: async () => {
          await opened.sync.syncNow().catch((error: unknown) => log(`cloud: ${toFault(error).message}`))
          await spaces.settled()
        },
      }),
    }
    fault = null
    session = opened
    touchBound()
    tell()
    return opened
  }
  const close = async (): Promise<void> => {
    const closing = session
    session = null
    await closing?.sync.close()
    closing?.keys.close()
    options.onKeys()
  }
  const save = async (next: AccountRecord): Promise<void> => {
    const isAnother = record !== null && (record.url !== next.url || record.userId !== next.userId)
    await inTurn(async () => {
      if (!isAnother) return store.saveAccount(next)
      const bound = book.bindings()
      await store.replaceAccount(next)
      book.clear()
      for (const { forwardId } of bound) if (catalog.hasForward(forwardId)) watch.touch(forwardId)
    })
    if (isAnother) pins = await openPins(store)
    record = next
  }
  const refuse = (): never => {
    if (fault !== null && isSignedIn()) {
      throw new WarrenError('cloud.login-needed', fault.message, { fix: fault.fix ?? 'Sign in again.' })
    }
    throw new WarrenError('cloud.signed-out', 'Nobody is signed in.', { fix: 'Sign in to a cloud server first.' })
  }
  const reopen = inOrderOf(inOrder, async (): Promise<Session | null> => {
    if (session !== null) return session
    if (isOver) throw ending()
    try {
      const kept = await account.restore()
      return kept === null ? null : await open(kept)
    } catch (error) {
      fault = toFault(error)
      log(`cloud: ${fault.message}`)
      tell()
      throw error
    }
  })
  let restoring: Promise<Session | null> | null = null
  /** All who ask while it is under way get its answer: a keychain that a person must unlock asks once. */
  const restore: Sessions['restore'] = () => {
    restoring ??= reopen().finally(() => {
      restoring = null
    })
    return restoring
  }
  return {
    ...{ isSignedIn, restore },
    reached: async () => {
      if (session !== null) return session
      // What could not be opened is not tried again by each request; `sync` does.
      if (!isSignedIn() || fault !== null) return refuse()
      return (await restore().catch(() => null)) ?? refuse()
    },
    record: () => record,
    now: () => session,
    report: () => session?.sync.report() ?? null,
    fault: () => fault,
    requireAccount: () => {
      if (!isSignedIn()) refuse()
    },
    close: () => {
      isOver = true
      return close()
    },
    enter: inOrderOf(inOrder, async (signIn, prepare) => {
      const before = session
      // It rests while another login is asked for: both would write where the login rests.
      await before?.sync.close()
      let signedIn: AccountSession
      try {
        signedIn = await signIn()
      } catch (error) {
        if (before !== null && !isOver) {
          before.sync = syncFor(before.account, before.keys)
          before.sync.begin()
        }
        throw error
      }
      // A token of the login before that is renewed just now must not take the place of the new one.
      before?.account.keychain.retire()
      await close()
      try {
        await signedIn.keychain.set({})
        await save(signedIn.record)
        const { sync } = await open(signedIn)
        // Signed in is signed in, also when not all of it could be prepared.
        await prepare().finally(sync.begin)
      } catch (error) {
        fault = session === null ? toFault(error) : null
        tell()
        throw error
      }
    }),
    leave: inOrderOf(inOrder, async () => {
      const leaving = session
      await close()
      await (leaving === null ? account.forget() : account.logout(leaving.account))
      if (record !== null) await save({ ...record, isSignedIn: false })
      fault = null
      touchBound()
      tell()
    }),
  }
}

// --- internal ---

function ending(): WarrenError {
  return new WarrenError('cloud.signed-out', 'The daemon is ending.')
}

function inOrderOf<A extends readonly unknown[], T>(
  inOrder: Services['inTurn'],
  work: (...given: A) => Promise<T>,
): (...given: A) => Promise<T> {
  return (...given) => inOrder(() => work(...given))
}
