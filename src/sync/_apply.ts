/** What the server says of one forward, made into changes here. Nothing is overwritten: what both sides changed waits for a person. */
import { cloudFieldNames, type CloudField, type CloudFields } from '@shared/cloud-views'
import type { Memory } from './_context'
import { createPlan, dropEntries, newId, replaceEntry, type DeleteEntry, type Plan } from './_plan'
import { differingFields, isSameValue, keptFields, withFields } from './fields'
import { changedHere, merge } from './merge'
import type { Binding, CloudRow, Conflict, Extensions, Namespace, ReplicaState, Shared } from './types'

export interface Applying {
  readonly plan: Plan
  readonly memory: Memory
  readonly extensions: Extensions
  /** ISO 8601. */
  readonly now: string
  /** Whether a row is known to be no more. */
  readonly isGone: (cloudId: string) => boolean
  /** A deletion asks, whatever was changed here. */
  readonly mustAsk: boolean
}

export function applying(
  state: ReplicaState,
  namespace: Namespace,
  rest: Omit<Applying, 'plan' | 'isGone' | 'mustAsk'> & Partial<Applying>,
): Applying {
  return { isGone: () => false, mustAsk: false, ...rest, plan: createPlan(state, namespace) }
}

/** A row as the server has it now. */
export function applyRow(on: Applying, row: CloudRow): void {
  const { plan } = on
  const bound = plan.state.byCloudId(row.id)
  if (bound !== null) {
    if (row.localId !== null) plan.taken.set(row.localId, row.id)
    mergeInto(on, bound, { row })
    return
  }
  const deleted =
    plan.deletes.byCloudId.get(row.id) ?? (row.localId === null ? undefined : plan.deletes.byLocalId.get(row.localId))
  if (deleted !== undefined) {
    applyToDeleted(on, deleted, row)
    return
  }
  const asked = plan.conflictOf.cloudId.get(row.id)
  if (asked !== undefined) {
    plan.changes.conflicts.push({ ...asked, theirs: row.fields, version: row.version })
    return
  }
  const mine = adoptable(on, row)
  if (mine !== null) {
    plan.taken.set(row.localId ?? row.id, row.id)
    plan.rebound.add(mine.binding.forwardId)
    mergeInto(on, mine, { row })
  } else if (!isDouble(on, row)) arrive(on, row)
}

/** The row is no more. */
export function applyDeletion(on: Applying, cloudId: string): void {
  const { plan, extensions, mustAsk } = on
  const bound = plan.state.byCloudId(cloudId)
  if (bound === null) {
    const deleted = plan.deletes.byCloudId.get(cloudId)
    const asked = plan.conflictOf.cloudId.get(cloudId)
    if (deleted !== undefined) plan.changes.done.push(deleted.seq)
    if (asked !== undefined) plan.changes.settled.push(asked.id)
    return
  }
  const { binding, fields, isWanted } = bound
  if (plan.rebound.has(binding.forwardId)) return
  const open = plan.conflictOf.forward.get(binding.forwardId)
  if (open?.kind === 'deleted-there') return
  const kept = keptFields(extensions)
  const changed = changedHere({ base: binding.base, mine: fields, overrides: binding.overrides }).filter((name) =>
    kept.includes(name),
  )
  if (changed.length === 0 && !isWanted && !mustAsk) {
    if (open !== undefined) plan.changes.settled.push(open.id)
    dropEntries(plan, bound)
    plan.changes.remove.push(binding.forwardId)
    return
  }
  if (open !== undefined) plan.changes.settled.push(open.id)
  plan.changes.conflicts.push({
    ...{ id: newId(), namespace: plan.namespace, kind: 'deleted-there', forwardId: binding.forwardId },
    ...{ localId: binding.localId, cloudId, version: binding.version, fields: changed },
    ...{ base: binding.base, mine: fields, theirs: null, at: on.now },
  })
}

/** Merges a row into the forward here that it belongs to. `sent`: what was just written there, agreed with that. */
export function mergeInto(
  on: Applying,
  { binding, fields, isWanted }: Shared,
  { row, sent }: { readonly row: CloudRow; readonly sent?: CloudFields },
): void {
  const { plan, memory } = on
  const base = sent ?? baseOf(binding, row, memory)
  const merged = merge({ base, mine: fields, theirs: row.fields, overrides: binding.overrides, missing: row.missing })
  const next: Binding = {
    ...binding,
    ...{ cloudId: row.id, version: row.version, base: merged.base },
    activeElsewhere: row.status === 'active' && !isWanted,
  }
  const open = plan.conflictOf.forward.get(binding.forwardId)
  if (merged.conflicts.length > 0) {
    plan.changes.conflicts.push({
      ...{ id: open?.id ?? newId(), namespace: plan.namespace, kind: 'edited', forwardId: binding.forwardId },
      ...{ localId: binding.localId, cloudId: row.id, version: row.version, fields: merged.conflicts },
      ...{ base, mine: fields, theirs: row.fields, at: open?.at ?? on.now },
    })
  } else if (open !== undefined) plan.changes.settled.push(open.id)
  const hasChange = waits(on, { ...next, base: merged.base }, merged.fields)
  const settled: Binding = hasChange ? next : { ...next, refused: null }
  if (differingFields(merged.fields, fields).length > 0)
    plan.changes.save.push({ binding: settled, fields: merged.fields })
  else if (!isSameBinding(settled, binding)) plan.changes.bindings.push(settled)
  // A conflict that is over leaves a change that is to be sent.
  if (open !== undefined && merged.conflicts.length === 0 && hasChange && !plan.saveOf.has(binding.forwardId)) {
    plan.changes.outbox.push({ kind: 'save', namespace: plan.namespace, forwardId: binding.forwardId })
  }
}

/** Whether the row says the same as `base`, as far as it says anything. */
export function isAsAgreed(base: CloudFields, row: CloudRow): boolean {
  return differingFields(base, row.fields).every((name) => row.missing.includes(name))
}

/** A forward that was deleted here and changed there since. */
export function askDeletedHere(on: Applying, entry: DeleteEntry, row: CloudRow): void {
  const { plan } = on
  const conflict: Conflict = {
    ...{ id: newId(), namespace: plan.namespace, kind: 'deleted-here', forwardId: null, localId: entry.localId },
    ...{ cloudId: row.id, version: row.version, base: entry.base, mine: null, theirs: row.fields, at: on.now },
    fields: entry.base === null ? [] : differingFields(entry.base, row.fields),
  }
  plan.changes.done.push(entry.seq)
  plan.changes.conflicts.push(conflict)
}

export function arrive(on: Applying, row: CloudRow): void {
  const { plan, memory } = on
  if (row.missing.includes('serverAddress')) {
    if (!memory.told.has(row.id)) {
      plan.notes.push(`The cloud's forward "${row.fields.name}" (${row.id}) names no server and is left alone.`)
    }
    memory.told.add(row.id)
    return
  }
  if (row.localId !== null && memory.unborn.has(row.localId)) {
    // Deleted here before the server had said that it has it.
    plan.changes.outbox.push({ ...deletionOf(plan.namespace, row), base: row.fields })
    return
  }
  const isFree =
    row.localId !== null && !plan.taken.has(row.localId) && plan.state.byLocalId(plan.namespace, row.localId) === null
  const localId = isFree && row.localId !== null ? row.localId : row.id
  plan.taken.set(localId, row.id)
  plan.changes.arrive.push({
    binding: {
      ...{ namespace: plan.namespace, localId, cloudId: row.id, version: row.version, base: row.fields },
      ...{ refused: null, activeElsewhere: row.status === 'active' },
    },
    fields: row.fields,
  })
}

// --- internal ---

/** The forward here that the row is: it was sent with this `localId` and never confirmed, or its row is gone and was made anew. */
function adoptable({ plan, isGone }: Applying, row: CloudRow): Shared | null {
  if (row.localId === null || plan.taken.has(row.localId)) return null
  const mine = plan.state.byLocalId(plan.namespace, row.localId)
  if (mine === null) return null
  const { cloudId, forwardId } = mine.binding
  if (cloudId === null) return mine
  return isGone(cloudId) || plan.conflictOf.forward.get(forwardId)?.kind === 'deleted-there' ? mine : null
}

/**
 * A create whose answer was lost, sent again to a server that takes it twice. Of rows that are the same to the letter the one with the
 * smaller id stays, on every machine.
 */
function isDouble({ plan, extensions }: Applying, row: CloudRow): boolean {
  if (extensions.has('etag') || row.localId === null || !row.isUntouched) return false
  const other = plan.taken.get(row.localId) ?? plan.state.byLocalId(plan.namespace, row.localId)?.binding.cloudId
  const base = plan.state.byLocalId(plan.namespace, row.localId)?.binding.base
  if (other === undefined || other === null || other > row.id || base === undefined || base === null) return false
  if (!isAsAgreed(base, row)) return false
  plan.changes.outbox.push({ ...deletionOf(plan.namespace, row), base: row.fields })
  plan.notes.push(`The cloud had "${row.fields.name}" twice; the second one (${row.id}) goes.`)
  return true
}

function applyToDeleted(on: Applying, entry: DeleteEntry, row: CloudRow): void {
  const { plan } = on
  const isMine = entry.base === null ? entry.cloudId !== null || row.isUntouched : isAsAgreed(entry.base, row)
  if (!isMine) {
    askDeletedHere(on, entry, row)
  } else if (entry.cloudId !== row.id || entry.version !== row.version) {
    const { localId, base } = entry
    replaceEntry(plan, entry.seq, { ...deletionOf(plan.namespace, row), localId, base: base ?? row.fields })
  }
}

function deletionOf(namespace: Namespace, row: CloudRow): Omit<DeleteEntry, 'seq' | 'at' | 'base'> {
  return { kind: 'delete', namespace, cloudId: row.id, localId: row.localId ?? row.id, version: row.version }
}

/**
 * What was agreed on last. A row that nobody touched since it was made with our `localId` is as we sent it; a value that we sent and whose
 * answer was lost is ours too.
 */
function baseOf(binding: Binding, row: CloudRow, memory: Memory): CloudFields | null {
  const base = binding.base ?? (row.isUntouched ? row.fields : null)
  const sent = memory.unconfirmed.get(row.id)
  if (base === null || sent === undefined) return base
  const arrived = cloudFieldNames.filter((name) =>
    sent.some((change) => isNamed(change, name) && isSameValue(change[name], row.fields[name])),
  )
  return withFields(base, arrived, row.fields)
}

function isNamed(change: Partial<CloudFields>, name: CloudField): change is Pick<CloudFields, CloudField> {
  return change[name] !== undefined
}

function waits({ extensions }: Applying, { base, overrides }: Binding, mine: CloudFields): boolean {
  const kept = keptFields(extensions)
  return changedHere({ base, mine, overrides }).some((name) => kept.includes(name))
}

function isSameBinding(one: Binding, other: Binding): boolean {
  const { base: oneBase, ...oneRest } = one
  const { base: otherBase, ...otherRest } = other
  if (oneBase === null || otherBase === null) return oneBase === otherBase && isSameRest(oneRest, otherRest)
  return differingFields(oneBase, otherBase).length === 0 && isSameRest(oneRest, otherRest)
}

function isSameRest(one: Omit<Binding, 'base'>, other: Omit<Binding, 'base'>): boolean {
  return (
    one.cloudId === other.cloudId &&
    one.version === other.version &&
    one.refused === other.refused &&
    one.activeElsewhere === other.activeElsewhere
  )
}
