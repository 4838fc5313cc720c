/** The daemon itself: handshake, state, end, subscriptions. */
import { PROTOCOL_VERSION } from '@shared/rpc'
import { BUILD, VERSION } from '../build'
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'

type Part = Pick<Handlers, 'daemon.hello' | 'daemon.status' | 'daemon.stop' | 'events.subscribe' | 'network.changed'>

export function daemonHandlers(services: Services): Part {
  const { catalog, engine, hub, relays, watch } = services
  const activeCount = (): number => watch.active().size + relays.active().size
  return {
    'daemon.hello': () => ({
      protocol: PROTOCOL_VERSION,
      build: BUILD,
      pid: process.pid,
      running: activeCount(),
    }),
    'daemon.status': () => ({
      pid: process.pid,
      version: VERSION,
      build: BUILD,
      protocol: PROTOCOL_VERSION,
      startedAt: services.startedAt,
      home: services.places.home,
      socket: services.places.socket,
      node: process.version,
      nativeCrypto: services.nativeCrypto,
      clients: hub.peers().length,
      forwards: catalog.forwards().length,
      running: [...watch.active()].filter((id) => isUp(engine.snapshot(id).state)).length,
      relays: catalog.relays().length,
      relaysRunning: [...relays.active()].filter((id) => isUp(engine.relays.snapshot(id).state)).length,
      rssBytes: process.memoryUsage.rss(),
      warnings: services.warnings.list(),
    }),
    'daemon.stop': ({ handover }) => {
      const stopped = activeCount()
      const stoppedRelays = relays.active().size
      services.stop({ keepWanted: handover })
      return { stopped, relays: stoppedRelays }
    },
    'events.subscribe': ({ topics, forwardId }, { peer }) => {
      hub.subscribe(peer, { topics: new Set(topics), forwardId })
      return null
    },
    'network.changed': () => {
      engine.networkChanged()
      services.cloud.networkChanged()
      return null
    },
  }
}

function isUp(state: string): boolean {
  return state === 'running' || state === 'degraded'
}
