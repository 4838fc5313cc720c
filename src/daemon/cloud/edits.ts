/** What an edit on this machine means for what is shared: refused at the door, or told to the cloud in the same transaction. */
import { randomUUID } from 'node:crypto'
import { secretFields } from '@shared/cloud'
import type { CloudField, CloudFields } from '@shared/cloud-views'
import { cloudFieldWords } from '@shared/cloud-words'
import { WarrenError } from '@shared/errors'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import { differingFields, isSameServer, type Namespace, type NewOutboxEntry } from '@sync'
import type { Catalog } from '../catalog'
import { namespaceText, type CloudChange, type SavedBinding, type SealedSecrets, type Store } from '../store/index'
import type { Book } from './book'
import { fieldsOf, refuseUnsayable } from './fields'
import type { Keys, SealedField } from './types'

export interface EditsOptions {
  readonly book: Book
  readonly catalog: Catalog
  readonly store: Pick<Store, 'buriedBindings'>
  readonly isSignedIn: () => boolean
  /** A round with the server is under way: what waits may be on its way. */
  readonly isBusy: () => boolean
  readonly reseal: Keys['reseal']
  readonly now: () => number
}

/** Each gives what is to be written with the change, and throws `cloud.forbidden` or `cloud.refused` before anything is. */
export interface Edits {
  readonly saving: (before: ForwardSpec, after: ForwardSpec) => CloudChange
  readonly savingServer: (before: ServerSpec, after: ServerSpec) => CloudChange
  readonly removing: (forwardIds: readonly string[]) => CloudChange
  readonly restoring: (forwardIds: readonly string[]) => Promise<CloudChange>
  /** Whether this account may change what a namespace shares. */
  readonly mayEdit: (namespace: Namespace) => boolean
  /** Throws `cloud.forbidden` naming `subject`. */
  readonly requireEditor: (namespace: Namespace, subject: string) => void
  /** Takes a binding away, and the row of the cloud with it. */
  readonly leaving: (bindings: readonly SavedBinding[]) => CloudChange
}

export function createEdits(options: EditsOptions): Edits {
  const { book, catalog, isSignedIn } = options
  const mayEdit: Edits['mayEdit'] = (namespace) => namespace === null || book.space(namespace)?.role !== 'user'
  const requireEditor: Edits['requireEditor'] = (namespace, subject) => {
    if (mayEdit(namespace) || !isSignedIn()) return
    throw new WarrenError(
      'cloud.forbidden',
      `${subject}: your role in ${spaceName(book, namespace)} is to run forwards.`,
      {
        fix: 'Ask an owner of the team for another role.',
      },
    )
  }
  const edited = (
    binding: SavedBinding,
    values: { readonly before: CloudFields; readonly after: CloudFields; readonly name: string },
  ): SavedBinding | null => {
    const changed = differingFields(values.before, values.after).filter((field) => !binding.overrides.includes(field))
    const [field] = changed
    if (field === undefined) return null
    if (isSignedIn() && !mayEdit(binding.namespace)) throw sharedField(book, { binding, field, name: values.name })
    const moved = !isSameServer(values.before.serverAddress, values.after.serverAddress)
    const secrets = moved && changed.includes('serverAddress') ? resealed(options, binding, values) : binding.secrets
    return { ...binding, refused: null, secrets }
  }
  return {
    mayEdit,
    requireEditor,
    saving: (before, after) => {
      const binding = book.binding(before.id)
      if (binding === null) return {}
      const server = catalog.server(after.serverId)
      refuseUnsayable(after, server)
      const values = {
        before: fieldsOf(before, catalog.server(before.serverId), binding.secrets),
        after: fieldsOf(after, server, binding.secrets),
        name: before.name,
      }
      const kept = { ...binding, remappedFrom: isSamePort(values.before, values.after) ? binding.remappedFrom : null }
      const next = edited(kept, values)
      if (next === null) return kept.remappedFrom === binding.remappedFrom ? {} : { bindings: [kept] }
      return { bindings: [next], outbox: book.stamp([saveOf(next)]) }
    },
    savingServer: (before, after) => {
      const next = catalog.forwards().flatMap(({ spec }) => {
        const binding = spec.serverId === before.id ? book.binding(spec.id) : null
        if (binding === null) return []
        const values = {
          before: fieldsOf(spec, before, binding.secrets),
          after: fieldsOf(spec, after, binding.secrets),
          name: spec.name,
        }
        return edited(binding, values) ?? []
      })
      return { bindings: next, outbox: book.stamp(next.map(saveOf)) }
    },
    removing: (ids) => {
      const bindings = ids.map((id) => book.binding(id)).filter((binding) => binding !== null)
      for (const { namespace, forwardId } of bindings) {
        requireEditor(namespace, `${catalog.forward(forwardId).spec.name} cannot be removed`)
      }
      const buried = { bindings, at: new Date(options.now()).toISOString() }
      // Signed out, a removal is this machine's alone: the same account finds them again.
      if (!isSignedIn()) return { ...parting(book, bindings), buried, spaces: listedAnew(book, bindings) }
      return { ...leaving(book, bindings), buried }
    },
    restoring: async (ids) => {
      const fresh = ids.filter((id) => book.binding(id) === null)
      if (fresh.length === 0) return {}
      const buried = await options.store.buriedBindings(fresh)
      const back = buried.filter(
        ({ namespace }) => namespace === null || (book.space(namespace) !== null && mayEdit(namespace)),
      )
      const done: number[] = []
      const bindings = back.map((binding): SavedBinding => {
        const removal = book.entry(`delete ${namespaceText(binding.namespace)} ${binding.localId}`)
        if (removal !== null && !options.isBusy()) {
          done.push(removal.seq)
          return { ...binding, toldRunning: false }
        }
        const { localId, base } = binding
        // Removed while nobody was signed in, it is still there: what it is called in the cloud finds it.
        const known = !isSignedIn() && book.byLocalId(binding.namespace, localId) === null ? { localId, base } : {}
        // Else the cloud has forgotten it, or is about to: it is made anew.
        return { ...binding, ...unconfirmed(), ...known, toldRunning: false }
      })
      return { bindings, done, outbox: book.stamp(bindings.map(saveOf)) }
    },
    leaving: (bindings) => leaving(book, bindings),
  }
}

export function spaceName(book: Book, namespace: Namespace): string {
  return namespace === null ? 'Personal' : (book.space(namespace)?.name ?? 'the team')
}

export function saveOf({ forwardId, namespace }: SavedBinding): NewOutboxEntry {
  return { kind: 'save', forwardId, namespace }
}

/** What a binding is before the server has seen it. */
export function unconfirmed(): Pick<
  SavedBinding,
  'localId' | 'cloudId' | 'version' | 'base' | 'refused' | 'activeElsewhere'
> {
  return { localId: randomUUID(), cloudId: null, version: null, base: null, refused: null, activeElsewhere: false }
}

/** The secrets of a binding, with what they were sealed for. */
export function sealedFieldsOf(binding: SavedBinding, address: string | null): readonly SealedField[] {
  const { forwardId, namespace, overrides, base, secrets } = binding
  const serverAddress = overrides.includes('serverAddress') ? (base?.serverAddress ?? address) : address
  return secretFields.flatMap((field) => {
    const text = secrets[field]
    return text === null ? [] : [{ forwardId, namespace, field, text, serverAddress }]
  })
}

// --- internal ---

function resealed(
  { reseal }: Pick<EditsOptions, 'reseal'>,
  binding: SavedBinding,
  { before, after }: { readonly before: CloudFields; readonly after: CloudFields },
): SealedSecrets {
  const { namespace } = binding
  const next: Record<(typeof secretFields)[number], string | null> = { ...binding.secrets }
  for (const sealed of sealedFieldsOf(binding, before.serverAddress)) {
    next[sealed.field] = reseal(sealed, { namespace, serverAddress: after.serverAddress })
  }
  return next
}

function leaving(book: Book, bindings: readonly SavedBinding[]): CloudChange {
  const removals = bindings.flatMap((binding): NewOutboxEntry[] => {
    const { namespace, localId, cloudId, version, base } = binding
    const conflict = book.conflictOf(binding.forwardId)?.kind
    // What is deleted on both sides is deleted.
    if (conflict === 'deleted-there') return []
    // What somebody changed, and nobody decided about here, is looked at before it is deleted.
    const seen = conflict === 'edited' ? null : version
    return [{ kind: 'delete', namespace, localId, cloudId, version: seen, base }]
  })
  return { ...parting(book, bindings), outbox: book.stamp(removals) }
}

function parting(book: Book, bindings: readonly SavedBinding[]): CloudChange {
  return {
    unbound: bindings.map(({ forwardId }) => forwardId),
    done: entriesOf(book, bindings),
    settled: bindings.flatMap(({ forwardId }) => book.conflictOf(forwardId)?.id ?? []),
  }
}

/** A delta tells nothing of rows that stayed as they are: what went away here alone is found by a whole list. */
function listedAnew(book: Book, bindings: readonly SavedBinding[]): NonNullable<CloudChange['spaces']> {
  const namespaces = new Set(bindings.map(({ namespace }) => namespace))
  return [...namespaces].flatMap((namespace) => {
    const space = book.space(namespace)
    return space === null ? [] : [{ ...space, cursor: null }]
  })
}

function entriesOf(book: Book, bindings: readonly SavedBinding[]): readonly number[] {
  return bindings.flatMap(({ forwardId }) => book.entriesOf(forwardId).map(({ seq }) => seq))
}

function isSamePort(one: CloudFields, other: CloudFields): boolean {
  return one.localPort === other.localPort && one.bindPort === other.bindPort
}

function sharedField(
  book: Book,
  { binding, field, name }: { binding: SavedBinding; field: CloudField; name: string },
): WarrenError {
  const team = spaceName(book, binding.namespace)
  const what = cloudFieldWords[field].toLowerCase()
  return new WarrenError(
    'cloud.forbidden',
    `The ${what} of ${name} is shared: your role in ${team} is to run forwards.`,
    {
      fix: 'Keep a value of your own for it, or ask somebody who may change it.',
      field,
    },
  )
}
