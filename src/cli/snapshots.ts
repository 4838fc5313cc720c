/** Snapshots as the contract prints them: these keys, in this order, and no more. */
import type { ForwardSnapshot } from '@shared/snapshots'
import { publicReason } from './report'

export type PublicSnapshot = Omit<ForwardSnapshot, 'via' | 'exposed' | 'needId' | 'reason'> & {
  readonly reason: ReturnType<typeof publicReason> | null
}

export function publicSnapshot(snapshot: ForwardSnapshot): PublicSnapshot {
  return {
    id: snapshot.id,
    name: snapshot.name,
    type: snapshot.type,
    server: snapshot.server,
    tags: snapshot.tags,
    wanted: snapshot.wanted,
    state: snapshot.state,
    since: snapshot.since,
    listen: snapshot.listen,
    target: snapshot.target,
    attempt: snapshot.attempt,
    nextTryAt: snapshot.nextTryAt,
    reason: snapshot.reason === null ? null : publicReason(snapshot.reason),
    connections: snapshot.connections,
    totalConnections: snapshot.totalConnections,
    bytesUp: snapshot.bytesUp,
    bytesDown: snapshot.bytesDown,
    portCount: snapshot.portCount,
    notice: snapshot.notice,
    health: snapshot.health,
    asleep: snapshot.asleep,
    stopsAt: snapshot.stopsAt,
    drops: snapshot.drops,
  }
}
