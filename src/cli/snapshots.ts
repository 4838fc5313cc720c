/** Snapshots as the contract prints them: these keys, in this order, and no more. */
import type { ForwardCloud } from '@shared/cloud-views'
import type { ForwardSnapshot, ForwardView } from '@shared/snapshots'
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

/** A snapshot, and how the forward stands to the cloud; `null` when it is on this machine only. */
export type PublicForward = PublicSnapshot & { readonly cloud: PublicCloud | null }

export type PublicCloud = Pick<ForwardCloud, 'namespace' | 'space' | 'state' | 'editable' | 'overrides' | 'remapped'> &
  Pick<ForwardCloud, 'secrets' | 'activeElsewhere'> & { readonly reason: PublicSnapshot['reason'] }

export function publicForward({ snapshot, cloud }: ForwardView): PublicForward {
  return { ...publicSnapshot(snapshot), cloud: cloud === null ? null : publicCloud(cloud) }
}

// --- internal ---

function publicCloud({ fault, ...cloud }: ForwardCloud): PublicCloud {
  const { namespace, space, state, editable, overrides, remapped, secrets, activeElsewhere } = cloud
  const reason = fault === null ? null : publicReason(fault)
  return { namespace, space, state, reason, editable, overrides, remapped, secrets, activeElsewhere }
}
