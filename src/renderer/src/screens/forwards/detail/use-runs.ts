/** Who runs a shared forward now, as the server says it, while somebody looks. */
import type { CloudRun } from '@shared/cloud-views'
import type { Fault } from '@shared/errors'
import { useEffect, useState } from 'react'
import { settle } from '../../../stores/call'

const EVERY_MS = 15_000

export type Runs =
  | { readonly state: 'asking' }
  | { readonly state: 'known'; readonly list: readonly CloudRun[] }
  | { readonly state: 'unknown'; readonly fault: Fault }

/** Asks at once, whenever `change` is another one, when the window is seen again, and every quarter of a minute. */
export function useRuns(forwardId: string, change: string): Runs {
  const [answer, setAnswer] = useState<{ readonly id: string; readonly runs: Runs } | null>(null)
  useEffect(() => {
    let here = true
    const ask = (): void => {
      if (document.hidden) return
      void settle(window.api.daemon['cloud.runs']({ id: forwardId })).then((result) => {
        if (!here) return
        const runs: Runs = result.ok
          ? { state: 'known', list: result.value }
          : { state: 'unknown', fault: result.fault }
        setAnswer({ id: forwardId, runs })
      })
    }
    ask()
    const timer = setInterval(ask, EVERY_MS)
    document.addEventListener('visibilitychange', ask)
    return () => {
      here = false
      clearInterval(timer)
      document.removeEventListener('visibilitychange', ask)
    }
  }, [forwardId, change])
  // An answer about another forward is no answer.
  return answer !== null && answer.id === forwardId ? answer.runs : { state: 'asking' }
}
