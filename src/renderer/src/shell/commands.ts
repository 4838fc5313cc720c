/** What keys and menu items do. */
import type { AppCommand } from '@shared/ipc-names'
import { currentRows } from '../screens/forwards/current-rows'
import { focusSearch } from '../screens/forwards/focus'
import { targetIds, toggleForwards } from '../screens/forwards/targets'
import { checkForward } from '../stores/checks'
import { copyAddress, deleteForwards, openAddress } from '../stores/forward-actions'
import { chooseAll } from '../stores/selection'
import { editForward, newForward, showDetail, showScreen, showServer, uiStore } from '../stores/ui'
import { undoLast } from '../stores/undo'

export function runCommand(command: AppCommand): void {
  switch (command) {
    case 'new-forward':
      newForward()
      return
    case 'new-server':
      showServer('new')
      return
    case 'search':
      showScreen('forwards')
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
    case 'select-all':
      if (uiStore.getState().screen === 'forwards') runOnForwards(command)
  }
}

type ForwardCommand = Exclude<AppCommand, 'new-forward' | 'new-server' | 'search' | 'undo'>

function runOnForwards(command: ForwardCommand): void {
  const ids = targetIds()
  const [first] = ids
  switch (command) {
    case 'select-all':
      chooseAll(currentRows().ids)
      return
    case 'toggle':
      if (first !== undefined) void toggleForwards(ids)
      return
    case 'delete':
      if (first !== undefined) void deleteForwards(ids)
      return
    case 'edit':
      if (first !== undefined) editForward(first)
      return
    case 'check':
      if (first === undefined) return
      showDetail(first)
      void checkForward(first)
      return
    case 'copy-address':
      if (first !== undefined) void copyAddress(first)
      return
    case 'open-address':
      if (first !== undefined) void openAddress(first)
  }
}
