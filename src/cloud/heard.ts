/** Notes that a login was heard of, so that what its device runs is known to run; not at every request. Never rejects. */
import type { Services, Session } from './context'
import { runSessionOf } from './store'

/** Far less than a run lives without. */
const EVERY_MS = 2 * 60_000
const MAX_KNOWN = 20_000

export function createHeard({ store, now }: Pick<Services, 'store' | 'now'>): (session: Session) => Promise<void> {
  const last = new Map<string, number>()
  return async (session) => {
    const one = runSessionOf(session.user.id, session.device)
    const at = now()
    if (Math.abs(at - (last.get(one) ?? Number.NEGATIVE_INFINITY)) < EVERY_MS) return
    // It is only asked again earlier than it must.
    if (last.size >= MAX_KNOWN) last.clear()
    last.set(one, at)
    try {
      await store.activity.heard(one)
    } catch {
      // The next request tries again.
      last.delete(one)
    }
  }
}
