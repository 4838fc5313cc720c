import { useSyncExternalStore } from 'react'

/** Same as in pane.module.css. */
const NARROW = '(max-width: 1000px)'

/** Whether the window is so narrow that the pane lies over the list. */
export function useCovers(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(NARROW).matches)
}

function subscribe(listener: () => void): () => void {
  const query = window.matchMedia(NARROW)
  query.addEventListener('change', listener)
  return () => {
    query.removeEventListener('change', listener)
  }
}
