/** Rates and connections, once a second while somebody looks and something runs, and not at all otherwise. */
import type { Engine } from '@engine'
import type { RelaySnapshot } from '@shared/relay-snapshots'
import type { ForwardSnapshot, RateSample } from '@shared/snapshots'
import type { ForwardWatch } from './forward-watch'
import type { Hub } from './hub'
import type { RelayWatch } from './relay-watch'
import type { Peer } from './rpc/peer'

export const SAMPLE_MS = 1000
const SECOND_MS = 1000
/** Beyond this, asking the system for the program behind each connection costs more than it tells. */
const DESCRIBE_LIMIT = 200

export interface Sampler {
  readonly isRunning: () => boolean
  readonly close: () => void
}

export interface SamplerOptions {
  readonly engine: Engine
  readonly hub: Hub
  readonly watch: ForwardWatch
  readonly relays: RelayWatch
}

interface Counters {
  readonly up: number
  readonly down: number
}

export function createSampler({ engine, hub, watch, relays }: SamplerOptions): Sampler {
  let timer: NodeJS.Timeout | undefined
  let before = new Map<string, Counters>()
  let beforeAt = 0
  let lastSent = ''
  let isDescribing = false
  const dropsTold = new Map<string, number>()

  /** What limits keep out changes no state, so nothing else tells views of it. */
  const tellDrops = ({ id, drops }: ForwardSnapshot | RelaySnapshot, touch: (id: string) => void): void => {
    const count = drops.connections + drops.denied + drops.evicted + drops.datagrams
    if (count === (dropsTold.get(id) ?? 0)) return
    dropsTold.set(id, count)
    touch(id)
  }
  const sampleRates = (): void => {
    const now = performance.now()
    const seconds = beforeAt === 0 ? 0 : (now - beforeAt) / SECOND_MS
    const next = new Map<string, Counters>()
    const samples: RateSample[] = []
    const forwarding = [...watch.active()].map(engine.snapshot)
    const relaying = [...relays.active()].map(engine.relays.snapshot)
    for (const snapshot of forwarding) tellDrops(snapshot, watch.touch)
    for (const snapshot of relaying) tellDrops(snapshot, relays.touch)
    const running = [...forwarding, ...relaying]
    for (const { id, bytesUp, bytesDown, connections, totalConnections } of running) {
      next.set(id, { up: bytesUp, down: bytesDown })
      const last = before.get(id)
      const rate = (bytes: number, lastBytes: number | undefined): number =>
        lastBytes === undefined || seconds === 0 ? 0 : Math.max(0, Math.round((bytes - lastBytes) / seconds))
      const up = rate(bytesUp, last?.up)
      const down = rate(bytesDown, last?.down)
      samples.push({ id, up, down, bytesUp, bytesDown, connections, totalConnections })
    }
    before = next
    beforeAt = now
    const sum = (pick: (sample: RateSample) => number): number => samples.reduce((total, one) => total + pick(one), 0)
    const up = sum((sample) => sample.up)
    const down = sum((sample) => sample.down)
    // While nothing moves one sample is sent, so that views fall to zero; the ones after it say nothing new.
    const said = JSON.stringify(samples)
    if (said !== lastSent) hub.publish('rates.sampled', { up, down, forwards: samples })
    lastSent = said
  }
  const sampleConnections = async (peer: Peer): Promise<void> => {
    const { forwardId } = peer.subscription()
    const plain = engine.connections(forwardId ?? undefined)
    const connections =
      plain.length <= DESCRIBE_LIMIT ? await engine.describeConnections(forwardId ?? undefined) : plain
    peer.send('connections.sampled', { forwardId, connections })
  }
  const tick = (): void => {
    if (hub.subscribers('rates').length > 0) sampleRates()
    if (isDescribing) return
    isDescribing = true
    void Promise.allSettled(hub.subscribers('connections').map(sampleConnections)).then(() => {
      isDescribing = false
    })
  }
  const update = (): void => {
    const isWanted =
      watch.active().size + relays.active().size > 0 &&
      (hub.subscribers('rates').length > 0 || hub.subscribers('connections').length > 0)
    if (isWanted && timer === undefined) {
      before = new Map()
      beforeAt = 0
      lastSent = ''
      tick()
      timer = setInterval(tick, SAMPLE_MS)
    }
    if (!isWanted && timer !== undefined) {
      clearInterval(timer)
      timer = undefined
      // What ran is over: views must fall to zero.
      hub.publish('rates.sampled', { up: 0, down: 0, forwards: [] })
      for (const peer of hub.subscribers('connections')) {
        peer.send('connections.sampled', { forwardId: peer.subscription().forwardId, connections: [] })
      }
    }
  }
  hub.onChange(update)
  watch.onActive(update)
  relays.onActive(update)
  return { isRunning: () => timer !== undefined, close: () => clearInterval(timer) }
}
