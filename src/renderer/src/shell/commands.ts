/** What keys and menu items do. */
import type { AppCommand } from '@shared/ipc-names'
import { currentRows } from '../listing/current-rows'
import { focusSearch } from '../listing/focus'
import type { Listing } from '../listing/listing'
import { targetIds, toggleAll } from '../listing/targets'
import { checkForward } from '../stores/checks'
import { chooseAll } from '../stores/selection'
import { newForward, newRelay, showScreen, showServer } from '../stores/ui'
import { undoLast } from '../stores/undo'
import { currentListing } from './listings'

export function runCommand(command: AppCommand): void {
  switch (command) {
    case 'new-forward':
      newForward()
      return
    case 'new-relay':
      newRelay()
      return
    case 'new-server':
      showServer('new')
      return
    case 'search':
      if (currentListing() === null) showScreen('forwards')
      focusSearch()
      return
    case 'undo':
      undoLast()
      return
    case 'toggle':
    case 'edit':
    case 'delete':
    case 'check':
    case 'copy-address':
    case 'open-address':
    case 'select-all': {
      const listing = currentListing()
      if (listing !== null) runOnList(command, listing)
    }
  }
}

type ListCommand = Exclude<AppCommand, 'new-forward' | 'new-relay' | 'new-server' | 'search' | 'undo'>

function runOnList(command: ListCommand, listing: Listing): void {
  if (command === 'select-all') {
    chooseAll(listing.selection, currentRows(listing).ids)
    return
  }
  const ids = targetIds(listing)
  const [first] = ids
  if (first === undefined) return
  switch (command) {
    case 'toggle':
      void toggleAll(listing, ids)
      return
    case 'delete':
      void listing.actions.remove(ids)
      return
    case 'edit':
      listing.showEditor(first)
      return
    case 'check':
      // A relay has no steps before its port: a start tells it all.
      if (listing.screen !== 'forwards') return
      listing.showDetail(first)
      void checkForward(first)
      return
    case 'copy-address':
      void listing.actions.copyAddress(first)
      return
    case 'open-address':
      void listing.actions.openAddress(first)
  }
}
