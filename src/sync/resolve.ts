/** How a person decides a conflict. */
import type { CloudField } from '@shared/cloud-views'
import type { ReplicaChanges, ReplicaState } from './types'

/** As in the request `cloud.resolve`. */
export type Choice =
  'mine' | 'theirs' | 'local' | { readonly fields: Partial<Record<CloudField, 'mine' | 'theirs' | undefined>> }

/** For `Replica.transact`. Throws `cloud.not-found` when the conflict is no more, `usage.invalid` when the choice does not fit it. */
export function resolveConflict(
  _state: ReplicaState,
  _id: string,
  _choice: Choice,
): { readonly changes: ReplicaChanges; readonly result: null } {
  throw new Error('being built')
}
