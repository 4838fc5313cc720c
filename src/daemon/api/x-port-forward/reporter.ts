/**
 * The traffic report: posts what panels bill by to the panel, until it says that it took it.
 *
 * Rows that wait are sent as a batch. They count as reported only when the panel answers `{"success":true}`; otherwise all of them go
 * again at the next interval. The answer is made durable before anything else is done, so that rows are not sent again once Warren
 * read it. What remains: a panel that took a batch whose answer never arrived is sent the same rows, under the same row numbers, again.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '@engine'
import { reportSettingsSchema, type ReportSettings, type ReportState } from '@shared/apis'
import { toFault, type Fault } from '@shared/errors'
import type { Store, XBatch } from '../../store/index'
import type { Warnings } from '../../warnings'
import { createAcknowledgements, type Acknowledgements } from './_acknowledgement'
import { keepHours } from './_hours'
import { kilobytes, rfc3339 } from './_numbers'
import { postReport } from './_post'
import { loadReport, refuseLogin, saveReport, type ReportRecord } from './_report-settings'

export interface Reporter {
  /** Mends what a crash left, turns the hours and reports from now on. Called once. */
  readonly begin: () => Promise<void>
  readonly state: () => ReportState
  /** The state with the rows counted anew. */
  readonly look: () => Promise<ReportState>
  /** Throws `spec.invalid` for an address with a login, or `store.…`. */
  readonly set: (settings: ReportSettings) => Promise<ReportState>
  /** Reports now; one that is under way is waited for. Resolves with its outcome. */
  readonly now: () => Promise<ReportState>
  /** Rows were added or removed. */
  readonly refresh: () => void
  /** Breaks off a report that is under way: its rows wait on. Idempotent. */
  readonly close: () => Promise<void>
}

export interface ReporterOptions {
  readonly store: Store
  readonly clock: Clock
  /** The data folder. */
  readonly folder: string
  readonly books: { readonly flush: () => Promise<void> }
  /** Relays that run now. */
  readonly running: () => readonly string[]
  readonly warnings: Pick<Warnings, 'tolerate'>
  readonly log: (message: string) => void
  readonly onChange: () => void
  /** Until a panel must have answered. */
  readonly answerMs?: number | undefined
}

export function createReporter(options: ReporterOptions): Reporter {
  const { store, clock, warnings } = options
  const taken = createAcknowledgements({ store, folder: options.folder, now: clock.now, log: options.log })
  const ending = new AbortController()
  let record: ReportRecord = { ...unset, lastSuccess: null, lastTry: null }
  let waiting = 0
  let fault: Fault | null = null
  let underWay: Promise<void> | null = null
  let cancelTimer: () => void = () => undefined
  let stopHours: () => void = () => undefined

  const state = (): ReportState => {
    const { url, intervalSeconds, lastSuccess } = record
    return { url, intervalSeconds, lastSuccess, waiting, fault }
  }
  const recount = async (): Promise<void> => {
    waiting = (await warnings.tolerate(() => store.waitingXLogs())) ?? waiting
  }
  const count = async (): Promise<void> => {
    await recount()
    options.onChange()
  }
  const attempt = async (url: string): Promise<void> => {
    record = { ...record, lastTry: clock.now() }
    try {
      const isSent = await sendAll(url, { ...options, taken, signal: ending.signal })
      fault = null
      if (isSent) record = { ...record, lastSuccess: new Date(clock.now()).toISOString() }
    } catch (error) {
      if (ending.signal.aborted) return
      fault = toFault(error)
      options.log(`traffic report: ${fault.message}`)
    }
    await warnings.tolerate(() => saveReport(store, record))
    await count()
  }
  const report = (): Promise<void> => {
    const { url } = record
    if (url === null || ending.signal.aborted) return Promise.resolve()
    underWay ??= attempt(url).finally(() => {
      underWay = null
    })
    return underWay
  }
  const schedule = (): void => {
    cancelTimer()
    if (record.url === null || ending.signal.aborted) return
    const interval = record.intervalSeconds * SECOND_MS
    const since = record.lastTry === null ? 0 : Math.max(0, clock.now() - record.lastTry)
    cancelTimer = clock.after(Math.max(SECOND_MS, interval - since), () => void report().finally(schedule))
  }
  return {
    state,
    look: async () => {
      await recount()
      return state()
    },
    begin: async () => {
      record = (await warnings.tolerate(() => loadReport(store))) ?? record
      await warnings.tolerate(() => taken.settle())
      await warnings.tolerate(() => store.mendXForwards())
      await count()
      if (ending.signal.aborted) return
      stopHours = keepHours({ ...options, tolerate: warnings.tolerate, onTurned: () => void count() })
      schedule()
    },
    set: async (settings) => {
      const parsed = reportSettingsSchema.parse(settings)
      refuseLogin(parsed.url)
      // What was wrong with another address says nothing of this one.
      if (parsed.url !== record.url) fault = null
      const changed = { ...record, ...parsed }
      await saveReport(store, changed)
      record = changed
      schedule()
      await count()
      return state()
    },
    now: async () => {
      await report()
      schedule()
      return state()
    },
    refresh: () => void count(),
    close: async () => {
      ending.abort()
      cancelTimer()
      stopHours()
      await underWay
    },
  }
}

// --- internal ---

const SECOND_MS = 1000
const unset = reportSettingsSchema.parse({ url: null })

interface SendOptions extends Pick<ReporterOptions, 'store' | 'answerMs'> {
  readonly taken: Acknowledgements
  readonly signal: AbortSignal
}

/** Batch after batch until no row waits; false when none did. Rejects with `report.failed`, or when the store does not follow. */
async function sendAll(url: string, { store, taken, signal, answerMs }: SendOptions): Promise<boolean> {
  for (let isSent = false; ; isSent = true) {
    // An answer that the store did not take down yet comes before everything: its rows still look as if they waited.
    await taken.settle()
    const batch = await store.beginXReport(randomUUID())
    if (batch === null) return isSent
    await postReport(new URL(url), { body: bodyOf(batch), signal, timeoutMs: answerMs })
    taken.note(batch.id)
  }
}

/** The document's body: rows by their number, and what each forward used since its last reset. */
function bodyOf({ logs, used }: XBatch): string {
  const rows = logs.map(({ id, forwardName, bytes, hourTime }) => {
    const row = { ForwardName: forwardName, HourUsedBandwidth: kilobytes(bytes), Time: rfc3339(hourTime) }
    return [String(id), row] as const
  })
  const bandwidth = used.map(({ name, bytes }) => [name, kilobytes(bytes)] as const)
  // Not by assignment: a forward may be named as what every object has by itself.
  return JSON.stringify({ TrafficLogs: Object.fromEntries(rows), UsedBandwidth: Object.fromEntries(bandwidth) })
}
