/** Which question is in front: one at a time, the asked-for one first, then the oldest. */
import type { Need } from '@shared/needs'

export interface Queue {
  readonly needs: readonly Need[]
  /** Asked for from a row or a notification. */
  readonly shown: string | null
  /** Closed without an answer; they stay answerable from their rows. */
  readonly putOff: ReadonlySet<string>
  /** Answered here; the daemon's word is on its way. */
  readonly answered: ReadonlySet<string>
}

/** The need to show, or `null`. */
export function currentNeed({ needs, shown, putOff, answered }: Queue): Need | null {
  const open = needs.filter((need) => !answered.has(need.id))
  const asked = open.find((need) => need.id === shown)
  if (asked !== undefined) return asked
  const waiting = open.filter((need) => !putOff.has(need.id))
  return [...waiting].sort((one, other) => one.raisedAt.localeCompare(other.raisedAt))[0] ?? null
}

/** How many more come after it. */
export function waitingAfter(queue: Queue, current: Need): number {
  return queue.needs.filter(
    (need) => need.id !== current.id && !queue.answered.has(need.id) && !queue.putOff.has(need.id),
  ).length
}
