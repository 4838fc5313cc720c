import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { noLimits } from '@shared/limits'
import { nobody, type TcpEnd } from '../../../src/engine/relay/_tcp-end'
import { AVOID_MS } from '../../../src/engine/relay/_targets'
import { encodeProxyHeader } from '../../../src/engine/relay/_proxy-protocol'
import { checkLeaks } from '../../support/leaks'
import { freePort } from '../../support/free-port'
import { TcpWorld, type TcpRelay, type TcpWish, type TcpWorldOptions } from './tcp-world'

checkLeaks()

describe.each([
  ['bare handles', true],
  ['sockets', false],
])('targets and sources of a TCP relay on %s', (_, useHandles) => {
  const world = new TcpWorld()
  afterEach(() => world.close())
  const relayTo = (wish: TcpWish, options: TcpWorldOptions = {}) => world.relay(wish, { useHandles, ...options })
  const dead = async () => ({ host: '127.0.0.1', port: await freePort() })
  /** What the target that a new connection reaches says. */
  const answer = async (relay: TcpRelay, length = 1): Promise<string> => {
    const client = await world.client(relay.port)
    return (await client.bytes(length)).toString()
  }

  it('resets a client whose target refuses, and says why', async () => {
    const end = await dead()
    const relay = await relayTo({ targets: [end] })
    const client = await world.client(relay.port)
    expect(await client.over()).toBe('ECONNRESET')
    expect(await relay.over()).toMatchObject([{ target: null, reason: 'unreachable' }])
    expect(relay.reached).toEqual(['target.refused'])
    expect(relay.targets.get(0)).toBe('target.refused')
    expect(relay.logged).toMatchObject([{ level: 'warn', code: 'target.refused' }])
  })

  it('says that a name resolves to nothing', async () => {
    const relay = await relayTo({ targets: [{ host: 'nothing.invalid', port: 80 }] })
    const client = await world.client(relay.port)
    expect(await client.over()).toBe('ECONNRESET')
    expect(relay.reached).toEqual(['target.unresolvable'])
  })

  it('resolves names', async () => {
    const target = await world.named('A')
    const relay = await relayTo({ targets: [{ host: 'localhost', port: target.end.port }] })
    expect(await answer(relay)).toBe('A')
  })

  it('reaches a target over IPv6, from a client over IPv6', async () => {
    const target = await world.echo({ host: '::1', port: 0 })
    const relay = await relayTo({ listenHost: '*', targets: [target.end] })
    for (const host of ['::1', '127.0.0.1']) {
      const client = await world.client(relay.port, host)
      expect(await client.ask('hello')).toBe('hello')
    }
    expect(relay.table.all().map(({ source }) => source)).toMatchObject([{ host: '::1' }, { host: '127.0.0.1' }])
  })

  it('goes to the next target when one fails, and leaves that alone for a moment', async () => {
    const end = await dead()
    const second = await world.named('B')
    const relay = await relayTo({ targets: [end, second.end] })
    expect(await answer(relay)).toBe('B')
    expect([...relay.targets]).toEqual([
      [0, 'target.refused'],
      [1, null],
    ])
    relay.targets.clear()
    expect(await answer(relay)).toBe('B')
    expect(relay.targets.has(0)).toBe(false)
    const first = await world.target((socket) => socket.write('A'), end)
    await relay.clock.advance(AVOID_MS)
    expect(await answer(relay)).toBe('A')
    expect(first.sockets).toHaveLength(1)
    expect(relay.reached).toEqual([null, null, null])
  })

  it('gives each target its turn', async () => {
    const targets = await Promise.all(['A', 'B', 'C'].map((name) => world.named(name)))
    const relay = await relayTo({ balance: 'round-robin', targets: targets.map(({ end }) => end) })
    const answers: string[] = []
    for (let turn = 0; turn < 6; turn += 1) answers.push(await answer(relay))
    expect(answers.join('')).toMatch(/^(ABCABC|BCABCA|CABCAB)$/)
  })

  it('gives up on a target that does not answer in time, and tries the next', async () => {
    const silent: TcpEnd = {
      ...{ owner: nobody, remoteAddress: '', remotePort: 0, localAddress: '', localPort: 0, hasReadEnd: false },
      ...{ resume: none, pause: none, keepEnd: none, write: () => true, shutdown: none, close: none, reset: none },
    }
    const relay = await relayTo(
      {
        connectTimeoutSeconds: 3,
        targets: [
          { host: '127.0.0.1', port: 1 },
          { host: '127.0.0.1', port: 2 },
        ],
      },
      { connect: () => silent },
    )
    const client = await world.client(relay.port)
    while (relay.moved.began === 0) await new Promise((resolve) => setImmediate(resolve))
    await relay.clock.advance(3200)
    expect([...relay.targets]).toEqual([[0, 'target.timeout']])
    await relay.clock.advance(3200)
    expect([...relay.targets.values()]).toEqual(['target.timeout', 'target.timeout'])
    expect(await client.over()).toBe('ECONNRESET')
    expect(relay.ended).toMatchObject([{ reason: 'unreachable' }])
  })

  it('says once that this machine has no descriptors left, and blames no target', async () => {
    const relay = await relayTo(
      { targets: [{ host: '127.0.0.1', port: 1 }] },
      {
        connect: (_to, _owner, waiter) => {
          const end = { owner: nobody, reset: none } as unknown as TcpEnd
          setImmediate(() => waiter.connected(end, 'EMFILE'))
          return end
        },
      },
    )
    for (let turn = 0; turn < 3; turn += 1) await (await world.client(relay.port)).over()
    expect(relay.logged).toEqual([
      { level: 'error', code: null, message: 'A client was turned away: too many files and connections are open.' },
    ])
    expect(relay.notices).toHaveLength(1)
    expect([...relay.targets, ...relay.reached]).toEqual([])
    await relay.clock.advance(60_000)
    expect(relay.notices.at(-1)).toBeNull()
  })

  it('refuses a target that leads back', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end] }, { leadsBack: (_address, port) => port === target.end.port })
    expect(await (await world.client(relay.port)).over()).toBe('ECONNRESET')
    expect(relay.reached).toEqual(['relay.loop'])
    expect(target.sockets).toHaveLength(0)
  })

  it('brings each port of a range to the port of the same place', async () => {
    const { first, targets } = await threeInARow(() => world)
    const listen = async (): Promise<TcpRelay> =>
      relayTo({ listenPort: await freeRow(), portCount: 3, targets: [{ host: '127.0.0.1', port: first }] }).catch(
        listen,
      )
    const relay = await listen()
    const answers = []
    for (const offset of [0, 1, 2]) {
      const client = await world.client(relay.port + offset)
      answers.push((await client.bytes(1)).toString())
    }
    expect(answers).toEqual(['0', '1', '2'])
    expect(targets).toHaveLength(3)
    const ports = relay.table.all().map((each) => (each.target as { port: number }).port)
    expect(ports).toEqual([first, first + 1, first + 2])
  })

  it('says who holds a port that is taken', async () => {
    const target = await world.echo()
    const taken = relayTo({ listenPort: target.end.port, targets: [target.end] })
    await expect(taken).rejects.toMatchObject({ code: 'port.in-use', field: 'listenPort' })
  })

  it('refuses an address that is not of this machine', async () => {
    const wish = { listenHost: '192.0.2.1', targets: [await dead()] }
    await expect(relayTo(wish)).rejects.toMatchObject({ code: 'port.address-unavailable', field: 'listenHost' })
  })

  it('lets in only whom its lists let in, and follows edits', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end], deny: ['127.0.0.0/8'] })
    expect(await (await world.client(relay.port)).over()).toBe('ECONNRESET')
    expect(relay.limiter.drops.denied).toBe(1)
    expect(relay.moved.began).toBe(0)
    relay.edit({ deny: [], allow: ['127.0.0.1'] })
    const client = await world.client(relay.port)
    expect(await client.ask('hello')).toBe('hello')
    relay.edit({ deny: [], allow: ['10.0.0.0/8'] })
    expect(await client.ask('still')).toBe('still')
    expect(await (await world.client(relay.port)).over()).toBe('ECONNRESET')
  })

  it('keeps connections when its targets change, and sends new ones to the new one', async () => {
    const [first, second] = [await world.echo(), await world.named('B')]
    const relay = await relayTo({ targets: [first.end] })
    const client = await world.client(relay.port)
    await client.ask('hello')
    relay.edit({ targets: [second.end], limits: { ...noLimits, maxConnections: 2 } })
    expect(await answer(relay)).toBe('B')
    expect(await client.ask('still here')).toBe('still here')
    expect(await (await world.client(relay.port)).over()).toBe('ECONNRESET')
    expect(relay.limiter.drops.connections).toBe(1)
  })

  it.each(['v1', 'v2'] as const)('sends a PROXY header %s first', async (version) => {
    const target = await world.target()
    const relay = await relayTo({ targets: [target.end], sendProxy: version })
    const coming = target.next()
    const client = await world.client(relay.port)
    const server = await coming
    client.socket.end('hello')
    const expected = encodeProxyHeader(version, {
      source: { host: '127.0.0.1', port: client.socket.localPort ?? 0 },
      destination: { host: '127.0.0.1', port: relay.port },
    })
    let got = Buffer.alloc(0)
    server.on('data', (data: Buffer) => (got = Buffer.concat([got, data])))
    await once(server, 'end')
    expect(got).toEqual(Buffer.concat([expected, Buffer.from('hello')]))
    server.end()
    expect(await relay.over()).toMatchObject([{ bytesUp: 5 }])
  })

  it.each(['v1', 'v2'] as const)('takes a PROXY header %s in pieces, and hands on whom it names', async (version) => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end], acceptProxy: true, deny: ['203.0.113.9'] })
    const source = { host: '203.0.113.7', port: 4711 }
    const destination = { host: '203.0.113.1', port: 443 }
    const header = encodeProxyHeader(version, { source, destination })
    const client = await world.client(relay.port)
    client.socket.setNoDelay(true)
    client.send(header.subarray(0, 9))
    await relay.clock.advance(500)
    client.send(Buffer.concat([header.subarray(9), Buffer.from('hel')]))
    client.send('lo')
    expect((await client.bytes(5)).toString()).toBe('hello')
    expect(relay.table.all()[0]?.source).toEqual(source)
    client.socket.end()
    expect(await relay.over()).toMatchObject([{ source, bytesUp: 5, bytesDown: 5 }])
    const denied = await world.client(relay.port)
    denied.send(encodeProxyHeader(version, { source: { ...source, host: '203.0.113.9' }, destination }))
    expect(await denied.over()).toBe('ECONNRESET')
  })

  it('closes clients that say something else than a PROXY header, or nothing in time', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end], acceptProxy: true, connectTimeoutSeconds: 1 })
    const wrong = await world.client(relay.port)
    wrong.send('GET / HTTP/1.1\r\n\r\n')
    expect(await wrong.over()).toBe('ECONNRESET')
    expect(relay.logged).toMatchObject([{ level: 'warn', code: 'relay.proxy-header' }])
    // Nobody is looked after any more: the next wait is for the silent one.
    await relay.clock.advance(100)
    const silent = await world.client(relay.port)
    while (relay.clock.waits().length === 0) await new Promise((resolve) => setImmediate(resolve))
    await relay.clock.advance(1300)
    expect(await silent.over()).toBe('ECONNRESET')
    expect(relay.moved.began).toBe(0)
    expect(target.sockets).toHaveLength(0)
  })
})

function none(): void {
  // It is silent.
}

/** The first of three free ports in a row. */
async function freeRow(): Promise<number> {
  for (;;) {
    const first = await freePort()
    if (first < 65_000) return first
  }
}

async function threeInARow(world: () => TcpWorld) {
  for (;;) {
    const first = await freeRow()
    const opened = await Promise.allSettled(
      [0, 1, 2].map((at) =>
        world().target((socket) => socket.write(String(at)), { host: '127.0.0.1', port: first + at }),
      ),
    )
    const targets = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    if (targets.length === 3) return { first, targets }
  }
}
