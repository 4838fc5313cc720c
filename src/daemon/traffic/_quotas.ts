/** Quotas: what is left of the day or month is given to the engine, and given anew when the period turns. */
import type { Clock, Engine } from '@engine'
import type { Limits, Quota } from '@shared/limits'
import type { ByteCount, Usage } from '@shared/traffic'
import { dayEnd, dayOf, monthEnd, monthOf } from './_calendar'

/** The machine may sleep and the clock be set: the time is looked at again and again, not waited for. */
const LOOK_MS = 15_000

export interface Quotas {
  /** The limits of an owner that the engine knows; an edit takes effect at once. */
  readonly set: (ownerId: string, limits: Limits | null) => void
  readonly remove: (ownerId: string) => void
  readonly usage: (ownerId: string) => Usage['quota']
  /** Whether it goes slow, rather than stop, when it is used up. */
  readonly isSlowing: (ownerId: string) => boolean
  /** The clock may have jumped. */
  readonly look: () => void
  readonly close: () => void
}

export interface QuotasOptions {
  readonly clock: Clock
  readonly engine: Pick<Engine, 'setBudget'>
  /** What moved, to the byte that the engine counted last. */
  readonly used: (ownerId: string, day: string) => { readonly day: ByteCount; readonly month: ByteCount }
}

interface Running {
  readonly quota: Quota
  /** The day or month that the engine's budget is of. */
  period: string
}

export function createQuotas({ clock, engine, used }: QuotasOptions): Quotas {
  const running = new Map<string, Running>()
  let cancel: (() => void) | null = null

  const usedOf = (ownerId: string, quota: Quota): number => {
    const counts = used(ownerId, dayOf(clock.now()))[quota.period]
    return quota.counts === 'both' ? counts.up + counts.down : counts[quota.counts]
  }
  const give = (ownerId: string, { quota }: Running): void => {
    const { counts, then, slowRate } = quota
    const bytes = Math.max(0, quota.bytes - usedOf(ownerId, quota))
    engine.setBudget(ownerId, { bytes, counts, then, slowRate })
  }
  const look = (): void => {
    const now = clock.now()
    for (const [ownerId, one] of running) {
      const period = periodOf(one.quota, now)
      if (period === one.period) continue
      one.period = period
      give(ownerId, one)
    }
    arm()
  }
  const arm = (): void => {
    cancel?.()
    cancel = null
    if (running.size === 0) return
    // Every period begins at a midnight.
    const now = clock.now()
    cancel = clock.after(Math.min(LOOK_MS, Math.max(0, dayEnd(dayOf(now)) - now)), look)
  }
  return {
    set: (ownerId, limits) => {
      const quota = limits?.quota ?? null
      const before = running.get(ownerId)
      if (quota === null) {
        if (!running.delete(ownerId)) return
        engine.setBudget(ownerId, null)
      } else {
        if (before !== undefined && isSame(before.quota, quota)) return
        const one = { quota, period: periodOf(quota, clock.now()) }
        running.set(ownerId, one)
        give(ownerId, one)
      }
      arm()
    },
    remove: (ownerId) => {
      if (running.delete(ownerId)) arm()
    },
    usage: (ownerId) => {
      const one = running.get(ownerId)
      if (one === undefined) return null
      const { quota } = one
      const endsAt = new Date(periodEnd(quota, clock.now())).toISOString()
      return { used: usedOf(ownerId, quota), bytes: quota.bytes, endsAt }
    },
    isSlowing: (ownerId) => running.get(ownerId)?.quota.then === 'slow',
    look,
    close: () => {
      cancel?.()
      cancel = null
      running.clear()
    },
  }
}

// --- internal ---

function periodOf({ period }: Quota, now: number): string {
  const day = dayOf(now)
  return period === 'day' ? day : monthOf(day)
}

function periodEnd({ period }: Quota, now: number): number {
  const day = dayOf(now)
  return period === 'day' ? dayEnd(day) : monthEnd(day)
}

function isSame(one: Quota, other: Quota): boolean {
  return (
    one.bytes === other.bytes &&
    one.period === other.period &&
    one.counts === other.counts &&
    one.then === other.then &&
    one.slowRate === other.slowRate
  )
}
