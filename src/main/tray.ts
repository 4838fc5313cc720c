/** The tray icon. The app works without one: some Linux desktops have no place for it. */
import { app, Menu, nativeImage, Tray, type MenuItemConstructorOptions, type NativeImage } from 'electron'
import { log } from './log'
import { resource } from './paths'
import { trayIcon, trayMenu, trayTitle, type TrayAction, type TrayIcon, type TrayItem } from './tray-menu'
import type { World, WorldWatch } from './world'

/** State changes show at once, in one go with those that come with them. */
const STATE_PAUSE_MS = 150
/** A menu that is open is replaced under the pointer, so a mere rate waits longer. */
const RATE_PAUSE_MS = 5000

export function setupTray(watch: WorldWatch, perform: (action: TrayAction) => void): void {
  const tray = createTray()
  if (tray === null) return
  let shownItems = ''
  let shownIcon: TrayIcon | null = null
  let timer: NodeJS.Timeout | null = null
  let isSoon = false
  let last = watch.get()

  const show = (): void => {
    timer = null
    const world = watch.get()
    const icon = trayIcon(world)
    if (icon !== shownIcon) tray.setImage(image(icon))
    shownIcon = icon
    const items = trayMenu(world)
    const text = JSON.stringify(items)
    if (text === shownItems) return
    shownItems = text
    tray.setContextMenu(Menu.buildFromTemplate(items.map((item) => toTemplate(item, perform))))
    tray.setToolTip(`Warren: ${trayTitle(world)}`)
  }
  const showWithin = (ms: number, soon: boolean): void => {
    if (timer !== null && (isSoon || !soon)) return
    if (timer !== null) clearTimeout(timer)
    isSoon = soon
    timer = setTimeout(show, ms)
  }
  watch.onChange((world) => {
    const onlyRate = isOnlyRate(last, world)
    last = world
    showWithin(onlyRate ? RATE_PAUSE_MS : STATE_PAUSE_MS, !onlyRate)
  })
  // On Linux and Windows a click opens the window where the desktop passes it on; on macOS it opens the menu.
  if (process.platform !== 'darwin') {
    tray.on('click', () => {
      perform({ do: 'show', id: null })
    })
  }
  app.on('will-quit', () => {
    tray.destroy()
  })
  show()
}

// --- internal ---

function createTray(): Tray | null {
  try {
    return new Tray(image('idle'))
  } catch (error) {
    log('warn', 'This desktop has no place for the tray icon', error)
    return null
  }
}

/** Electron finds the `@2x` file beside it; `Template` in the name makes macOS colour it. */
function image(icon: TrayIcon): NativeImage {
  const suffix = process.platform === 'darwin' ? 'Template' : process.platform === 'win32' ? '-16' : '-32'
  return nativeImage.createFromPath(resource(`tray/${icon}${suffix}.png`))
}

function isOnlyRate(one: World, other: World): boolean {
  return (
    one.forwards === other.forwards &&
    one.relays === other.relays &&
    one.needs === other.needs &&
    one.cloud === other.cloud &&
    one.link === other.link
  )
}

function toTemplate(item: TrayItem, perform: (action: TrayAction) => void): MenuItemConstructorOptions {
  switch (item.kind) {
    case 'separator':
      return { type: 'separator' }
    case 'text':
      return { label: literal(item.label), enabled: false }
    case 'submenu':
      return { label: literal(item.label), submenu: item.items.map((inner) => toTemplate(inner, perform)) }
    case 'action':
      return {
        label: literal(item.label),
        enabled: item.enabled,
        click: () => {
          perform(item.action)
        },
      }
  }
}

/** In a label `&` marks the next letter as its key; names of people carry it as itself. */
function literal(label: string): string {
  return label.replaceAll('&', '&&')
}
