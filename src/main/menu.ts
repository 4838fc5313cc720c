/** Hangs the application menu up. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { AppEvents } from '@shared/ipc'
import { commandMenus, separator, type CommandItem } from './menu-template'

export interface MenuOptions {
  readonly command: (command: CommandItem['command']) => void
  readonly navigate: (to: AppEvents['app.navigate']) => void
}

const screens = [
  { screen: 'forwards', label: 'Forwards', accelerator: 'CmdOrCtrl+1' },
  { screen: 'relays', label: 'Relays', accelerator: 'CmdOrCtrl+2' },
  { screen: 'servers', label: 'Servers', accelerator: 'CmdOrCtrl+3' },
  { screen: 'cloud', label: 'Cloud', accelerator: 'CmdOrCtrl+4' },
  { screen: 'activity', label: 'Activity', accelerator: 'CmdOrCtrl+5' },
] as const

export function setupMenu({ command, navigate }: MenuOptions): void {
  const isMac = process.platform === 'darwin'
  const go = (screen: AppEvents['app.navigate']['screen']) => () => {
    navigate({ screen, id: null })
  }
  const settings: MenuItemConstructorOptions = {
    label: 'Settings…',
    accelerator: 'CmdOrCtrl+,',
    click: go('settings'),
  }
  const own = commandMenus(process.platform).map(({ label, items }): MenuItemConstructorOptions => ({
    label,
    submenu: items.map((item) => (item === separator ? { type: 'separator' } : commandItem(item, command))),
  }))
  const view: MenuItemConstructorOptions = {
    label: 'View',
    submenu: [
      ...screens.map(({ screen, label, accelerator }) => ({ label, accelerator, click: go(screen) })),
      { type: 'separator' },
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
      ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
    ],
  }
  const template: MenuItemConstructorOptions[] = isMac
    ? [
        {
          role: 'appMenu',
          submenu: [
            { role: 'about' },
            { type: 'separator' },
            settings,
            { type: 'separator' },
            { role: 'services' },
            { type: 'separator' },
            { role: 'hide' },
            { role: 'hideOthers' },
            { role: 'unhide' },
            { type: 'separator' },
            { role: 'quit' },
          ],
        },
        ...own,
        { role: 'editMenu' },
        view,
        { role: 'windowMenu' },
      ]
    : [
        {
          label: 'Warren',
          submenu: [
            settings,
            { type: 'separator' },
            { label: 'Close Window', role: 'close', accelerator: 'CmdOrCtrl+W' },
            { label: 'Quit', role: 'quit', accelerator: 'CmdOrCtrl+Q' },
          ],
        },
        ...own,
        { role: 'editMenu' },
        view,
      ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}

function commandItem(item: CommandItem, command: MenuOptions['command']): MenuItemConstructorOptions {
  const key = item.accelerator ?? item.pageKey
  return {
    label: item.label,
    ...(key === null ? {} : { accelerator: key, registerAccelerator: item.accelerator !== null }),
    click: () => {
      command(item.command)
    },
  }
}
