/** Connections that are not over, as they are saved for the case that the daemon ends without a word. */
import type { ConnectionSnapshot } from '@shared/snapshots'
import type { LiveChanges } from '../store/index'

/** With more connections than this, those that moved the most are kept. */
export const LIVE_LIMIT = 1000

export interface LiveBook {
  /** What changed since the last that was saved. */
  readonly changes: (at: string) => LiveChanges
  /** The changes are saved. */
  readonly saved: (changes: LiveChanges) => void
  /** None is live any more: all that was saved is gone. */
  readonly none: (at: string) => LiveChanges
}

export interface LiveBookOptions {
  /** Names this run of the daemon. */
  readonly run: string
  readonly connections: () => readonly ConnectionSnapshot[]
  /** Whether books are kept of its forward or relay. */
  readonly isKept: (ownerId: string) => boolean
}

export function createLiveBook({ run, connections, isKept }: LiveBookOptions): LiveBook {
  /** By id, the bytes that are saved. */
  const saved = new Map<string, number>()
  const compareTo = (at: string, now: readonly ConnectionSnapshot[]): LiveChanges => {
    const changed = now.filter((one) => saved.get(one.id) !== bytesOf(one))
    const ids = new Set(now.map(({ id }) => id))
    return {
      ...{ run, at, gone: [...saved.keys()].filter((id) => !ids.has(id)) },
      changed: changed.map(({ forwardId, since, ...one }) => ({
        ...{ id: one.id, ownerId: forwardId, startedAt: since },
        ...{ source: one.source, target: one.target, bytesUp: one.bytesUp, bytesDown: one.bytesDown },
      })),
    }
  }
  return {
    changes: (at) => compareTo(at, busiest(connections().filter(({ forwardId }) => isKept(forwardId)))),
    saved: ({ changed, gone }) => {
      for (const one of changed) saved.set(one.id, bytesOf(one))
      for (const id of gone) saved.delete(id)
    },
    none: (at) => compareTo(at, []),
  }
}

// --- internal ---

function busiest(connections: readonly ConnectionSnapshot[]): readonly ConnectionSnapshot[] {
  if (connections.length <= LIVE_LIMIT) return connections
  return [...connections].sort((a, b) => bytesOf(b) - bytesOf(a)).slice(0, LIVE_LIMIT)
}

function bytesOf({ bytesUp, bytesDown }: Pick<ConnectionSnapshot, 'bytesUp' | 'bytesDown'>): number {
  return bytesUp + bytesDown
}
