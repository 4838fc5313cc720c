/** The live SSH connections and the trusted keys: asked for when the screen opens, then followed. */
import type { TrustedKey } from '@shared/rpc'
import type { SessionSnapshot } from '@shared/snapshots'
import { useCallback, useEffect, useState } from 'react'
import { settle } from '../../stores/call'

export function useSessions(): readonly SessionSnapshot[] {
  const [sessions, setSessions] = useState<readonly SessionSnapshot[]>([])
  useEffect(() => {
    let current = true
    const stop = window.api.on('sessions.changed', (changed) => {
      setSessions(changed.sessions)
    })
    void settle(window.api.daemon['sessions.list']({})).then((result) => {
      if (current && result.ok) setSessions(result.value)
    })
    return () => {
      current = false
      stop()
    }
  }, [])
  return sessions
}

export function useTrustedKeys(): { readonly keys: readonly TrustedKey[] | null; readonly reload: () => void } {
  const [keys, setKeys] = useState<readonly TrustedKey[] | null>(null)
  const reload = useCallback(() => {
    void settle(window.api.daemon['trust.list']({})).then((result) => {
      if (result.ok) setKeys(result.value)
    })
  }, [])
  useEffect(() => {
    reload()
    return window.api.on('activity.added', ({ event }) => {
      if (event.kind === 'trusted' || event.kind === 'removed') reload()
    })
  }, [reload])
  return { keys, reload }
}
