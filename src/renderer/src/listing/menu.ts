/** The menus of a row and of a group. */
import { plural } from '@shared/format'
import type { MenuEntry } from '../components/menu'
import { commandKey } from '../stores/link'
import { chooseAll } from '../stores/selection'
import type { ViewActions } from '../stores/view-actions'
import { currentRows } from './current-rows'
import type { Listing } from './listing'
import { idsFor } from './targets'

/** For one row; for all that are chosen when it is one of several. */
export function rowEntries(listing: Listing, id: string): readonly MenuEntry[] {
  const ids = idsFor(listing, id)
  return ids.length > 1 ? manyEntries(listing, ids) : listing.entriesOf(id)
}

export function groupEntries(
  { actions, selection }: Listing,
  title: string,
  ids: readonly string[],
): readonly MenuEntry[] {
  return [
    { kind: 'item', label: 'Start all', onSelect: () => void actions.start(ids) },
    { kind: 'item', label: 'Stop all', onSelect: () => void actions.stop(ids) },
    { kind: 'separator' },
    {
      kind: 'item',
      label: `Choose all of ${title}`,
      onSelect: () => {
        chooseAll(selection, ids)
      },
    },
    { kind: 'item', label: 'Delete all', danger: true, onSelect: () => void actions.remove(ids) },
  ]
}

/** Favourite or not; what a tray menu always has. */
export function favouriteEntry(actions: ViewActions, id: string, favourite: boolean): MenuEntry {
  return {
    kind: 'item',
    label: favourite ? 'Remove from favourites' : 'Add to favourites',
    onSelect: () => void actions.setFavourite(id, !favourite),
  }
}

// --- internal ---

function manyEntries(listing: Listing, ids: readonly string[]): readonly MenuEntry[] {
  const { actions, selection, views } = listing
  const { byId } = views.getState()
  const running = ids.filter((id) => byId.get(id)?.snapshot.wanted === true).length
  return [
    { kind: 'heading', label: `${plural(ids.length, listing.one)} chosen` },
    { kind: 'item', label: 'Start', disabled: running === ids.length, onSelect: () => void actions.start(ids) },
    { kind: 'item', label: 'Stop', disabled: running === 0, onSelect: () => void actions.stop(ids) },
    { kind: 'separator' },
    {
      kind: 'item',
      label: 'Choose none',
      keys: 'Esc',
      onSelect: () => {
        chooseAll(selection, [])
      },
    },
    {
      kind: 'item',
      label: 'Choose all',
      keys: commandKey('A'),
      onSelect: () => {
        chooseAll(selection, currentRows(listing).ids)
      },
    },
    ...(listing.entriesOfMany?.(ids) ?? []),
    { kind: 'separator' },
    { kind: 'item', label: 'Delete', keys: 'Del', danger: true, onSelect: () => void actions.remove(ids) },
  ]
}
