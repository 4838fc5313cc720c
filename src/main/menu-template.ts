/** The application menu as data: every action of the window with its key. */
import type { AppCommand } from '@shared/ipc'

export interface CommandItem {
  readonly command: AppCommand
  readonly label: string
  /** Caught by the menu wherever the focus is. */
  readonly accelerator: string | null
  /**
   * The window's own key: shown beside the label, caught by the page alone, because a menu would take the letter away from text
   * fields. macOS cannot show a key without catching it.
   */
  readonly pageKey: string | null
}

export const separator = 'separator'
export interface CommandMenu {
  readonly label: string
  readonly items: readonly (CommandItem | typeof separator)[]
}

/** The menus of our own; Electron's roles fill the rest. */
export function commandMenus(platform: string): readonly CommandMenu[] {
  const mac = platform === 'darwin'
  const item = (command: AppCommand, label: string, keys: Partial<CommandItem> = {}): CommandItem => ({
    command,
    label,
    accelerator: keys.accelerator ?? null,
    pageKey: mac ? null : (keys.pageKey ?? null),
  })
  return [
    {
      label: 'Forward',
      items: [
        item('new-forward', 'New Forward', { accelerator: 'CmdOrCtrl+N' }),
        item('new-relay', 'New Relay', { accelerator: 'CmdOrCtrl+Shift+R' }),
        item('new-server', 'New Server', { accelerator: 'CmdOrCtrl+Shift+N' }),
        separator,
        item('toggle', 'Start or Stop', { pageKey: 'Space' }),
        item('edit', 'Edit', { pageKey: 'E' }),
        item('copy-address', 'Copy Address', { pageKey: 'C' }),
        item('open-address', 'Open Address', { pageKey: 'O' }),
        item('check', 'Check', { pageKey: 'K' }),
        separator,
        item('delete', 'Delete', { pageKey: 'Delete' }),
        item('undo', 'Undo Delete', { pageKey: 'CmdOrCtrl+Z' }),
        separator,
        item('select-all', 'Select All', { pageKey: 'CmdOrCtrl+A' }),
        item('search', 'Search', { accelerator: 'CmdOrCtrl+F' }),
      ],
    },
  ]
}
