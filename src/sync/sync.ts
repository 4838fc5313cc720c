/** Keeps the shared forwards of one machine and the server the same: when to look, when to try again, and what is said of it. */
import { toFault } from '@shared/errors'
import { jittered, retryDelayMs } from './_back-off'
import { newMemory } from './_context'
import { createRound, type Scope } from './_round'
import { createStreams } from './_streams'
import { CloudError } from './client'
import type { CloudClient } from './client/types'
import type { Clock, Namespace, Replica, ReplicaState, SyncLog, SyncReport, TeamMembership } from './types'

export interface SyncOptions {
  readonly client: CloudClient
  readonly replica: Replica
  readonly clock?: Clock
  readonly log: SyncLog
  readonly pollSeconds: number
  readonly onReport: (report: SyncReport) => void
  /** Members, roles or keys of a team changed, or may have: its stream was opened anew. */
  readonly onTeamNews?: (teamId: string) => void
  /** Uniform in [0, 1), for jitter. */
  readonly random?: () => number
}

export interface Sync {
  readonly begin: () => void
  /** Resolves when a round that began after this call is over; rejects with why it could not be. */
  readonly syncNow: () => Promise<void>
  /** The outbox grew. While the server cannot be reached it waits for the next try. */
  readonly look: () => void
  readonly networkChanged: () => void
  readonly setPolling: (seconds: number) => void
  readonly report: () => SyncReport
  readonly close: () => Promise<void>
}

const SECOND = 1000
/** With events: a notice can get lost all the same. */
const SAFETY_MS = 15 * 60 * SECOND
/** Of a server that is ill and talks: the wait grows up to that of this attempt. */
const LONGEST_REST = 3
/** A person must do something first: trying again by itself changes nothing. */
const NEEDS_PERSON: readonly string[] = ['cloud.login-needed', 'cloud.signed-out', 'cloud.login-refused']

const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms)
    return () => {
      clearTimeout(timer)
    }
  },
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export function createSync(options: SyncOptions): Sync {
  const { client, replica, clock = systemClock, log, onReport, onTeamNews, random = Math.random } = options
  const closing = new AbortController()
  const now = (): string => new Date(clock.now()).toISOString()
  let pollSeconds = options.pollSeconds
  let report: SyncReport = {
    ...{ fault: null, isOffline: false, lastSyncAt: null, nextTryAt: null, mode: 'polling', isBusy: false },
    ...{ extensions: new Set(), teams: [] },
  }
  let dirty: Scope | null = null
  let waiters: Waiter[] = []
  let running: Promise<void> | null = null
  let attempt = 0
  let failedAt = 0
  /** After a fault no news make a try before so many milliseconds. */
  let restMs = 0
  /** News of a round that could not know of them. */
  let isMissed = false
  let cancelTimer = (): void => undefined

  const say = (change: Partial<SyncReport>): void => {
    report = { ...report, ...change }
    onReport(report)
  }
  const round = createRound({
    context: { client: client.until(closing.signal), replica, log, now, memory: newMemory() },
    onTeams: (teams: readonly TeamMembership[]) => {
      say({ teams })
    },
  })
  const streams = createStreams({
    ...{ client, clock, random },
    onChange: (namespace, cursor) => void changed(namespace, cursor),
    onTeams: () => {
      hear('all')
    },
    onTeam: (teamId) => {
      onTeamNews?.(teamId)
    },
    onState: () => {
      say({ mode: streams.areOpen() ? 'events' : 'polling' })
      if (!report.isBusy && report.fault === null) arm()
    },
  })

  /** `null` when it cannot be read: the round that is asked for then says why. */
  const read = async <T>(of: (state: ReplicaState) => T): Promise<T | null> => {
    try {
      return await replica.transact((state) => ({ changes: {}, result: of(state) }))
    } catch {
      return null
    }
  }

  const changed = async (namespace: Namespace, cursor: string): Promise<void> => {
    const known = await read((state) => state.cursor(namespace))
    if (known !== cursor || report.fault !== null) hear(new Set([namespace]))
  }

  /** News of a server that is ill: what it tells may be what the last try did, so there is a wait all the same. */
  const hear = (scope: Scope): void => {
    const since = clock.now() - failedAt
    if (report.fault === null) ask(scope)
    else if (report.isBusy) isMissed = true
    // A clock that was set back keeps nobody waiting.
    else if (since < 0 || since >= restMs) ask(scope)
    else trySooner(restMs - since)
  }

  /** Who says something need not be waited for as long as who is away. */
  const trySooner = (ms: number): void => {
    const at = clock.now() + ms
    if (report.nextTryAt === null || Date.parse(report.nextTryAt) <= at) return
    wait(ms)
    say({ nextTryAt: new Date(at).toISOString() })
  }

  const ask = (scope: Scope): void => {
    if (closing.signal.aborted) return
    dirty = dirty === 'all' || scope === 'all' ? 'all' : new Set([...(dirty ?? []), ...scope])
    running ??= work().finally(() => {
      running = null
      if (dirty !== null) ask(dirty)
    })
  }

  /** Until nothing is asked for any more. */
  const work = async (): Promise<void> => {
    // What is asked for in the same breath is one round.
    await Promise.resolve()
    while (dirty !== null && !closing.signal.aborted) {
      const scope: Scope = report.fault === null ? dirty : 'all'
      const asked = waiters
      dirty = null
      waiters = []
      cancelTimer()
      say({ isBusy: true })
      try {
        await round.run(scope)
        succeeded(scope)
        for (const { resolve } of asked) resolve()
      } catch (error) {
        failed(error)
        for (const { reject } of asked) reject(error)
      }
    }
  }

  const succeeded = (scope: Scope): void => {
    if (closing.signal.aborted) return
    attempt = 0
    const extensions = client.extensions()
    const isWhole = scope === 'all'
    if (isWhole) streams.want(extensions.has('events') ? round.namespaces() : [])
    if (report.fault !== null) streams.retry()
    say({
      ...{ fault: null, isOffline: false, nextTryAt: null, isBusy: false, extensions },
      ...{ lastSyncAt: now(), mode: streams.areOpen() ? 'events' : 'polling' },
    })
    arm()
    if (isMissed) ask('all')
    isMissed = false
  }

  const failed = (error: unknown): void => {
    if (closing.signal.aborted) return
    const fault = toFault(error)
    failedAt = clock.now()
    isMissed = false
    attempt += 1
    // What could not be done now is asked for by the next try as a whole.
    const needsPerson = NEEDS_PERSON.includes(fault.code)
    const asked = error instanceof CloudError ? (error.retryAfterMs ?? 0) : 0
    const delay = Math.max(retryDelayMs(attempt, random()), asked)
    restMs = Math.max(retryDelayMs(Math.min(attempt, LONGEST_REST), 0), asked)
    if (report.fault?.code !== fault.code) log('warning', `The cloud: ${fault.message}`)
    if (!needsPerson) wait(delay)
    const nextTryAt = needsPerson ? null : new Date(clock.now() + delay).toISOString()
    say({ fault, isOffline: !needsPerson, nextTryAt, isBusy: false, extensions: client.extensions() })
  }

  const wait = (ms: number): void => {
    cancelTimer()
    cancelTimer = clock.after(ms, () => {
      ask('all')
    })
  }
  /** The next look at a server that is well. */
  const arm = (): void => {
    wait(streams.areOpen() ? SAFETY_MS : jittered(pollSeconds * SECOND, random()))
  }

  const lookAtOutbox = async (): Promise<void> => {
    const waiting = await read((state) =>
      [null, ...state.namespaces()].filter((namespace) => state.outbox(namespace).length > 0),
    )
    if (waiting?.length === 0) return
    if (waiting === null) {
      ask('all')
      return
    }
    // A team that was joined since the teams were asked for.
    const areKnown = waiting.every((namespace) => round.namespaces().includes(namespace))
    ask(areKnown ? new Set(waiting) : 'all')
  }

  return {
    begin: () => {
      ask('all')
    },
    syncNow: () =>
      new Promise((resolve, reject) => {
        if (closing.signal.aborted) return reject(new CloudError('cloud.signed-out', 'Sync has ended.'))
        waiters.push({ resolve, reject })
        ask('all')
      }),
    look: () => {
      if (report.fault === null) void lookAtOutbox()
      // The round that finds the server well again may be past it.
      else if (report.isBusy) isMissed = true
    },
    networkChanged: () => {
      attempt = 0
      streams.retry()
      ask('all')
    },
    setPolling: (seconds) => {
      pollSeconds = seconds
      if (!report.isBusy && report.fault === null) arm()
    },
    report: () => report,
    close: async () => {
      closing.abort()
      cancelTimer()
      await streams.close()
      await running
      for (const { reject } of waiters) reject(new CloudError('cloud.signed-out', 'Sync has ended.'))
      waiters = []
    },
  }
}
