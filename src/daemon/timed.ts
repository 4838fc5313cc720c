/** Forwards whose time is limited ("for 2 h"): when each ends. Saved, so that a restart of the daemon changes nothing. */
import type { Clock } from '@engine'
import type { Store } from './store/index'
import type { Warnings } from './warnings'

/** The machine may sleep and the clock be set: the time is looked at again and again, not waited for. */
const LOOK_MS = 15_000

export interface Timed {
  /** ISO 8601, or `null` for a forward without a limit. */
  readonly stopsAt: (forwardId: string) => string | null
  /** Limits the time of forwards, or takes the limit away. */
  readonly set: (forwardIds: readonly string[], stopsAt: number | null) => Promise<void>
  /** The daemon begins: reads what is saved. Returns those whose time ended while nobody looked. */
  readonly load: () => Promise<readonly string[]>
  /** Whether it stops because its time is over. */
  readonly isOver: (forwardId: string) => boolean
  /** The clock may have jumped. */
  readonly look: () => void
  readonly close: () => void
}

export interface TimedOptions {
  readonly clock: Clock
  readonly store: Pick<Store, 'setTimes' | 'times'>
  readonly warnings: Warnings
  /** Ad hoc forwards end with their client and are not saved. */
  readonly isSaved: (forwardId: string) => boolean
  /** Stops forwards whose time is over. */
  readonly onOver: (forwardIds: readonly string[]) => Promise<void>
}

export function createTimed(options: TimedOptions): Timed {
  const { clock, store, warnings, isSaved, onOver } = options
  const times = new Map<string, number>()
  const over = new Set<string>()
  let cancel: (() => void) | null = null

  const set: Timed['set'] = async (forwardIds, stopsAt) => {
    const ids = forwardIds.filter((id) => stopsAt !== null || times.has(id))
    if (ids.length === 0) return
    for (const id of ids) {
      if (stopsAt === null) times.delete(id)
      else times.set(id, stopsAt)
    }
    arm()
    const saved = ids.filter(isSaved)
    const at = stopsAt === null ? null : new Date(stopsAt).toISOString()
    if (saved.length > 0) await warnings.tolerate(() => store.setTimes(saved, at))
  }
  const look = (): void => {
    const ended = [...times].filter(([, at]) => at <= clock.now()).map(([id]) => id)
    for (const id of ended) {
      times.delete(id)
      over.add(id)
    }
    arm()
    if (ended.length === 0) return
    // Apart: a store that cannot be written must not keep them running.
    void warnings
      .tolerate(() => store.setTimes(ended.filter(isSaved), null))
      .then(() => warnings.tolerate(() => onOver(ended)))
      .finally(() => {
        for (const id of ended) over.delete(id)
      })
  }
  const arm = (): void => {
    cancel?.()
    cancel = null
    if (times.size === 0) return
    const next = Math.min(...times.values()) - clock.now()
    cancel = clock.after(Math.min(Math.max(0, next), LOOK_MS), look)
  }
  return {
    stopsAt: (id) => {
      const at = times.get(id)
      return at === undefined ? null : new Date(at).toISOString()
    },
    set,
    load: async () => {
      const saved = await store.times()
      const past = saved.filter(({ stopsAt }) => !(Date.parse(stopsAt) > clock.now())).map(({ forwardId }) => forwardId)
      for (const { forwardId, stopsAt } of saved) {
        if (!past.includes(forwardId)) times.set(forwardId, Date.parse(stopsAt))
      }
      if (past.length > 0) await warnings.tolerate(() => store.setTimes(past, null))
      arm()
      return past
    },
    isOver: (id) => over.has(id),
    look,
    close: () => {
      cancel?.()
      cancel = null
      times.clear()
    },
  }
}
