/** How a person decides a conflict. */
import { WarrenError } from '@shared/errors'
import type { CloudField, CloudFields } from '@shared/cloud-views'
import { withFields } from './fields'
import { changedHere } from './merge'
import type { Conflict, ReplicaChanges, ReplicaState, Shared } from './types'

/** As in the request `cloud.resolve`. */
export type Choice =
  'mine' | 'theirs' | 'local' | { readonly fields: Partial<Record<CloudField, 'mine' | 'theirs' | undefined>> }

/** For `Replica.transact`. Throws `cloud.not-found` when the conflict is no more, `usage.invalid` when the choice does not fit it. */
export function resolveConflict(
  state: ReplicaState,
  id: string,
  choice: Choice,
): { readonly changes: ReplicaChanges; readonly result: null } {
  const conflict = [null, ...state.namespaces()].flatMap((each) => state.conflicts(each)).find((one) => one.id === id)
  if (conflict === undefined) {
    throw new WarrenError('cloud.not-found', 'There is no such conflict any more.', { fix: 'Look at the inbox again.' })
  }
  const changes = changesFor(state, conflict, choice)
  return { changes: { ...changes, settled: [id] }, result: null }
}

// --- internal ---

function changesFor(state: ReplicaState, conflict: Conflict, choice: Choice): ReplicaChanges {
  if (conflict.kind === 'deleted-here') return deletedHere(conflict, choice)
  const mine = conflict.forwardId === null ? null : state.byForward(conflict.forwardId)
  // It went away here meanwhile: what that left waits in the outbox.
  if (mine === null) return {}
  return conflict.kind === 'edited' ? edited(state, { conflict, mine }, choice) : deletedThere(state, mine, choice)
}

interface Open {
  readonly conflict: Conflict
  readonly mine: Shared
}

function edited(state: ReplicaState, { conflict, mine }: Open, choice: Choice): ReplicaChanges {
  const { theirs } = conflict
  const { binding } = mine
  if (theirs === null) return {}
  if (choice === 'local') {
    // Mine stays as a forward of this machine alone, theirs comes as the shared one.
    const { namespace, localId, cloudId, activeElsewhere } = binding
    const arriving = {
      namespace,
      localId,
      cloudId,
      version: conflict.version,
      base: theirs,
      refused: null,
      activeElsewhere,
    }
    return { ...released(state, mine), arrive: [{ binding: arriving, fields: theirs }] }
  }
  const isTheirs = (name: CloudField): boolean => {
    if (typeof choice === 'string') return choice === 'theirs'
    const chosen = choice.fields[name]
    if (chosen === undefined) {
      throw new WarrenError('usage.invalid', `It is not said whose ${name} is taken.`, {
        field: `choice.fields.${name}`,
      })
    }
    return chosen === 'theirs'
  }
  const taken = conflict.fields.filter(isTheirs)
  const fields = withFields(mine.fields, taken, theirs)
  // Agreed: theirs was seen. What differs from it from now on is what is to be sent.
  const base = agreed({ conflict, mine }, theirs)
  const next = { ...binding, base, version: conflict.version, refused: null }
  const hasChange = changedHere({ base, mine: fields, overrides: binding.overrides }).length > 0
  const save = { kind: 'save', namespace: binding.namespace, forwardId: binding.forwardId } as const
  return { save: [{ binding: next, fields }], ...(hasChange ? { outbox: [save] } : {}) }
}

/** Only what was in conflict is decided; the rest of the base was agreed on before. */
function agreed({ conflict, mine }: Open, theirs: CloudFields): CloudFields {
  return mine.binding.base === null ? theirs : withFields(mine.binding.base, conflict.fields, theirs)
}

function deletedThere(state: ReplicaState, mine: Shared, choice: Choice): ReplicaChanges {
  const { binding, fields } = mine
  switch (asWhole(choice)) {
    case 'theirs':
      return { remove: [binding.forwardId], done: entriesOf(state, mine) }
    case 'local':
      return released(state, mine)
    case 'mine': {
      // The base stays: when somebody else makes it anew first, theirs is merged with mine, not overwritten.
      const anew = { ...binding, cloudId: null, version: null, refused: null, activeElsewhere: false }
      const save = { kind: 'save', namespace: binding.namespace, forwardId: binding.forwardId } as const
      return { save: [{ binding: anew, fields }], outbox: [save] }
    }
  }
}

function deletedHere({ namespace, localId, cloudId, version, theirs }: Conflict, choice: Choice): ReplicaChanges {
  switch (asWhole(choice)) {
    case 'mine':
      return { outbox: [{ kind: 'delete', namespace, cloudId, localId, version, base: theirs }] }
    case 'theirs': {
      if (theirs === null || cloudId === null) return {}
      const binding = { namespace, localId, cloudId, version, base: theirs, refused: null, activeElsewhere: false }
      return { arrive: [{ binding, fields: theirs }] }
    }
    case 'local':
      throw new WarrenError(
        'usage.invalid',
        'It was deleted here: there is nothing left to keep on this machine only.',
        {
          fix: 'Delete it for everybody (mine), or take it back (theirs).',
        },
      )
  }
}

function asWhole(choice: Choice): 'mine' | 'theirs' | 'local' {
  if (typeof choice === 'string') return choice
  throw new WarrenError('usage.invalid', 'A deletion is decided as a whole, not by field.', {
    fix: 'Choose mine, theirs or local.',
  })
}

function released(state: ReplicaState, mine: Shared): ReplicaChanges {
  return { release: [mine.binding.forwardId], done: entriesOf(state, mine) }
}

function entriesOf(state: ReplicaState, { binding }: Shared): readonly number[] {
  return state
    .outbox(binding.namespace)
    .filter((entry) => entry.kind !== 'delete' && entry.forwardId === binding.forwardId)
    .map(({ seq }) => seq)
}
