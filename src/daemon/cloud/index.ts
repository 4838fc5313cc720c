/** The cloud as the daemon lives with it: the account, the replica, and what clients ask. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '@engine'
import { toFault, WarrenError } from '@shared/errors'
import { formatServerAddress } from '@sync'
import type { Services } from '../services'
import { createAccount } from './account'
import { createBook, type Book } from './book'
import { createEdits } from './edits'
import type { MemberRequests } from './members'
import { createReplica, type ReplicaServices } from './replica'
import { createRuns } from './runs'
import { createSealedConflicts } from './_sealed-conflicts'
import { createSealedFields } from './sealed-fields'
import { sealedSecrets } from './secrets'
import { createSessions, type Sessions } from './sessions'
import { createShare } from './share'
import { createSpaces } from './spaces'
import type { AccountKeys } from './team-keys'
import type { Cloud, Departures } from './types'
import { createViews } from './views'

export type { Cloud } from './types'

export interface CloudOptions {
  readonly services: ReplicaServices & Pick<Services, 'warnings' | 'secrets'>
  /** The data folder. */
  readonly home: string
  readonly clock: Clock
  readonly log: (message: string) => void
  /** Stops forwards and takes them out of memory. */
  readonly forget: (forwardIds: readonly string[]) => Promise<void>
  /** Whether there is something left to do may be another answer now. */
  readonly onWork: () => void
}

/** How soon views hear of changes, together. */
const TELL_MS = 50
/** What is told to the cloud when the daemon ends may take so long. */
const FAREWELL_MS = 2000
const DEFAULT_POLL_SECONDS = 30

export async function createCloud(options: CloudOptions): Promise<Cloud> {
  const { services, log, clock } = options
  const { store, catalog, watch, hub, now } = services
  const content = await store.loadCloud()
  if (content.unreadable > 0) log(`${content.unreadable} rows of the cloud cannot be read and are left alone`)
  const book = createBook(content, now)
  let pollSeconds = Number((await store.getMeta('cloud.poll')) ?? DEFAULT_POLL_SECONDS)
  const device = { id: await deviceId(store), name: hostname().slice(0, 100) }
  let sessions: Sessions | null = null
  let telling: NodeJS.Timeout | undefined
  let isClosed = false

  const isSignedIn = (): boolean => sessions?.isSignedIn() ?? content.account?.isSignedIn === true
  const keysNow = (): AccountKeys | null => sessions?.now()?.keys ?? null
  const tell = (): void => {
    if (isClosed) return
    options.onWork()
    telling ??= setTimeout(() => {
      telling = undefined
      if (hub.subscribers('cloud').length === 0) return
      hub.publish('cloud.changed', { cloud: views.cloud(), conflicts: isSignedIn() ? share.conflicts() : [] })
    }, TELL_MS)
  }
  const onChanged = (): void => {
    sessions?.now()?.sync.look()
    tell()
  }
  const reseal: AccountKeys['reseal'] = (field, to) => keysNow()?.reseal(field, to) ?? null
  const isBusy = (): boolean => sessions?.report()?.isBusy === true
  const edits = createEdits({ book, catalog, store, isSignedIn, isBusy, reseal, now })
  const onLost = (teamId: string): void => {
    const forgetting = keysNow()?.forgetTeam(teamId)
    forgetting?.catch((error: unknown) => log(`keys: ${toFault(error).message}`))
  }
  const departures: Departures = new Map()
  const onReplica = (): void => {
    tell()
    sealedConflicts.look()
  }
  const replica = createReplica({ services, book, forget: options.forget, onChanged: onReplica, onLost, departures })
  const sealedConflicts = createSealedConflicts({
    ...{ book, replica, keys: keysNow, mayEdit: edits.mayEdit, log },
    onSettled: () => {
      onChanged()
      // What was taken may be sealed with a key before the newest.
      void keysNow()?.look()
    },
  })
  const sealed = createSealedFields({ services, book, onChanged })
  const share = createShare({ services, book, edits, replica, reseal, onChanged })
  const runs = createRuns({ services, book, isSignedIn, onChanged })
  const spaces = createSpaces({ services, book, onChanged: tell })
  const shared = sealedSecrets({
    ...{ sealed, keys: keysNow, log },
    ofLogin: () => sessions?.now()?.account.secrets() ?? [],
    addressOf: (id) => {
      const server = catalog.servers().find((one) => one.id === id)
      return server === undefined ? null : formatServerAddress(server)
    },
  })
  services.secrets.useLast(shared)
  const onKeys = (): void => {
    shared.forget()
    sealedConflicts.lookAgain()
  }
  const account = createAccount({ home: options.home, device, record: () => logins.record(), log })
  const logins = await createSessions({
    ...{ services, book, account, replica, sealed, spaces, departures, clock, log, tell },
    ...{ pollSeconds: () => pollSeconds, onKeys, saved: content.account },
  })
  sessions = logins
  const { reached, requireAccount } = logins
  const views = createViews({
    ...{ book, catalog, sealed, mayEdit: edits.mayEdit, now },
    standing: () => ({
      ...{ record: logins.record(), report: logins.report(), fault: logins.fault(), keys: keysNow() },
      ...{ pollSeconds, device, teams: spaces.teams() },
    }),
  })
  const enter = async (signIn: Parameters<Sessions['enter']>[0], adopt: boolean): Promise<void> => {
    await logins.enter(signIn, async () => {
      if (adopt) await share.adopt()
      await runs.begin()
    })
    // What is answered says whether the key is open here.
    await logins.now()?.keys.hear()
  }
  const ready = async (): Promise<void> => {
    const isSealed = book.bindings().some(({ secrets }) => Object.values(secrets).some((text) => text !== null))
    if (isSealed && isSignedIn()) await reached().catch(() => null)
  }
  const signedIn = <P, R>(ask: (params: P) => R): ((params: P) => R) => {
    return (params) => {
      requireAccount()
      return ask(params)
    }
  }
  const member = <M extends keyof MemberRequests>(name: M): MemberRequests[M] =>
    (async (params: never) =>
      ((await reached()).members[name] as (given: never) => unknown)(params)) as MemberRequests[M]

  return {
    status: views.cloud,
    conflicts: () => (isSignedIn() ? share.conflicts() : []),
    login: async (params) => {
      await enter(() => account.login(params), params.adopt)
      return views.cloud()
    },
    register: async (params) => {
      await enter(() => account.register(params), params.adopt)
      return views.cloud()
    },
    logout: signedIn(async () => {
      await logins.leave()
      return views.cloud()
    }),
    changePassword: async ({ oldPassword, newPassword }) => {
      const { account: mine } = await reached()
      await mine.client.changePassword(oldPassword, newPassword)
      return null
    },
    sync: signedIn(async () => {
      const session = logins.now() ?? (await logins.restore()) ?? (await reached())
      await session.sync.syncNow()
      return views.cloud()
    }),
    setPolling: signedIn(async ({ seconds }) => {
      await store.setMeta('cloud.poll', String(seconds))
      pollSeconds = seconds
      logins.now()?.sync.setPolling(seconds)
      tell()
      return views.cloud()
    }),
    share: signedIn(async (params) => {
      await ready()
      const shown = await share.share(params)
      runs.look(params.ids)
      return shown
    }),
    setOverride: signedIn(share.setOverride),
    setSecret: async ({ id, kind, value }) => {
      const { keys } = await reached()
      const { spec } = catalog.forward(id)
      const place = share.placeOf(id)
      edits.requireEditor(place.namespace, `The secrets of ${spec.name} stay`)
      if (value !== null) await keys.prepare(place.namespace)
      const text = value === null ? null : keys.seal({ ...place, field: kind, value })
      const before = book.binding(id)?.secrets[kind] ?? null
      await sealed.replace([{ forwardId: id, field: kind, before, text }])
      return watch.view(id)
    },
    resolve: signedIn(share.resolve),
    runs: async ({ id }) => {
      const { client } = (await reached()).account
      const { name } = catalog.forward(id).spec
      const binding = book.binding(id)
      if (binding === null) {
        throw new WarrenError('cloud.refused', `${name} is kept on this machine only.`, { field: 'id' })
      }
      return binding.cloudId === null ? [] : (await client.status(binding.cloudId)).runs
    },
    ...{ createTeam: member('createTeam'), joinTeam: member('joinTeam'), members: member('members') },
    ...{ invitations: member('invitations'), invite: member('invite'), withdraw: member('withdraw') },
    ...{ setRole: member('setRole'), removeMember: member('removeMember'), leaveTeam: member('leaveTeam') },
    ...{ dissolveTeam: member('dissolveTeam'), audit: member('audit'), grantKey: member('grantKey') },
    makeKey: async () => (await reached()).keys.makeKey(),
    unlock: async ({ recoveryCode }) => {
      await (await reached()).keys.unlock(recoveryCode)
      return null
    },
    resetKey: async () => (await reached()).keys.resetKey(),

    ...{ viewOf: views.forward, edits, isSignedIn, ready },
    written: (change) => {
      book.apply(change)
      const { bindings = [], unbound = [], outbox = [] } = change
      if (bindings.length + unbound.length + outbox.length > 0) onChanged()
    },
    isBusy: () => {
      const report = logins.report()
      return report?.fault === null && (report.isBusy || book.counts().waiting > 0)
    },
    begin: async () => {
      if (!isSignedIn()) return
      await runs.begin()
      const session = await logins.restore().catch(() => null)
      session?.sync.begin()
    },
    networkChanged: () => logins.now()?.sync.networkChanged(),
    close: async () => {
      // Nothing counts down to an end that has begun.
      isClosed = true
      await runs.close()
      const sync = logins.now()?.sync
      if (sync !== undefined && sync.report().fault === null && hasRuns(book)) await within(FAREWELL_MS, sync.syncNow())
      clearTimeout(telling)
      await logins.close()
    },
  }
}

// --- internal ---

function hasRuns(book: Book): boolean {
  return [null, ...book.namespaces()].some((namespace) => book.outbox(namespace).some(({ kind }) => kind === 'run'))
}

async function deviceId(store: Pick<Services['store'], 'getMeta' | 'setMeta'>): Promise<string> {
  const known = await store.getMeta('cloud.device')
  if (known !== null) return known
  const made = randomUUID()
  await store.setMeta('cloud.device', made)
  return made
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work.catch(() => undefined), late])
  clearTimeout(timer)
}
