/** Three-way merge of a forward's shared fields. Pure: what is here, what is there, and what both last agreed on. */
import { cloudFieldNames, type CloudField, type CloudFields } from '@shared/cloud-views'
import { forwardIssue, isSameFields, isSameValue, sayable, withFields } from './fields'

export interface Sides {
  /** `null`: never agreed. */
  readonly base: CloudFields | null
  readonly mine: CloudFields
  readonly theirs: CloudFields
  /** This machine's own: `mine` stays, and it is no conflict. */
  readonly overrides: readonly CloudField[]
  /** What `theirs` says nothing about: `mine` and `base` stay. */
  readonly missing?: readonly CloudField[]
}

export interface Merged {
  /** With the changes of both sides; of a field in conflict, mine. */
  readonly fields: CloudFields
  /** What both agree on from now on; a field in conflict keeps the old base. `null` while something conflicts that never had one. */
  readonly base: CloudFields | null
  /** Changed on both sides to different values. */
  readonly conflicts: readonly CloudField[]
}

/**
 * A field that one side changed takes that side's value; one that both changed to the same is settled; one that both changed differently
 * waits for a person. When the sum of both makes no forward, all that either changed waits.
 */
export function merge(sides: Sides): Merged {
  const conflicts = cloudFieldNames.filter((name) => outcome(sides, name) === 'conflict')
  const merged = sum(sides, conflicts)
  // The usual case, ten thousand times in a list: nothing came.
  if (isSameFields(merged.fields, sides.mine)) return merged
  if (forwardIssue(merged.fields) === null || forwardIssue(sides.mine) !== null) return merged
  const touched = cloudFieldNames.filter((name) => differs(sides, name))
  // Theirs alone makes no forward with what is this machine's own: nothing of it can be taken in part.
  return sum(sides, touched)
}

/** Fields that a push would send: mine, not overridden, and not as agreed. */
export function changedHere({ base, mine, overrides }: Omit<Sides, 'theirs' | 'missing'>): CloudField[] {
  const said = sayable(mine)
  return cloudFieldNames.filter(
    (name) => !overrides.includes(name) && (base === null || !isSameValue(said[name], base[name])),
  )
}

// --- internal ---

type Outcome = 'same' | 'mine' | 'theirs' | 'conflict'

function outcome({ base, mine, theirs, overrides, missing = [] }: Sides, name: CloudField): Outcome {
  if (overrides.includes(name) || missing.includes(name)) return 'mine'
  const said = sayable(mine)[name]
  if (isSameValue(said, theirs[name])) return 'same'
  if (base === null) return 'conflict'
  if (isSameValue(theirs[name], base[name])) return 'mine'
  return isSameValue(said, base[name]) ? 'theirs' : 'conflict'
}

function sum(sides: Sides, conflicts: readonly CloudField[]): Merged {
  const { base, mine, theirs, missing = [] } = sides
  const taken = cloudFieldNames.filter((name) => !conflicts.includes(name) && outcome(sides, name) === 'theirs')
  const fields = withFields(mine, taken, theirs)
  if (conflicts.length > 0 && base === null) return { fields, base: null, conflicts }
  const kept = base === null ? missing : [...missing, ...conflicts]
  return { fields, base: withFields(theirs, kept, base ?? sayable(mine)), conflicts }
}

function differs(sides: Sides, name: CloudField): boolean {
  const { mine, theirs, overrides, missing = [] } = sides
  if (overrides.includes(name) || missing.includes(name)) return false
  return !isSameValue(sayable(mine)[name], theirs[name])
}
