import { afterEach, describe, expect, it } from 'vitest'
import { freeUdpPort, quietPort } from '../../support/free-port'
import { checkLeaks } from '../../support/leaks'
import { settled } from '../../support/fake-clock'
import { bareSockets } from '../../../src/engine/relay/_udp-bare'
import { dgramSockets } from '../../../src/engine/relay/_udp-dgram'
import type { UdpSockets } from '../../../src/engine/relay/_udp-types'
import { UdpWorld, type Peer, type UdpRelay } from './udp-world'

const MAX_DATAGRAM = 65_507
const IDLE_SECONDS = 8
/** Bytes per second, and how long a rule saves them up. */
const RATE = 10_240
const BURST_SECONDS = 0.1
/** What a small datagram in a receive buffer counts at most. */
const KEPT_BYTES = 2048

const kinds: [string, UdpSockets][] = [['dgram', dgramSockets]]
if (bareSockets !== null) kinds.push(['bare handles', bareSockets])

checkLeaks()

it('has bare handles on this Node', () => {
  expect(bareSockets).not.toBeNull()
})

describe.each(kinds)('a UDP relay on %s', (_, sockets) => {
  const world = new UdpWorld()
  afterEach(() => world.close())

  const at = (peer: { port: number; address: string }) => ({ host: peer.address, port: peer.port })
  const sessions = (relay: UdpRelay): number => relay.ledger.size

  it('carries datagrams both ways and counts them', async () => {
    const relay = await world.relay({ targets: [at(await world.echo())] }, { sockets })
    const client = await world.peer()
    expect(await client.ask(relay.port, 'one')).toBe('one')
    expect(await client.ask(relay.port, 'second')).toBe('second')
    expect(client.from[0]?.port).toBe(relay.port)
    expect(relay.moved).toEqual({ up: 9, down: 9, began: 1 })
    const [connection] = relay.table.all()
    expect(connection?.snapshot()).toMatchObject({
      source: { host: '127.0.0.1', port: client.port },
      target: relay.spec.targets[0],
      bytesUp: 9,
      bytesDown: 9,
    })
    expect(relay.targets.get(0)).toBeNull()
    expect(relay.reached).toEqual([null])
  })

  it('carries the smallest and the largest datagram there is', async () => {
    const relay = await world.relay({ targets: [at(await world.echo())] }, { sockets })
    const client = await world.peer()
    expect(await client.ask(relay.port, '')).toBe('')
    const large = Buffer.alloc(MAX_DATAGRAM, 'x')
    await client.send(relay.port, large)
    expect((await client.count(2))[1]?.equals(large)).toBe(true)
    expect(relay.moved).toMatchObject({ up: MAX_DATAGRAM, down: MAX_DATAGRAM })
  })

  it('passes on any number of replies, and those that nobody asked for', async () => {
    const target = await world.echo((data) =>
      Array.from({ length: 50 }, (_, n) => Buffer.concat([data, Buffer.from([n])])),
    )
    const relay = await world.relay({ targets: [at(target)] }, { sockets })
    const client = await world.peer()
    await client.send(relay.port, 'a')
    expect((await client.count(50)).map((data) => data[1])).toEqual(Array.from({ length: 50 }, (_, n) => n))
    const [from] = target.from
    target.socket.send('later', from?.port ?? 0, '127.0.0.1')
    expect((await client.count(51))[50]?.toString()).toBe('later')
  })

  it('keeps sources apart, each with its own socket to the target', async () => {
    const target = await world.echo()
    const relay = await world.relay({ targets: [at(target)] }, { sockets })
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.peer()))
    const answers = await Promise.all(clients.map((client, n) => client.ask(relay.port, `of ${n}`)))
    expect(answers).toEqual(clients.map((_, n) => `of ${n}`))
    expect(new Set(target.from.map(({ port }) => port)).size).toBe(20)
    expect(sessions(relay)).toBe(20)
  })

  it('loses nothing of a burst that the sockets can hold', async () => {
    const target = await world.peer()
    const relay = await world.relay({ targets: [at(target)] }, { sockets })
    const client = await world.peer()
    // The system counts what it takes to keep one, and grants less than was asked for (net.core.rmem_max).
    const count = Math.min(1000, Math.floor(target.socket.getRecvBufferSize() / KEPT_BYTES))
    await Promise.all(Array.from({ length: count }, (_, n) => client.send(relay.port, String(n))))
    expect((await target.count(count)).map(String)).toEqual(Array.from({ length: count }, (_, n) => String(n)))
  })

  it('speaks IPv6 on both sides, and from one family to the other', async () => {
    const six = await world.echo(undefined, '::1')
    const relay = await world.relay({ listenHost: 'localhost', targets: [at(six)] }, { sockets })
    expect(await (await world.peer('::1')).ask(relay.port, 'six')).toBe('six')
    expect(await (await world.peer('127.0.0.1')).ask(relay.port, 'four')).toBe('four')
    expect(relay.table.all().map((each) => each.source)).toEqual([
      expect.objectContaining({ host: '::1' }),
      expect.objectContaining({ host: '127.0.0.1' }),
    ])
  })

  it('takes each port of a range to the port of the same place', async () => {
    const targets = await threeInARow(world)
    const range = targets[0]?.port ?? 0
    const listening = (): Promise<UdpRelay> => {
      const wish = { listenPort: quietPort(3), portCount: 3, targets: [{ host: '127.0.0.1', port: range }] }
      return world.relay(wish, { sockets }).catch(listening)
    }
    const relay = await listening()
    const listen = relay.port
    const client = await world.peer()
    for (const n of [2, 0, 1]) await client.send(listen + n, `to ${n}`)
    for (const [n, target] of targets.entries()) expect((await target.count(1)).map(String)).toEqual([`to ${n}`])
    // One source at three ports is three sessions.
    expect(sessions(relay)).toBe(3)
    expect(relay.table.all().map((each) => each.target)).toContainEqual({ host: '127.0.0.1', port: range + 2 })
  })

  it('says who is in the way of its port, and what to use instead', async () => {
    const taken = await world.peer()
    const relay = world.relay({ listenPort: taken.port, targets: [{ host: '127.0.0.1', port: 9 }] }, { sockets })
    await expect(relay).rejects.toMatchObject({
      code: 'port.in-use',
      field: 'listenPort',
      remedy: { action: 'use-port', port: expect.any(Number) as number },
    })
    const foreign = world.relay({ listenHost: '192.0.2.1', targets: [{ host: '127.0.0.1', port: 9 }] }, { sockets })
    await expect(foreign).rejects.toMatchObject({ code: 'port.address-unavailable', field: 'listenHost' })
  })

  it('ends idle sessions, and only those', async () => {
    const relay = await world.relay({ targets: [at(await world.echo())], idleSeconds: IDLE_SECONDS }, { sockets })
    const [quiet, busy] = [await world.peer(), await world.peer()]
    await quiet.ask(relay.port)
    for (let second = 0; second < IDLE_SECONDS; second += 1) {
      expect(sessions(relay)).toBe(second === 0 ? 1 : 2)
      await busy.ask(relay.port)
      await relay.clock.advance(1000)
    }
    await busy.ask(relay.port)
    await relay.clock.advance(1000)
    expect(sessions(relay)).toBe(1)
    expect(relay.ended).toMatchObject([{ source: { port: quiet.port }, reason: 'idle', bytesUp: 5, bytesDown: 5 }])
    await relay.clock.advance(IDLE_SECONDS * 2000)
    expect(sessions(relay)).toBe(0)
    expect(relay.clock.waits()).toEqual([])
    expect(await quiet.ask(relay.port, 'again')).toBe('again')
  })

  it('takes another idle time without dropping a session', async () => {
    const relay = await world.relay({ targets: [at(await world.echo())], idleSeconds: 1 }, { sockets })
    const client = await world.peer()
    await client.ask(relay.port)
    relay.edit({ idleSeconds: 100 })
    await relay.clock.advance(50_000)
    expect(sessions(relay)).toBe(1)
  })

  it('has the least recently used session make room', async () => {
    const relay = await world.relay({ targets: [at(await world.echo())], limits: { maxConnections: 2 } }, { sockets })
    const [a, b, c] = [await world.peer(), await world.peer(), await world.peer()]
    await a.ask(relay.port)
    await b.ask(relay.port)
    await a.ask(relay.port)
    await c.ask(relay.port)
    expect(relay.ended).toMatchObject([{ source: { port: b.port }, reason: 'evicted' }])
    expect(relay.limiter.drops).toMatchObject({ evicted: 1, connections: 0 })
    relay.edit({ limits: { maxConnections: 1 } })
    expect(relay.ended).toMatchObject([{ reason: 'evicted' }, { source: { port: a.port }, reason: 'evicted' }])
    expect(await b.ask(relay.port, 'back')).toBe('back')
  })

  it('goes by the allow and deny lists, as they are now', async () => {
    const target = await world.echo()
    const relay = await world.relay({ targets: [at(target)], deny: ['127.0.0.0/8'] }, { sockets })
    const client = await world.peer()
    await client.send(relay.port, 'no')
    while (relay.limiter.drops.denied === 0) await settled()
    relay.edit({ deny: [], allow: ['127.0.0.1'] })
    expect(await client.ask(relay.port, 'yes')).toBe('yes')
    expect(target.got.map(String)).toEqual(['yes'])
  })

  it('turns away sources with too many sessions, and what comes too fast', async () => {
    const relay = await world.relay(
      { targets: [at(await world.echo())], limits: { maxConnectionsPerSource: 1 } },
      { sockets },
    )
    const [a, b] = [await world.peer(), await world.peer()]
    await a.ask(relay.port)
    await b.send(relay.port)
    while (relay.limiter.drops.connections === 0) await settled()
    expect(await a.ask(relay.port, 'still')).toBe('still')
    expect(b.got).toEqual([])
  })

  it('drops whole datagrams beyond the rate, and counts them', async () => {
    const target = await world.peer()
    const began = performance.now()
    const relay = await world.relay({ targets: [at(target)], limits: { perRule: { up: RATE } } }, { sockets })
    const client = await world.peer()
    await Promise.all(Array.from({ length: 100 }, () => client.send(relay.port, Buffer.alloc(1000))))
    await client.send(relay.port, 'x')
    while (target.got.length + relay.limiter.drops.datagrams < 101) await settled()
    expect(relay.limiter.drops.datagrams).toBeGreaterThan(0)
    const passed = target.got.reduce((sum, { length }) => sum + length, 0)
    expect(passed).toBeLessThanOrEqual(RATE * (BURST_SECONDS + (performance.now() - began) / 1000))
    expect(target.got.every((data) => data.length === 1000 || data.length === 1)).toBe(true)
    relay.edit({ limits: {} })
    await client.send(relay.port, 'free')
    while (target.got.at(-1)?.toString() !== 'free') await target.count(target.got.length + 1)
  })

  it('ends a session from the table, and all when it stops', async () => {
    const wish = { targets: [at(await world.echo())], listenPort: await freeUdpPort() }
    const relay = await world.relay(wish, { sockets })
    const [a, b] = [await world.peer(), await world.peer()]
    await a.ask(relay.port)
    await b.ask(relay.port)
    relay.table.all()[0]?.end()
    expect(relay.ended).toMatchObject([{ source: { port: a.port }, reason: 'ended' }])
    await relay.carrier.close('quota')
    expect(relay.ended).toMatchObject([{ reason: 'ended' }, { source: { port: b.port }, reason: 'quota' }])
    const again = await world.peer('127.0.0.1', relay.port)
    expect(again.port).toBe(relay.port)
  })
})

/** Three peers at ports in a row. */
async function threeInARow(world: UdpWorld): Promise<readonly Peer[]> {
  for (;;) {
    const first = quietPort(3)
    const opened = await Promise.allSettled([0, 1, 2].map((n) => world.peer('127.0.0.1', first + n)))
    const peers = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    if (peers.length === 3) return peers
  }
}
