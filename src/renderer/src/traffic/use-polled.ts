/** Figures of the books, asked again every few seconds while somebody sees them. */
import type { EndedConnection, TrafficRow, Usage } from '@shared/traffic'
import type { Result } from '@shared/result'
import { useCallback, useEffect, useState } from 'react'
import { settle } from '../stores/call'
import { useLink } from '../stores/link'
import { lastDays } from './days'

const USAGE_MS = 3000
const DAYS_MS = 15_000
const HISTORY_MS = 5000
const DAY_MS = 86_400_000
/** After midnight, so that a clock that is a little off does not ask for the old day again. */
const PAST_MIDNIGHT_MS = 1500

/** What one forward or relay moved; `null` until the first answer. */
export function useUsage(id: string): Usage | null {
  const ask = useCallback(() => window.api.daemon['traffic.usage']({ ids: [id] }), [id])
  return usePolled(ask, USAGE_MS)?.[0] ?? null
}

/** Its last 30 days, as rows of the days on which something moved; `null` until the first answer. */
export function useDays(id: string): readonly TrafficRow[] | null {
  const ask = useCallback(() => {
    // A day more than is shown: the daemon may be in another zone than this window thinks.
    const from = lastDays(new Date(), 31)[0]?.date.toISOString()
    return window.api.daemon['traffic.rows']({ id, by: 'day', ...(from === undefined ? {} : { from }) })
  }, [id])
  return usePolled(ask, DAYS_MS)
}

/** Its ended connections, newest first; `null` until the first answer. */
export function useHistory(id: string, limit: number): readonly EndedConnection[] | null {
  const ask = useCallback(() => window.api.daemon['traffic.history']({ id, limit }), [id, limit])
  return usePolled(ask, HISTORY_MS)
}

// --- internal ---

/** Asks at once, every `everyMs` while the window is seen, when it is seen again, and just after midnight. */
function usePolled<T>(ask: () => Promise<Result<T>>, everyMs: number): T | null {
  const link = useLink((state) => state.daemon.state)
  const [answer, setAnswer] = useState<{ readonly ask: typeof ask; readonly value: T } | null>(null)
  useEffect(() => {
    let here = true
    let midnight: ReturnType<typeof setTimeout> | undefined
    const again = (): void => {
      if (document.hidden) return
      void settle(ask()).then((result) => {
        if (here && result.ok) setAnswer({ ask, value: result.value })
      })
    }
    const atMidnight = (): void => {
      again()
      midnight = setTimeout(atMidnight, untilMidnight(new Date()) + PAST_MIDNIGHT_MS)
    }
    atMidnight()
    const timer = setInterval(again, everyMs)
    document.addEventListener('visibilitychange', again)
    return () => {
      here = false
      clearInterval(timer)
      clearTimeout(midnight)
      document.removeEventListener('visibilitychange', again)
    }
  }, [ask, everyMs, link])
  // An answer about another one is no answer.
  return answer !== null && answer.ask === ask ? answer.value : null
}

function untilMidnight(now: Date): number {
  const next = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
  return Math.min(DAY_MS, next.getTime() - now.getTime())
}
