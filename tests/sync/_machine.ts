/** A machine with an account: a replica, a client and sync over them. */
import {
  createCloudClient,
  createSync,
  type Clock,
  type CloudClient,
  type Sync,
  type SyncReport,
  type Tokens,
  type TokenStore,
} from '../../src/sync'
import { newDisk, testReplica, type Disk, type TestReplica } from './_replica'

export interface MachineOptions {
  readonly url: string
  readonly token: string
  readonly refreshToken?: string | null
  readonly disk?: Disk
  /** In place of `token`. */
  readonly tokens?: TokenStore
  readonly name?: string
  readonly clock?: Clock
  readonly pollSeconds?: number
  readonly timeoutMs?: number
  readonly random?: () => number
  /** No streams: nothing happens between the rounds that the test asks for. */
  readonly isDeaf?: boolean
}

export interface Machine {
  readonly replica: TestReplica
  readonly client: CloudClient
  readonly sync: Sync
  readonly tokens: TokenStore
  readonly lines: string[]
  /** Resolves with the first report that fits, from now on. */
  readonly reported: (fits: (report: SyncReport) => boolean) => Promise<SyncReport>
  readonly close: () => Promise<void>
}

export function memoryTokens(first: Tokens | null): TokenStore {
  let kept = first
  return {
    get: () => kept,
    set: async (tokens) => {
      await Promise.resolve()
      kept = tokens
    },
  }
}

/** A clock that rings for no poll and no next try: rounds run when the test or a stream asks. */
export const still: Clock = {
  now: () => Date.now(),
  after: (ms, task) => {
    // Events are heard in steps of less than that.
    if (ms >= 1000) return () => undefined
    const timer = setTimeout(task, ms)
    return () => {
      clearTimeout(timer)
    }
  },
}

export function machine(options: MachineOptions): Machine {
  const { url, token, refreshToken = null, disk = newDisk(), name = 'desk', clock = still, pollSeconds = 30 } = options
  const replica = testReplica(disk)
  const tokens = options.tokens ?? memoryTokens({ token, refreshToken })
  const lines: string[] = []
  const waiting = new Set<(report: SyncReport) => void>()
  const { timeoutMs, random, isDeaf = false } = options
  const client = createCloudClient({
    ...{ url, tokens, device: { id: `device-${name}`, name } },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  const sync = createSync({
    client: isDeaf ? deaf(client) : client,
    ...{ replica, clock, pollSeconds, log: (_level, message) => void lines.push(message) },
    ...(random === undefined ? {} : { random }),
    onReport: (report) => {
      for (const look of waiting) look(report)
    },
  })
  return {
    ...{ replica, client, sync, tokens, lines },
    reported: (fits) =>
      new Promise((resolve) => {
        const look = (report: SyncReport): void => {
          if (!fits(report)) return
          waiting.delete(look)
          resolve(report)
        }
        waiting.add(look)
        look(sync.report())
      }),
    close: () => sync.close(),
  }
}

function deaf(client: CloudClient): CloudClient {
  const events: CloudClient['events'] = (_namespace, _listeners, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  return { ...client, events }
}

/** The fault that a promise rejects with. */
export async function faultOf(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; fix: string | null }> {
  try {
    await promise
  } catch (error) {
    const { code, message, fix } = error as { code: string; message: string; fix: string | null }
    return { code, message, fix }
  }
  throw new Error('it did not fail')
}
