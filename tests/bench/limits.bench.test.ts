import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LimitsDraft } from '../../src/shared/limits'
import { limitsSchema, noLimits } from '../../src/shared/limits'
import { relaySpecSchema, type RelaySpec } from '../../src/shared/relays'
import type { ForwardSpec } from '../../src/shared/specs'
import { startLoadPeers, type LoadPeers } from '../support/load-peers'
import { startSshd, type Sshd } from '../support/sshd'
import { specOf } from '../engine/ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from '../engine/world'
import { publish } from './_table'

const KB = 1024
const MB = 1024 * KB
const WARM_UP_MS = 1500
/** Until the buffers on the way are full. */
const WARM_UP_MS_PER_CONNECTION = 30
const WARM_UP_MS_PER_FAST_ONE = 100
const MEASURE_MS = 5000
/** A hundred connections that share 10 KB/s get a hundred bytes a second each. */
const MEASURE_SLOW_MS = 15_000
const TOLERANCE = 0.05
const FAIRNESS = 0.9

describe('how exact limits are', () => {
  const rows: string[][] = []
  let peers: LoadPeers
  let sshd: Sshd
  let world: EngineWorld
  let relay: RelaySpec
  let forward: ForwardSpec
  const ports = { relay: 0, forward: 0 }

  beforeAll(async () => {
    peers = await startLoadPeers()
    sshd = await startSshd()
    world = makeEngine()
    world.servers.set('server-1', specOf(sshd))
    relay = relaySpecSchema.parse({
      ...{ id: 'relay-1', name: 'relay', protocol: 'tcp', listenPort: 0 },
      targets: [{ host: '127.0.0.1', port: peers.target }],
      ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' },
    })
    world.engine.relays.define(relay)
    world.engine.relays.start(relay.id)
    await world.engine.relays.settled([relay.id], 5000)
    forward = forwardSpec({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: peers.target })
    world.engine.define(forward)
    world.engine.start(forward.id)
    const ends = [
      world.engine.relays.snapshot(relay.id).listen,
      (await world.until(forward.id, ({ state }) => state === 'running')).listen,
    ]
    ;[ports.relay, ports.forward] = ends.map((end) => ('port' in end ? end.port : 0)) as [number, number]
  })

  afterAll(async () => {
    await world.engine.close()
    await sshd.stop()
    await peers.stop()
    publish({
      id: 'limits',
      title: 'How exact limits are',
      header: ['through', 'limit', 'connections', 'direction', 'measured', 'deviation', 'slowest ÷ fastest'],
      rows,
      notes: [
        'Every connection always has more to send, from a process of its own; what is counted arrived at the other end, after 1.5 to 11.5 s of warm-up (until the kernel’s buffers are full), over 5 s (15 s for a rule of 10 KB/s).',
        '“rule” is the rate of all connections together, “each” that of every single connection (measured: all together; the slowest and the fastest are within the deviation too).',
        'KB = 1024 bytes, MB = 1024 KB.',
      ],
    })
  })

  const limit = (kind: 'relay' | 'forward', draft: LimitsDraft | null): void => {
    const limits = draft === null ? noLimits : limitsSchema.parse(draft)
    if (kind === 'relay') world.engine.relays.define({ ...relay, limits })
    else world.engine.define({ ...forward, limits })
  }

  async function row(cell: {
    kind: 'relay' | 'forward'
    scope: 'perRule' | 'perConnection'
    rate: number
    connections: number
    down: boolean
  }): Promise<void> {
    const { kind, scope, rate, connections, down } = cell
    limit(kind, { [scope]: { [down ? 'down' : 'up']: rate } })
    const ms = rate < MB && scope === 'perRule' ? MEASURE_SLOW_MS : MEASURE_MS
    const warmUpMs = WARM_UP_MS + connections * (rate < 100 * MB ? WARM_UP_MS_PER_CONNECTION : WARM_UP_MS_PER_FAST_ONE)
    const wanted = scope === 'perRule' ? rate : rate * connections
    const bytesEach = MB + (2 * wanted * (warmUpMs + ms)) / 1000 / connections
    const moved = await peers.measure(ports[kind], { connections, down, warmUpMs, ms, bytesEach })
    const deviation = moved.rate / wanted - 1
    rows.push([
      kind === 'relay' ? 'TCP relay' : 'SSH forward',
      `${text(rate)} ${scope === 'perRule' ? 'rule' : 'each'}`,
      String(connections),
      down ? 'down' : 'up',
      text(moved.rate),
      `${deviation >= 0 ? '+' : '−'}${Math.abs(deviation * 100).toFixed(1)} %`,
      moved.fairness.toFixed(2),
    ])
    expect.soft(Math.abs(deviation)).toBeLessThanOrEqual(TOLERANCE)
    expect.soft(moved.fairness).toBeGreaterThanOrEqual(FAIRNESS)
  }

  for (const rate of [10 * KB, MB, 100 * MB]) {
    for (const connections of [1, 10, 100]) {
      for (const down of [false, true]) {
        it(`a relay at ${text(rate)} over ${connections} connections, ${down ? 'down' : 'up'}`, () =>
          row({ kind: 'relay', scope: 'perRule', rate, connections, down }))
      }
    }
  }
  for (const down of [false, true]) {
    it(`a hundred connections of a relay at 10 KB/s each, ${down ? 'down' : 'up'}`, () =>
      row({ kind: 'relay', scope: 'perConnection', rate: 10 * KB, connections: 100, down }))
    for (const [rate, connections] of [
      [10 * KB, 10],
      [MB, 100],
      [100 * MB, 10],
    ] as const) {
      it(`an SSH forward at ${text(rate)} over ${connections} connections, ${down ? 'down' : 'up'}`, () =>
        row({ kind: 'forward', scope: 'perRule', rate, connections, down }))
    }
  }
})

function text(rate: number): string {
  return rate >= MB * 0.95 ? `${round(rate / MB)} MB/s` : `${round(rate / KB)} KB/s`
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)))
}
