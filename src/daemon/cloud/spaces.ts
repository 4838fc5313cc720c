/** The teams of the account, as the server last said and as the store remembers them. */
import type { TeamMembership } from '@sync'
import type { Services } from '../services'
import type { Book } from './book'

export interface SpacesOptions {
  readonly services: Pick<Services, 'catalog' | 'store' | 'watch' | 'warnings' | 'inTurn'>
  readonly book: Book
  readonly onChanged: () => void
}

export interface Spaces {
  readonly teams: () => readonly TeamMembership[]
  /** What the server says now. Returns whether it is another answer than before. */
  readonly take: (teams: readonly TeamMembership[]) => boolean
  /** Resolves when what was taken is saved. */
  readonly settled: () => Promise<void>
}

export function createSpaces({ services, book, onChanged }: SpacesOptions): Spaces {
  const { catalog, store, watch, warnings, inTurn } = services
  let last: readonly TeamMembership[] = []
  let saving: Promise<unknown> = Promise.resolve()
  const save = async (): Promise<void> => {
    const changed = last.flatMap((team) => {
      const known = book.space(team.id)
      if (known?.name === team.name && known.role === team.role) return []
      return [{ namespace: team.id, name: team.name, role: team.role, cursor: known?.cursor ?? null }]
    })
    if (changed.length === 0) return
    await store.changeCloud({ spaces: changed })
    book.apply({ spaces: changed })
    // What this account may change in them is another answer.
    for (const { namespace } of changed) {
      for (const { forwardId } of book.bindings(namespace)) if (catalog.hasForward(forwardId)) watch.touch(forwardId)
    }
    onChanged()
  }
  return {
    teams: () =>
      book.spaces().flatMap(({ namespace, name, role }) => (namespace === null ? [] : [{ id: namespace, name, role }])),
    take: (teams) => {
      if (teams === last) return false
      const isNews = JSON.stringify(teams) !== JSON.stringify(last)
      last = teams
      if (isNews) saving = warnings.tolerate(() => inTurn(save))
      return isNews
    },
    settled: async () => {
      await saving
    },
  }
}
