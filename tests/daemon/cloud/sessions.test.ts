/** One login after another, with answers that come when the test says: at most one syncs, and the newest rests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import type { CloudClient } from '@sync'
import type { AccountSession } from '../../../src/daemon/cloud/account'
import { createBook } from '../../../src/daemon/cloud/book'
import { openKeychain } from '../../../src/daemon/cloud/keychain'
import { createSessions, type Sessions, type SessionsOptions } from '../../../src/daemon/cloud/sessions'
import type { AccountRecord } from '../../../src/daemon/cloud/types'
import { createTurns } from '../../../src/daemon/turns'
import { settled } from '../../support/fake-clock'
import { still } from '../../sync/_machine'
import { testReplica } from '../../sync/_replica'

const url = 'https://cloud.example'
let home: string
/** Streams that are open, by whose login they are. */
let streams: string[]
let saved: string[]
let forgotten: number
let sessions: Sessions
let restore: () => Promise<AccountSession | null>

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'warren-sessions-'))
  ;[streams, saved, forgotten] = [[], [], 0]
  restore = () => Promise.resolve(null)
  sessions = await makeSessions(null)
})
afterEach(async () => {
  await sessions.close()
  rmSync(home, { recursive: true, force: true })
})

function makeSessions(record: AccountRecord | null): Promise<Sessions> {
  const write = ({ userId, isSignedIn }: AccountRecord): Promise<void> => {
    saved.push(isSignedIn ? userId : 'nobody')
    return Promise.resolve()
  }
  const none = { spaces: [], bindings: [], outbox: [], conflicts: [], madeServers: [], unreadable: 0 }
  const services = {
    ...{
      catalog: { hasForward: () => false },
      watch: { touch: () => undefined },
      inTurn: createTurns(),
      now: Date.now,
    },
    store: {
      ...{ pins: () => Promise.resolve([]), teamKeys: () => Promise.resolve([]) },
      ...{ saveAccount: write, replaceAccount: write },
    },
  } as unknown as SessionsOptions['services']
  return createSessions({
    ...{ services, book: createBook({ account: null, ...none }, Date.now), replica: testReplica(), clock: still },
    account: {
      restore: () => restore(),
      logout: () => Promise.resolve(),
      forget: () => {
        forgotten += 1
        return Promise.resolve()
      },
    } as unknown as SessionsOptions['account'],
    sealed: { list: () => [], of: () => [], ofServer: () => [], replace: () => Promise.resolve() },
    spaces: { teams: () => [], take: () => false, settled: () => Promise.resolve() },
    ...{ departures: new Map(), pollSeconds: () => 30, log: () => undefined, tell: () => undefined },
    ...{ onKeys: () => undefined, saved: record },
  })
}

function recordOf(userId: string): AccountRecord {
  const email = `${userId}@example.com`
  return { url, userId, email, username: userId, keeps: 'file', insecure: false, isSignedIn: true }
}

function clientOf(userId: string): CloudClient {
  const client: Partial<CloudClient> = {
    extensions: () => new Set(['events'] as const),
    list: () => Promise.resolve({ rows: [], unreadable: [], cursor: null }),
    events: (_namespace, _listeners, signal) =>
      new Promise((resolve) => {
        streams.push(userId)
        const end = (): void => {
          streams = streams.filter((one) => one !== userId)
          resolve()
        }
        signal.addEventListener('abort', end, { once: true })
      }),
    until: () => client as CloudClient,
  }
  return client as CloudClient
}

async function login(userId: string): Promise<AccountSession> {
  const keychain = await openKeychain({ home, url, keep: 'file', isNew: true })
  await keychain.set({ tokens: { token: userId, refreshToken: null }, userId, url })
  return { record: recordOf(userId), client: clientOf(userId), keychain, secrets: () => [] }
}

interface Asked {
  readonly signIn: () => Promise<AccountSession>
  readonly answer: () => void
}

/** A login that is answered when the test says. */
function asked(userId: string): Asked {
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  return { signIn: () => answered.then(() => login(userId)), answer }
}

const nothing = (): Promise<void> => Promise.resolve()
const resting = async (): Promise<string | undefined> =>
  (await openKeychain({ home, url, keep: 'file' })).get().tokens?.token

it('two logins at once leave one that syncs: that which is saved, and whose token rests', async () => {
  const [ada, eve] = [asked('ada'), asked('eve')]
  const both = [sessions.enter(ada.signIn, nothing), sessions.enter(eve.signIn, nothing)]
  eve.answer()
  ada.answer()
  await Promise.all(both)
  await (await sessions.reached()).sync.syncNow()
  await settled()
  expect(saved).toEqual(['ada', 'eve'])
  expect(streams).toEqual(['eve'])
  expect(sessions.record()?.userId).toBe('eve')
  expect(await resting()).toBe('eve')
})

it('a login while the kept one is opened takes its place, whichever is ready first', async () => {
  const kept = asked('ada')
  restore = kept.signIn
  const restored = sessions.restore()
  const entered = sessions.enter(() => login('eve'), nothing)
  await settled()
  kept.answer()
  ;(await restored)?.sync.begin()
  await entered
  await (await sessions.reached()).sync.syncNow()
  await settled()
  expect(streams).toEqual(['eve'])
  expect(await resting()).toBe('eve')
  // And what would be restored is what is there.
  expect(await sessions.restore()).toBe(sessions.now())
})

it('a token of the login before that is renewed late does not take the place of the new one', async () => {
  await sessions.enter(() => login('ada'), nothing)
  const { keychain } = (await sessions.reached()).account
  await sessions.enter(() => login('eve'), nothing)
  await keychain.set({ tokens: { token: 'late', refreshToken: null } })
  expect(await resting()).toBe('eve')
})

it('goes back to the login before when the next one is refused', async () => {
  await sessions.enter(() => login('ada'), nothing)
  const refused = new WarrenError('cloud.login-refused', 'No.')
  await expect(sessions.enter(() => Promise.reject(refused), nothing)).rejects.toBe(refused)
  await (await sessions.reached()).sync.syncNow()
  await settled()
  expect([streams, saved, await resting()]).toEqual([['ada'], ['ada'], 'ada'])
})

it('syncs though what was asked for with the login could not be done', async () => {
  const full = new WarrenError('store.full', 'The disk is full.')
  await expect(
    sessions.enter(
      () => login('ada'),
      () => Promise.reject(full),
    ),
  ).rejects.toBe(full)
  await settled()
  expect([sessions.isSignedIn(), sessions.fault(), streams]).toEqual([true, null, ['ada']])
})

it('leaves nothing that syncs when the daemon ends while a login is asked for', async () => {
  const ada = asked('ada')
  const entered = sessions.enter(ada.signIn, nothing)
  await settled()
  await sessions.close()
  ada.answer()
  await expect(entered).rejects.toMatchObject({ code: 'cloud.signed-out' })
  expect([sessions.now(), streams]).toEqual([null, []])
})

it('takes away what rests of a login that could not be had', async () => {
  sessions = await makeSessions(recordOf('ada'))
  restore = () => Promise.reject(new WarrenError('cloud.login-needed', 'It is that of another account.'))
  await expect(sessions.restore()).rejects.toMatchObject({ code: 'cloud.login-needed' })
  expect(sessions.fault()?.code).toBe('cloud.login-needed')
  await sessions.leave()
  expect([forgotten, saved, sessions.isSignedIn(), sessions.fault()]).toEqual([1, ['nobody'], false, null])
})
