/** The feed, live: the newest events when the screen opens, each new one as it comes, older ones when asked for. */
import type { ActivityEvent } from '@shared/snapshots'
import { useEffect, useState } from 'react'
import { settle, valueOf } from '../../stores/call'
import { mergeEvents, MOST_EVENTS } from './feed'

const PAGE = 200

export interface ActivityFeed {
  /** `null` until the first answer. */
  readonly events: readonly ActivityEvent[] | null
  readonly hasMore: boolean
  readonly loadMore: () => void
}

export function useActivity(): ActivityFeed {
  const [events, setEvents] = useState<readonly ActivityEvent[] | null>(null)
  const [ended, setEnded] = useState(false)
  useEffect(() => {
    let current = true
    const stop = window.api.on('activity.added', ({ event }) => {
      setEvents((known) => mergeEvents(known ?? [], [event]))
    })
    void settle(window.api.daemon['activity.list']({ limit: PAGE })).then((result) => {
      if (!current) return
      setEvents((known) => mergeEvents(known ?? [], result.ok ? result.value : []))
      if (!result.ok || result.value.length < PAGE) setEnded(true)
    })
    return () => {
      current = false
      stop()
    }
  }, [])
  return {
    events,
    hasMore: !ended && events !== null && events.length < MOST_EVENTS,
    loadMore: () => {
      const oldest = events?.at(-1)
      if (oldest === undefined) return
      void valueOf(window.api.daemon['activity.list']({ limit: PAGE, before: oldest.id })).then((older) => {
        if (older === null) return
        setEvents((known) => mergeEvents(known ?? [], older))
        if (older.length < PAGE) setEnded(true)
      })
    },
  }
}
