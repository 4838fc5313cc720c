/** The sealed text of shared forwards, for who seals and opens it. */
import type { Services } from '../services'
import type { CloudChange, SavedBinding } from '../store/index'
import type { Book } from './book'
import { saveOf, sealedFieldsOf } from './edits'
import { fieldsOf } from './fields'
import type { SealedField, SealedFields } from './types'

export interface SealedFieldsOptions {
  readonly services: Pick<Services, 'catalog' | 'store' | 'watch' | 'inTurn'>
  readonly book: Book
  readonly onChanged: () => void
}

export function createSealedFields({ services, book, onChanged }: SealedFieldsOptions): SealedFields {
  const { catalog, store, watch, inTurn } = services
  const of = (binding: SavedBinding | null): readonly SealedField[] => {
    if (binding === null || !catalog.hasForward(binding.forwardId)) return []
    const { spec } = catalog.forward(binding.forwardId)
    const { serverAddress } = fieldsOf(spec, catalog.server(spec.serverId), binding.secrets)
    return sealedFieldsOf(binding, serverAddress)
  }
  return {
    list: (namespace) => book.bindings(namespace).flatMap(of),
    of: (forwardId) => of(book.binding(forwardId)),
    ofServer: (serverId) =>
      catalog.forwards().flatMap(({ spec }) => (spec.serverId === serverId ? of(book.binding(spec.id)) : [])),
    replace: (changes) =>
      inTurn(async () => {
        const next = new Map<string, SavedBinding>()
        for (const { forwardId, field, before, text } of changes) {
          const binding = next.get(forwardId) ?? book.binding(forwardId)
          if (binding === null || binding.secrets[field] !== before || text === before) continue
          next.set(forwardId, { ...binding, refused: null, secrets: { ...binding.secrets, [field]: text } })
        }
        if (next.size === 0) return
        const bindings = [...next.values()]
        const change: CloudChange = { bindings, outbox: book.stamp(bindings.map(saveOf)) }
        await store.changeCloud(change)
        book.apply(change)
        for (const id of next.keys()) watch.touch(id)
        onChanged()
      }),
  }
}
