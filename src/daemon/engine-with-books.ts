/** An engine whose forwards and relays have their books opened and closed with them. */
import type { Engine } from '@engine'
import type { Books } from './traffic'

/** `isSaved`: of ad hoc forwards no books are kept. */
export function withBooks(
  engine: Engine,
  books: Pick<Books, 'define' | 'remove'>,
  isSaved: (id: string) => boolean,
): Engine {
  return {
    ...engine,
    define: (spec) => {
      engine.define(spec)
      if (isSaved(spec.id)) books.define({ id: spec.id, kind: 'forward', name: spec.name, limits: spec.limits })
    },
    remove: async (id) => {
      const isGone = await engine.remove(id)
      if (isGone) books.remove(id)
      return isGone
    },
    relays: {
      ...engine.relays,
      define: (spec) => {
        engine.relays.define(spec)
        books.define({ id: spec.id, kind: 'relay', name: spec.name, limits: spec.limits })
      },
      remove: async (id) => {
        const isGone = await engine.relays.remove(id)
        if (isGone) books.remove(id)
        return isGone
      },
    },
  }
}
