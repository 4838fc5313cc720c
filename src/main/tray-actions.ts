/** What a choice in the tray does. */
import { clipboard, shell } from 'electron'
import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import type { AppEvents } from '@shared/ipc'
import type { Link } from './daemon-link'
import { log } from './log'
import { notify } from './notify'
import type { TrayAction } from './tray-menu'
import type { World } from './world'

export interface TrayActionsOptions {
  readonly link: Link
  readonly world: () => Pick<World, 'relays'>
  readonly navigate: (to: AppEvents['app.navigate']) => void
  readonly showWindow: () => void
  readonly quit: () => void
}

export function trayActions(options: TrayActionsOptions): (action: TrayAction) => void {
  const { link, navigate, showWindow, quit } = options
  const report = (task: Promise<unknown>): void => {
    task.catch((error: unknown) => {
      log('warn', 'A choice in the tray failed', error)
      notify({ title: 'Warren could not do that', body: error instanceof Error ? error.message : String(error) })
    })
  }
  /** Ids of forwards and relays together; a fault of one does not keep the other from being done. */
  const callBoth = async (what: 'start' | 'stop' | 'retry', ids: readonly string[]): Promise<void> => {
    const { relays } = options.world()
    const ofRelays = ids.filter((id) => relays.has(id))
    const ofForwards = ids.filter((id) => !relays.has(id))
    const calls = [
      ...(ofForwards.length === 0 ? [] : [link.call(`forwards.${what}`, { ids: ofForwards })]),
      ...(ofRelays.length === 0 ? [] : [link.call(`relays.${what}`, { ids: ofRelays })]),
    ]
    for (const result of await Promise.allSettled(calls)) if (result.status === 'rejected') throw result.reason
  }
  return (action) => {
    switch (action.do) {
      case 'start':
        report(callBoth('start', action.ids))
        return
      case 'stop':
        report(callBoth('stop', action.ids))
        return
      case 'retry':
        report(callBoth('retry', action.ids))
        return
      case 'open':
        report(openInBrowser(action.endpoint))
        return
      case 'copy':
        report(copy(formatEndpoint(action.endpoint)))
        return
      case 'show':
        if (action.id === null) showWindow()
        else navigate({ screen: options.world().relays.has(action.id) ? 'relays' : 'forwards', id: action.id })
        return
      case 'relays':
        navigate({ screen: 'relays', id: null })
        return
      case 'cloud':
        navigate({ screen: 'cloud', id: action.id })
        return
      case 'settings':
        navigate({ screen: 'settings', id: null })
        return
      case 'replace-daemon':
        report(link.replace())
        return
      case 'quit':
        quit()
    }
  }
}

/** Where a browser on this machine goes for a listener: the wildcard is no address to go to. */
export function browserAddress(endpoint: Endpoint): string | null {
  if ('path' in endpoint) return null
  const { host, port } = endpoint
  const reachable = host === '*' || host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${formatEndpoint({ host: reachable, port })}/`
}

async function openInBrowser(endpoint: Endpoint): Promise<void> {
  const address = browserAddress(endpoint)
  if (address !== null) await shell.openExternal(address)
}

async function copy(text: string): Promise<void> {
  await clipboard.writeText(text)
}
