/** Joins the stores to the daemon: everything once at the start, events after, everything again after a lost connection. */
import type { DaemonLink } from '@shared/ipc'
import type { Topic } from '@shared/rpc'
import { settle, showFault } from './call'
import { getForward, mergeForwards, setForwards } from './forwards'
import { linkStore } from './link'
import { setNeeds } from './needs'
import { clearRates, forgetRates, pauseRates, resumeRates, takeRates } from './rates'
import { keepChosen } from './selection'
import { setServers } from './servers'
import { setSettings } from './settings'
import { uiStore } from './ui'

const always: readonly Topic[] = ['forwards', 'servers', 'sessions', 'needs', 'activity']

/** The forward whose connections and log somebody looks at. */
let watched: string | null = null

/** Listens first, asks after: what changes in between is in both, and whole views overwrite whole views. */
export function connectStores(): () => void {
  const { on } = window.api
  const stops = [
    on('forwards.changed', ({ changed, removed }) => {
      mergeForwards(changed, removed)
      forgetRates(removed)
      if (removed.length > 0) forgetRemoved()
    }),
    on('servers.changed', ({ servers }) => {
      setServers(servers)
    }),
    on('needs.changed', ({ needs }) => {
      setNeeds(needs)
    }),
    on('rates.sampled', (rates) => {
      takeRates(rates)
    }),
    on('app.settings', setSettings),
    on('app.keyring', (keyring) => {
      linkStore.setState({ keyring })
    }),
    on('app.navigate', ({ screen, id }) => {
      uiStore.setState({
        screen,
        ...(id === null ? {} : screen === 'servers' ? { serverToShow: id } : {}),
        ...(id !== null && screen === 'forwards' ? { pane: { kind: 'detail', forwardId: id } } : {}),
      })
    }),
    on('app.daemon', (daemon) => {
      followLink(daemon)
    }),
  ]
  const onVisibility = (): void => {
    if (document.hidden) pauseRates()
    else resumeRates()
    void subscribe()
  }
  document.addEventListener('visibilitychange', onVisibility)
  void begin()
  return () => {
    for (const stop of stops) stop()
    document.removeEventListener('visibilitychange', onVisibility)
  }
}

/** Narrows `connections.sampled` and `logs.added` to one forward, or ends them. */
export function watchForward(id: string | null): void {
  if (watched === id) return
  watched = id
  void subscribe()
}

// --- internal ---

async function begin(): Promise<void> {
  // The daemon is asked at once, not after main: both answers are needed for the first list.
  const synced = sync()
  const hello = await settle(window.api.app['app.hello'](undefined))
  if (!hello.ok) {
    showFault(hello.fault)
    return
  }
  const { settings, keyring, daemon } = hello.value
  setSettings(settings)
  linkStore.setState({ hello: hello.value, keyring })
  const known = linkStore.getState().daemon.state
  if (known === 'connecting') linkStore.setState({ daemon })
  const whole = await synced
  if (!whole && daemon.state === 'connected') await sync()
}

function followLink(daemon: DaemonLink): void {
  const before = linkStore.getState().daemon.state
  linkStore.setState({ daemon })
  if (daemon.state === 'connected' && before !== 'connected') {
    clearRates()
    void sync()
  }
}

/** False when the daemon could not be asked; a later `app.daemon` brings the next try. */
async function sync(): Promise<boolean> {
  const { daemon } = window.api
  const [, servers, forwards, needs] = await Promise.all([
    subscribe(),
    settle(daemon['servers.list']({})),
    settle(daemon['forwards.list']({})),
    settle(daemon['needs.list']({})),
  ])
  if (servers.ok) setServers(servers.value)
  if (forwards.ok) {
    setForwards(forwards.value)
    forgetRemoved()
  }
  if (needs.ok) setNeeds(needs.value)
  return servers.ok && forwards.ok && needs.ok
}

async function subscribe(): Promise<void> {
  const topics: Topic[] = [...always]
  if (!document.hidden) topics.push('rates')
  if (!document.hidden && watched !== null) topics.push('connections', 'logs')
  await settle(window.api.daemon['events.subscribe']({ topics, forwardId: watched }))
}

/** A forward that is gone is neither chosen nor in the pane. */
function forgetRemoved(): void {
  keepChosen((id) => getForward(id) !== undefined)
  const { pane } = uiStore.getState()
  if (pane?.kind === 'detail' && getForward(pane.forwardId) === undefined) uiStore.setState({ pane: null })
  if (pane?.kind === 'editor' && pane.forwardId !== null && getForward(pane.forwardId) === undefined) {
    uiStore.setState({ pane: null })
  }
}
