/** Brings the books into SQLite once a second while there is something new, all in one transaction. */
import type { Clock } from '@engine'
import type { EndedConnection } from '@shared/traffic'
import type { LedgerHook, LiveChanges, Store } from '../store/index'
import type { Warnings } from '../warnings'
import type { Accounts } from './_accounts'
import { HOUR_MS } from './_calendar'
import type { EndedQueue } from './_history'
import type { LiveBook } from './_live'

const SAVE_MS = 1000
/** The disk is waited for this often: no more than a minute is lost when the power fails. */
const DURABLE_EVERY = 60
/** Connections are written no more often than that it costs a hundredth of the time. */
const DETAIL_SHARE = 100
const MAX_DETAIL_PAUSE_MS = 30_000
const SECOND_MS = 1000
const DAY_MS = 24 * HOUR_MS
/** How long hours are kept. */
const HOURS_KEPT_MS = 32 * DAY_MS
const HORIZON = 'traffic.horizon'

export interface Writer {
  /** There is something new: it is saved within a second. */
  readonly arm: () => void
  readonly rename: (ownerId: string, name: string) => void
  /** Resolves when all that is known now is saved, or could not be. Never rejects. Durable: on the disk, not only out of this process. */
  readonly flush: (how?: { readonly isDurable: boolean }) => Promise<void>
  /** The last time: waits for the disk, and notes that no connection is left. */
  readonly close: () => Promise<void>
}

export interface WriterOptions {
  readonly store: Pick<Store, 'saveTraffic' | 'endCrashed' | 'purgeHours' | 'getMeta' | 'setMeta'>
  readonly clock: Clock
  readonly warnings: Pick<Warnings, 'tolerate'>
  readonly hooks: readonly LedgerHook[]
  readonly accounts: Accounts
  readonly ended: EndedQueue
  readonly live: LiveBook
  readonly run: string
  /** Warns when the slot file cannot be written. */
  readonly tellSlotFault: () => void
}

interface Detail {
  readonly ended: readonly EndedConnection[]
  readonly live: LiveChanges
}

export function createWriter(options: WriterOptions): Writer {
  const { store, clock, warnings, accounts, ended, live } = options
  const names = new Map<string, string>()
  let cancel: (() => void) | null = null
  let running: Promise<void> | null = null
  let saves = 0
  let nextDetail = 0
  let isCrashNoted = false
  let purgedHour = 0
  let isClosed = false

  const iso = (): string => new Date(clock.now()).toISOString()
  /** Ended and live ones are taken in the same turn, so that none is in both or in neither. */
  const takeDetail = (isWanted: boolean): Detail => {
    if (!isWanted) return { ended: [], live: { run: options.run, at: iso(), changed: [], gone: [] } }
    return { ended: ended.take(), live: isClosed ? live.none(iso()) : live.changes(iso()) }
  }
  const save = async ({ isDurable, withDetail }: { isDurable: boolean; withDetail: boolean }): Promise<void> => {
    const begun = performance.now()
    const hasDetail = withDetail || begun >= nextDetail
    const detail = takeDetail(hasDetail)
    const deltas = accounts.take()
    const renamed = [...names]
    names.clear()
    if (!isWorth(deltas.length + renamed.length, detail)) return
    const done = await warnings.tolerate(async () => {
      await store.saveTraffic(
        { deltas, names: renamed.map(([ownerId, name]) => ({ ownerId, name })), ...detail, isDurable },
        options.hooks,
      )
      return true
    })
    if (done === null) {
      accounts.giveBack(deltas)
      ended.giveBack(detail.ended)
      for (const [ownerId, name] of renamed) if (!names.has(ownerId)) names.set(ownerId, name)
    } else if (hasDetail) {
      live.saved(detail.live)
      nextDetail = begun + Math.min(MAX_DETAIL_PAUSE_MS, (performance.now() - begun) * DETAIL_SHARE)
    }
  }
  /** What an earlier daemon left, and hours that are old. */
  const tidy = async (): Promise<void> => {
    if (!isCrashNoted) {
      isCrashNoted = (await warnings.tolerate(() => store.endCrashed(options.run).then(() => true))) ?? false
    }
    const hour = Math.floor(clock.now() / HOUR_MS)
    if (hour === purgedHour) return
    purgedHour = hour
    await warnings.tolerate(() => purge(store, clock.now()))
  }
  const work = async (how: { isDurable: boolean; withDetail: boolean }): Promise<void> => {
    await tidy()
    await save(how)
    options.tellSlotFault()
  }
  const inTurn = (how: { isDurable: boolean; withDetail: boolean }): Promise<void> => {
    const mine = (running ?? Promise.resolve()).then(() => work(how))
    running = mine
    return mine
  }
  const tick = (): void => {
    cancel = null
    saves += 1
    void inTurn({ isDurable: saves % DURABLE_EVERY === 1, withDetail: false }).then(() => {
      if (accounts.hasUnsaved() || ended.size() > 0) arm()
    })
  }
  const arm = (): void => {
    if (isClosed || cancel !== null) return
    cancel = clock.after(SAVE_MS, tick)
  }
  return {
    arm,
    rename: (ownerId, name) => {
      names.set(ownerId, name)
      arm()
    },
    flush: ({ isDurable } = { isDurable: false }) => inTurn({ isDurable, withDetail: true }),
    close: () => {
      isClosed = true
      cancel?.()
      cancel = null
      return inTurn({ isDurable: true, withDetail: true })
    },
  }
}

// --- internal ---

/** A clock that is wrong by years for a moment must not take the hours with it: each hour of work takes a day of them at most. */
async function purge(store: WriterOptions['store'], now: number): Promise<void> {
  const last = Number((await store.getMeta(HORIZON)) ?? Number.NaN)
  const horizon = Number.isFinite(last) ? Math.min(now, last + DAY_MS) : now
  await store.setMeta(HORIZON, String(horizon))
  await store.purgeHours((Math.floor((horizon - HOURS_KEPT_MS) / HOUR_MS) * HOUR_MS) / SECOND_MS)
}

function isWorth(rows: number, { ended, live }: Detail): boolean {
  return rows + ended.length + live.changed.length + live.gone.length > 0
}
