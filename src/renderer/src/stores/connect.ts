/** Joins the stores to the daemon: everything once at the start, events after, everything again after a lost connection. */
import type { DaemonLink } from '@shared/ipc'
import type { Topic } from '@shared/rpc'
import { settle, showFault } from './call'
import { setCloud, tellLostTeam } from './cloud'
import { getForward, mergeForwards, setForwards } from './forwards'
import { linkStore } from './link'
import { setNeeds } from './needs'
import { clearRates, forgetRates, pauseRates, resumeRates, takeRates } from './rates'
import { getRelay, mergeRelays, setRelays } from './relays'
import { keepChosen, selections } from './selection'
import { setServers } from './servers'
import { setSettings } from './settings'
import { uiStore, type CloudPage } from './ui'

const always: readonly Topic[] = ['forwards', 'relays', 'servers', 'sessions', 'needs', 'activity', 'apis', 'cloud']

/** The forward or relay whose connections and log somebody looks at. */
let watched: string | null = null
/** As main told it; the store has it once what is shown is as new. */
let latestLink: DaemonLink | null = null

/** Listens first, asks after: what changes in between is in both, and whole views overwrite whole views. */
export function connectStores(): () => void {
  const { on } = window.api
  const stops = [
    on('forwards.changed', ({ changed, removed }) => {
      mergeForwards(changed, removed)
      forgetRates(removed)
      if (removed.length > 0) forgetRemoved()
    }),
    on('relays.changed', ({ changed, removed }) => {
      mergeRelays(changed, removed)
      forgetRates(removed)
      if (removed.length > 0) forgetRemoved()
    }),
    on('cloud.changed', ({ cloud, conflicts }) => {
      setCloud(cloud, conflicts)
    }),
    on('activity.added', ({ event }) => {
      tellLostTeam(event)
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
        ...(screen === 'cloud' ? { cloudPage: cloudPageOf(id) } : {}),
        ...(id !== null && screen === 'relays' ? { relayPane: { kind: 'detail', relayId: id } } : {}),
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

/** Narrows `connections.sampled` and `logs.added` to one forward or relay, or ends them. */
export function watchTraffic(id: string | null): void {
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
  latestLink = daemon
  if (daemon.state !== 'connected' || linkStore.getState().daemon.state === 'connected') {
    linkStore.setState({ daemon })
    return
  }
  clearRates()
  // Until the daemon was asked the window shows what was, and has to go on saying so.
  void sync().finally(() => {
    if (latestLink === daemon) linkStore.setState({ daemon })
  })
}

/** False when the daemon could not be asked; a later `app.daemon` brings the next try. */
async function sync(): Promise<boolean> {
  const { daemon } = window.api
  const [, servers, forwards, relays, needs, cloud, conflicts] = await Promise.all([
    subscribe(),
    settle(daemon['servers.list']({})),
    settle(daemon['forwards.list']({})),
    settle(daemon['relays.list']({})),
    settle(daemon['needs.list']({})),
    settle(daemon['cloud.status']({})),
    settle(daemon['cloud.conflicts']({})),
  ])
  if (servers.ok) setServers(servers.value)
  if (forwards.ok) setForwards(forwards.value)
  if (relays.ok) setRelays(relays.value)
  if (forwards.ok || relays.ok) forgetRemoved()
  if (needs.ok) setNeeds(needs.value)
  if (cloud.ok && conflicts.ok) setCloud(cloud.value, conflicts.value)
  return servers.ok && forwards.ok && relays.ok && needs.ok && cloud.ok && conflicts.ok
}

async function subscribe(): Promise<void> {
  const topics: Topic[] = [...always]
  if (!document.hidden) topics.push('rates')
  if (!document.hidden && watched !== null) topics.push('connections', 'logs')
  await settle(window.api.daemon['events.subscribe']({ topics, forwardId: watched }))
}

/** The page of the cloud screen that a notification means: the inbox, a team, or the account. */
function cloudPageOf(id: string | null): CloudPage {
  if (id === null) return { kind: 'account' }
  return id === 'inbox' ? { kind: 'inbox', conflictId: null } : { kind: 'team', teamId: id }
}

/** What is gone is neither chosen nor in the pane. */
function forgetRemoved(): void {
  const isForward = (id: string): boolean => getForward(id) !== undefined
  const isRelay = (id: string): boolean => getRelay(id) !== undefined
  keepChosen(selections.forwards, isForward)
  keepChosen(selections.relays, isRelay)
  const { pane, relayPane } = uiStore.getState()
  if (pane !== null && pane.forwardId !== null && !isForward(pane.forwardId)) uiStore.setState({ pane: null })
  if (relayPane !== null && relayPane.relayId !== null && !isRelay(relayPane.relayId)) {
    uiStore.setState({ relayPane: null })
  }
}
