/** What people decide about sharing: where a forward belongs, which values are theirs, and how a conflict ends. */
import { secretFields } from '@shared/cloud'
import { PERSONAL, type CloudConflict } from '@shared/cloud-views'
import { WarrenError } from '@shared/errors'
import { defaultOverrides, differingFields, resolveConflict, type Conflict, type Namespace } from '@sync'
import type { Services } from '../services'
import type { CloudChange, SavedBinding, SealedSecrets } from '../store/index'
import type { Book } from './book'
import { saveOf, sealedFieldsOf, spaceName, unconfirmed, type Edits } from './edits'
import { fieldsOf, NO_SECRETS, refuseUnsayable } from './fields'
import type { LocalReplica } from './replica'
import type { CloudRequests, Keys, SealedField } from './types'

export type ShareServices = Pick<Services, 'catalog' | 'store' | 'watch' | 'activity' | 'inTurn'>

export interface ShareOptions {
  readonly services: ShareServices
  readonly book: Book
  readonly edits: Edits
  readonly replica: LocalReplica
  readonly reseal: Keys['reseal']
  /** What is shared changed, and the outbox grew. */
  readonly onChanged: () => void
}

export interface Share extends Pick<CloudRequests, 'share' | 'setOverride' | 'resolve'> {
  /** Puts every forward of this machine that the cloud can say into the account. */
  readonly adopt: () => Promise<void>
  readonly conflicts: () => readonly CloudConflict[]
  /** What a secret of this forward is sealed for. Throws `cloud.refused` when it is not shared. */
  readonly placeOf: (forwardId: string) => Pick<SealedField, 'namespace' | 'serverAddress'>
}

export function createShare(options: ShareOptions): Share {
  const { services, book, edits, replica, onChanged } = options
  const { catalog, watch, inTurn } = services
  const write = async (change: CloudChange, ids: readonly string[]): Promise<void> => {
    await services.store.changeCloud(change)
    book.apply(change)
    for (const id of ids) watch.touch(id)
    onChanged()
  }
  const requireBinding = (id: string): SavedBinding => {
    const { spec } = catalog.forward(id)
    const binding = book.binding(id)
    if (binding === null) throw notShared(spec.name)
    return binding
  }
  return {
    conflicts: () => book.conflicts().map((conflict) => viewOf(conflict, book)),
    placeOf: (id) => {
      const { namespace, overrides, base, secrets } = requireBinding(id)
      const { spec } = catalog.forward(id)
      const { serverAddress } = fieldsOf(spec, catalog.server(spec.serverId), secrets)
      return {
        namespace,
        serverAddress: overrides.includes('serverAddress') ? (base?.serverAddress ?? serverAddress) : serverAddress,
      }
    },
    adopt: () =>
      inTurn(async () => {
        const ids = catalog.forwards().flatMap(({ spec }) => (canAdopt(options, spec.id) ? [spec.id] : []))
        if (ids.length > 0) await write(moveTo(options, ids, null), ids)
      }),
    share: async ({ ids: asked, namespace }) => {
      const ids = [...new Set(asked)]
      await inTurn(async () => {
        const known = ids.map((id) => catalog.forward(id))
        if (namespace === 'local') {
          const bindings = ids.map((id) => book.binding(id)).filter((binding) => binding !== null)
          for (const binding of bindings) {
            edits.requireEditor(
              binding.namespace,
              `${catalog.forward(binding.forwardId).spec.name} stays with its team`,
            )
          }
          if (bindings.length > 0) await write(edits.leaving(bindings), ids)
          return
        }
        const to = namespace === 'personal' ? null : namespace
        if (to !== null && book.space(to) === null) {
          throw new WarrenError('cloud.not-found', 'You are not in that team.', { field: 'namespace' })
        }
        edits.requireEditor(to, 'Nothing can be added')
        for (const { spec } of known) {
          requireSayable(options, spec.id)
          const from = book.binding(spec.id)
          if (from !== null && from.namespace !== to)
            edits.requireEditor(from.namespace, `${spec.name} stays with its team`)
        }
        const moving = ids.filter((id) => book.binding(id)?.namespace !== to)
        if (moving.length > 0) await write(moveTo(options, moving, to), moving)
      })
      return watch.views(ids.filter((id) => catalog.hasForward(id)))
    },
    setOverride: async ({ id, field, own }) => {
      requireBinding(id)
      if (own && (field === 'type' || secretFields.some((secret) => secret === field))) {
        throw new WarrenError('spec.invalid', 'That can have no value of this machine alone.', { field: 'field' })
      }
      await replica.transact((state) => {
        const shared = state.byForward(id)
        if (shared === null) throw notShared(id)
        const { binding, fields } = shared
        const others = binding.overrides.filter((one) => one !== field)
        if (own) return { changes: { bindings: [{ ...binding, overrides: [...others, field] }] }, result: null }
        if (!binding.overrides.includes(field)) return { changes: {}, result: null }
        const { base } = binding
        const next = { ...binding, overrides: others, refused: null }
        // Nobody has seen it yet: the value of now is what all get.
        if (base === null) return { changes: { bindings: [next], outbox: [saveOf(toSaved(book, id))] }, result: null }
        return { changes: { save: [{ binding: next, fields: { ...fields, [field]: base[field] } }] }, result: null }
      })
      onChanged()
      return watch.view(id)
    },
    resolve: async ({ id, choice }) => {
      const conflict = book.conflicts().find((one) => one.id === id)
      if (conflict !== undefined && choice !== 'theirs' && choice !== 'local') {
        edits.requireEditor(conflict.namespace, 'Yours cannot be taken')
      }
      await replica.transact((state) => resolveConflict(state, id, choice))
      onChanged()
      return null
    },
  }
}

// --- internal ---

function moveTo({ services, book, edits, reseal }: ShareOptions, ids: readonly string[], to: Namespace): CloudChange {
  const before = ids.map((id) => book.binding(id)).filter((binding) => binding !== null)
  const left = edits.leaving(before)
  const bindings = ids.map((forwardId): SavedBinding => {
    const { spec } = services.catalog.forward(forwardId)
    const server = services.catalog.server(spec.serverId)
    const old = book.binding(forwardId)
    const { serverAddress } = fieldsOf(spec, server, NO_SECRETS)
    const secrets: { -readonly [K in keyof SealedSecrets]: SealedSecrets[K] } = { ...NO_SECRETS }
    for (const sealed of old === null ? [] : sealedFieldsOf(old, serverAddress)) {
      secrets[sealed.field] = reseal(sealed, { namespace: to, serverAddress })
    }
    const overrides = defaultOverrides(spec.type, to)
    return { forwardId, namespace: to, ...unconfirmed(), overrides, secrets, remappedFrom: null, toldRunning: false }
  })
  const saves = book.stamp(bindings.map(saveOf))
  // It is bound anew, not unbound: only what waited for the old place is over.
  return { done: left.done ?? [], settled: left.settled ?? [], outbox: [...(left.outbox ?? []), ...saves], bindings }
}

function requireSayable({ services: { catalog } }: ShareOptions, forwardId: string): void {
  const { spec } = catalog.forward(forwardId)
  if (catalog.isAdHoc(forwardId)) {
    throw new WarrenError('cloud.refused', `${spec.name} belongs to a running command and cannot be shared.`, {
      field: 'ids',
    })
  }
  refuseUnsayable(spec, catalog.server(spec.serverId))
}

function canAdopt(options: ShareOptions, forwardId: string): boolean {
  if (options.book.binding(forwardId) !== null) return false
  try {
    requireSayable(options, forwardId)
    return true
  } catch {
    return false
  }
}

function toSaved(book: Book, forwardId: string): SavedBinding {
  const binding = book.binding(forwardId)
  if (binding === null) throw notShared(forwardId)
  return binding
}

function notShared(name: string): WarrenError {
  return new WarrenError('cloud.refused', `${name} is kept on this machine only.`, {
    fix: 'Share it first.',
    field: 'id',
  })
}

function viewOf(conflict: Conflict, book: Book): CloudConflict {
  const { id, forwardId, namespace, kind, at, base, mine, theirs } = conflict
  const name = (mine ?? theirs ?? base)?.name ?? ''
  const fields =
    conflict.fields.length > 0 || mine === null || theirs === null ? conflict.fields : differingFields(mine, theirs)
  return {
    ...{ id, forwardId, name, namespace: namespace ?? PERSONAL, space: spaceName(book, namespace), kind, at },
    ...{ fields, base, mine, theirs },
  }
}
