/** What a list of forwards or relays is made of: where its views are, what its keys and menus do, and its words. */
import type { Settings } from '@shared/settings'
import { createContext, useContext, type ComponentType } from 'react'
import type { MenuEntry } from '../components/menu'
import type { List } from '../stores/list'
import type { Selection } from '../stores/selection'
import type { ViewActions } from '../stores/view-actions'
import type { ListedView, ReadViews } from '../stores/views'

/** A way to group the rows: under which titles a view stands; `null`: no groups. */
export interface Grouping {
  readonly value: string
  readonly label: string
  readonly titlesOf: ((view: ListedView) => readonly string[]) | null
  /** The title of those that have none; `without a tag` where it is left out. */
  readonly none?: string
}

export interface RowProps {
  readonly rowKey: string
  readonly id: string
  /** Depth in a grouped list; `null` in a flat one. */
  readonly level: number | null
  /** Position in the whole list, from 1. */
  readonly position: number
  readonly top: number
  /** Whether Tab leads into this row. */
  readonly reachable: boolean
}

export interface Listing {
  readonly screen: 'forwards' | 'relays'
  readonly title: string
  /** `forward`, `relay`; its plural is formed with s. */
  readonly one: string
  readonly views: ReadViews
  readonly list: List
  readonly selection: Selection
  readonly actions: ViewActions
  /** Those that can be chosen now. */
  readonly groupings: () => readonly Grouping[]
  /** The one that is set. */
  readonly groupingOf: (settings: Settings | null) => Grouping
  readonly setGrouping: (value: string) => void
  /** What a search looks through. */
  readonly textOf: (view: ListedView) => string
  readonly Row: ComponentType<RowProps>
  /** The menu of one row. */
  readonly entriesOf: (id: string) => readonly MenuEntry[]
  /** More for the menu of several rows. */
  readonly entriesOfMany?: (ids: readonly string[]) => readonly MenuEntry[]
  readonly newEntries: () => readonly MenuEntry[]
  readonly showDetail: (id: string) => void
  readonly showEditor: (id: string) => void
  readonly closePane: () => void
  /** What the pane shows: the id of a detail, `editor`, or nothing. */
  readonly paneOf: () => { readonly detail: string } | 'editor' | null
}

export const ListingContext = createContext<Listing | null>(null)

export function useListing(): Listing {
  const listing = useContext(ListingContext)
  if (listing === null) throw new Error('A part of a list stands outside of one')
  return listing
}
