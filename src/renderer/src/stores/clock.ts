/** One clock for every age and countdown on screen; it ticks only while somebody reads it. */
import { useCallback, useSyncExternalStore } from 'react'

const TICK_MS = 1000
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

/** What `read` makes of the time. The component draws again only when that changes, so ages in minutes cost nothing. */
export function useClock(read: (now: number) => string): string {
  const snapshot = useCallback(() => read(timer === undefined ? Date.now() - (Date.now() % TICK_MS) : now), [read])
  return useSyncExternalStore(subscribe, snapshot)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    now = Date.now()
    timer = setInterval(() => {
      now = Date.now()
      for (const each of listeners) each()
    }, TICK_MS)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
