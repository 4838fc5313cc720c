/** Connections that are over, until they are saved. */
import type { EndedConnection } from '@shared/traffic'
import { OWNER_HISTORY_LIMIT } from '../store/index'

/** Of all owners together; a storm beyond it costs its oldest. */
const QUEUE_LIMIT = 20_000

export interface EndedQueue {
  readonly add: (connection: EndedConnection) => void
  /** Oldest first. */
  readonly take: () => readonly EndedConnection[]
  readonly giveBack: (connections: readonly EndedConnection[]) => void
  readonly size: () => number
  /** Oldest first. */
  readonly list: () => EndedConnection[]
}

/** Of each owner no more than the history keeps. */
export function createEndedQueue(): EndedQueue {
  let byOwner = new Map<string, EndedConnection[]>()
  let size = 0
  const add = (connection: EndedConnection): void => {
    const own = byOwner.get(connection.ownerId)
    if (own === undefined) byOwner.set(connection.ownerId, [connection])
    else {
      own.push(connection)
      // Twice as many before it is cut: an array is not shifted for each of a storm.
      if (own.length >= 2 * OWNER_HISTORY_LIMIT) size -= own.splice(0, own.length - OWNER_HISTORY_LIMIT).length
    }
    size += 1
    if (size > QUEUE_LIMIT) dropOldest()
  }
  const dropOldest = (): void => {
    const kept = inOrder().slice(-QUEUE_LIMIT / 2)
    byOwner = new Map()
    size = 0
    for (const connection of kept) add(connection)
  }
  const inOrder = (): EndedConnection[] => {
    const lists = [...byOwner.values()].map((own) => own.slice(-OWNER_HISTORY_LIMIT))
    return lists.flat().sort((a, b) => compare(a.endedAt, b.endedAt))
  }
  return {
    add,
    take: () => {
      const connections = inOrder()
      byOwner = new Map()
      size = 0
      return connections
    },
    giveBack: (connections) => {
      const newer = inOrder()
      byOwner = new Map()
      size = 0
      for (const connection of [...connections, ...newer]) add(connection)
    },
    size: () => size,
    list: inOrder,
  }
}

// --- internal ---

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
