/** Forwards that were removed, here or by others, and can still be brought back. */
import { useEffect, useState } from 'react'
import { showToast } from '../../components/toasts'
import { settle, valueOf } from '../../stores/call'
import { mergeForwards } from '../../stores/forwards'

export interface Removed {
  readonly ids: ReadonlySet<string>
  readonly bringBack: (id: string) => Promise<void>
}

export function useRemoved(): Removed {
  const [ids, setIds] = useState<ReadonlySet<string>>(none)
  useEffect(() => {
    let current = true
    const look = async (): Promise<void> => {
      const answer = await settle(window.api.daemon['forwards.removed']({}))
      if (current && answer.ok) setIds(new Set(answer.value.map(({ id }) => id)))
    }
    const stop = window.api.on('forwards.changed', ({ removed }) => {
      if (removed.length > 0) void look()
    })
    void look()
    return () => {
      current = false
      stop()
    }
  }, [])
  return {
    ids,
    bringBack: async (id) => {
      const views = await valueOf(window.api.daemon['forwards.restore']({ ids: [id] }))
      if (views === null) return
      mergeForwards(views)
      for (const { spec } of views) showToast({ text: `${spec.name} is back, stopped.` })
    },
  }
}

// --- internal ---

const none: ReadonlySet<string> = new Set()
