/** Changes of the replica while they are put together, and what of its state is looked up by key. */
import { randomUUID } from 'node:crypto'
import type { Conflict, Namespace, NewOutboxEntry, OutboxEntry, ReplicaChanges, ReplicaState, Shared } from './types'

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] | undefined ? E[] : T[K] }
type Lists = Required<Omit<ReplicaChanges, 'cursor' | 'forgetNamespace'>>

export type DeleteEntry = Extract<OutboxEntry, { readonly kind: 'delete' }>

export interface Plan {
  readonly state: ReplicaState
  readonly namespace: Namespace
  readonly changes: Mutable<Lists>
  /** Sentences for the log, said when the changes are written. */
  readonly notes: string[]
  /** Deletions that wait, by the row's id and, not confirmed, by `localId`. */
  readonly deletes: { readonly byCloudId: Map<string, DeleteEntry>; readonly byLocalId: Map<string, DeleteEntry> }
  readonly conflictOf: { readonly forward: Map<string, Conflict>; readonly cloudId: Map<string, Conflict> }
  readonly saveOf: Map<string, OutboxEntry>
  /** `localId` of rows that were taken in this plan, and the row that has it. */
  readonly taken: Map<string, string>
  /** Forwards that got another row in this plan: that the one before is gone says nothing. */
  readonly rebound: Set<string>
}

export function createPlan(state: ReplicaState, namespace: Namespace): Plan {
  // Only when it is asked for: a plan is made for each of ten thousand saves that wait.
  let waiting: Pick<Plan, 'deletes' | 'saveOf'> | null = null
  const outbox = (): Pick<Plan, 'deletes' | 'saveOf'> => (waiting ??= outboxOf(state, namespace))
  const conflictOf = { forward: new Map<string, Conflict>(), cloudId: new Map<string, Conflict>() }
  for (const conflict of state.conflicts(namespace)) {
    if (conflict.forwardId !== null) conflictOf.forward.set(conflict.forwardId, conflict)
    else if (conflict.cloudId !== null) conflictOf.cloudId.set(conflict.cloudId, conflict)
  }
  return {
    ...{
      state,
      namespace,
      conflictOf,
      taken: new Map<string, string>(),
      rebound: new Set<string>(),
      notes: [],
    },
    changes: {
      ...{ save: [], arrive: [], remove: [], release: [], bindings: [], done: [], outbox: [], conflicts: [] },
      settled: [],
    },
    get deletes() {
      return outbox().deletes
    },
    get saveOf() {
      return outbox().saveOf
    },
  }
}

/** Only what is not empty. */
export function changesOf({ changes }: Plan): ReplicaChanges {
  return Object.fromEntries(Object.entries(changes).filter(([, list]) => list.length > 0))
}

export function newId(): string {
  return randomUUID()
}

/** Puts another entry in place of one that waits. */
export function replaceEntry(plan: Plan, seq: number, entry: NewOutboxEntry): void {
  plan.changes.done.push(seq)
  plan.changes.outbox.push(entry)
}

function outboxOf(state: ReplicaState, namespace: Namespace): Pick<Plan, 'deletes' | 'saveOf'> {
  const deletes = { byCloudId: new Map<string, DeleteEntry>(), byLocalId: new Map<string, DeleteEntry>() }
  const saveOf = new Map<string, OutboxEntry>()
  for (const entry of state.outbox(namespace)) {
    if (entry.kind === 'save') saveOf.set(entry.forwardId, entry)
    if (entry.kind !== 'delete') continue
    if (entry.cloudId === null) deletes.byLocalId.set(entry.localId, entry)
    else deletes.byCloudId.set(entry.cloudId, entry)
  }
  return { deletes, saveOf }
}

/** What waits of a forward is done with it. */
export function dropEntries(plan: Plan, { binding }: Shared): void {
  for (const entry of plan.state.outbox(plan.namespace)) {
    if (entry.kind !== 'delete' && entry.forwardId === binding.forwardId) plan.changes.done.push(entry.seq)
  }
}
