/** Conflicts of sealed text, which nobody can compare by looking at it: those that are none when it is opened settle themselves. */
import { secretFields } from '@shared/cloud'
import type { CloudFields } from '@shared/cloud-views'
import { toFault } from '@shared/errors'
import { isSameServer, resolveConflict, type Conflict, type Namespace, type Shared } from '@sync'
import type { Book } from './book'
import type { LocalReplica } from './replica'
import type { Keys, SecretField } from './types'

export interface SealedConflictsOptions {
  readonly book: Pick<Book, 'conflicts'>
  readonly replica: Pick<LocalReplica, 'transact'>
  /** `null`: nobody is signed in. */
  readonly keys: () => Pick<Keys, 'open'> | null
  readonly mayEdit: (namespace: Namespace) => boolean
  /** Some are over. */
  readonly onSettled: () => void
  readonly log: (message: string) => void
}

export interface SealedConflicts {
  /** Looks at conflicts that were not looked at yet. */
  readonly look: () => void
  /** What could not be opened may open: looks at all. */
  readonly lookAgain: () => void
}

export function createSealedConflicts(options: SealedConflictsOptions): SealedConflicts {
  const { book, replica, keys, log } = options
  let looked = new WeakSet<Conflict>()

  const settle = async (conflict: Conflict): Promise<boolean> =>
    replica.transact((state) => {
      const { id, forwardId, namespace } = conflict
      const mine = forwardId === null ? null : state.byForward(forwardId)
      const isOpen = state.conflicts(namespace).includes(conflict)
      const choice = mine === null || !isOpen ? null : choiceOf(conflict, mine, options)
      if (choice === null) return { changes: {}, result: false }
      return { changes: resolveConflict(state, id, { fields: choice }).changes, result: true }
    })
  const settleAll = async (conflicts: readonly Conflict[]): Promise<void> => {
    let settled = 0
    for (const conflict of conflicts) if (await settle(conflict)) settled += 1
    if (settled === 0) return
    log(`cloud: ${settled} conflicts of sealed text are settled: only one side had changed what is sealed.`)
    options.onSettled()
  }
  const look = (): void => {
    if (keys() === null) return
    const fresh = book.conflicts().filter((conflict) => isOfSecrets(conflict) && !looked.has(conflict))
    if (fresh.length === 0) return
    for (const conflict of fresh) looked.add(conflict)
    settleAll(fresh).catch((error: unknown) => log(`cloud: ${toFault(error).message}`))
  }
  return {
    look,
    lookAgain: () => {
      looked = new WeakSet()
      look()
    },
  }
}

// --- internal ---

type Side = 'mine' | 'theirs'
/** `null`: there is no secret; `undefined`: it cannot be opened here. */
type Clear = string | null | undefined

function isOfSecrets({ kind, fields }: Conflict): boolean {
  return kind === 'edited' && fields.length > 0 && fields.every((field) => secretFields.some((one) => one === field))
}

/** `null` when a person must decide. */
function choiceOf(
  conflict: Conflict,
  mine: Shared,
  options: SealedConflictsOptions,
): Partial<Record<SecretField, Side>> | null {
  const choice: Partial<Record<SecretField, Side>> = {}
  for (const field of secretFields.filter((one) => conflict.fields.includes(one))) {
    const side = sideOf(field, { conflict, mine }, options)
    if (side === null) return null
    choice[field] = side
  }
  return choice
}

/** The side that changed what is sealed; a text that was sealed for another server than it would come to is never taken. */
function sideOf(
  field: SecretField,
  { conflict, mine }: { readonly conflict: Conflict; readonly mine: Shared },
  { keys, mayEdit }: SealedConflictsOptions,
): Side | null {
  const { base, theirs, namespace } = conflict
  const { binding, fields } = mine
  const address = binding.overrides.includes('serverAddress')
    ? (binding.base?.serverAddress ?? fields.serverAddress)
    : fields.serverAddress
  const clear = (of: CloudFields | null, serverAddress: string | null | undefined): Clear => {
    const text = of?.[field]
    if (typeof text !== 'string') return text
    try {
      const sealed = { forwardId: binding.forwardId, namespace, field, text, serverAddress: serverAddress ?? null }
      return keys()?.open(sealed)
    } catch {
      return undefined
    }
  }
  const here = clear(fields, address)
  const there = clear(theirs, theirs?.serverAddress)
  const before = clear(base, base?.serverAddress)
  const fits = theirs !== null && isSameServer(theirs.serverAddress, address)
  // Opened or not: mine is the same secret as before, sealed again.
  if (here !== undefined && fits && (here === there || here === before)) return 'theirs'
  return here !== undefined && there !== undefined && there === before && mayEdit(namespace) ? 'mine' : null
}
