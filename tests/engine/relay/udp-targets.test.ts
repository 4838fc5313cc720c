import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { freeUdpPort } from '../../support/free-port'
import { checkLeaks } from '../../support/leaks'
import { settled } from '../../support/fake-clock'
import { AVOID_MS } from '../../../src/engine/relay/_targets'
import { udpSockets } from '../../../src/engine/relay/_udp-socket'
import { FAILED_MS, REFRESH_MS } from '../../../src/engine/relay/_udp-names'
import { UdpWorld, type Peer } from './udp-world'

checkLeaks()

describe('the targets of a UDP relay', () => {
  const world = new UdpWorld()
  afterEach(() => world.close())

  const at = (peer: Peer) => ({ host: '127.0.0.1', port: peer.port })

  /** A port where nothing listens. */
  async function nowhere(): Promise<{ host: string; port: number }> {
    return { host: '127.0.0.1', port: await freeUdpPort() }
  }

  it('keeps its session where a router on the way takes smaller datagrams only', async () => {
    const troubles: (() => void)[] = []
    const target = await world.echo()
    const relay = await world.relay(
      { targets: [at(target)] },
      {
        sockets: {
          ...udpSockets,
          connect: (to, owner) => {
            const socket = udpSockets.connect(to, owner)
            troubles.push(() => {
              owner.troubled(socket, 'EMSGSIZE')
            })
            return socket
          },
        },
      },
    )
    const client = await world.peer()
    await client.ask(relay.port)
    troubles[0]?.()
    await client.ask(relay.port)
    expect(troubles).toHaveLength(1)
    expect(relay.reached.filter((code) => code !== null)).toEqual([])
  })

  it('fails over to the next when the system says that nothing listens, without a datagram lost', async () => {
    const [gone, there] = [await nowhere(), await world.echo()]
    const relay = await world.relay({ targets: [gone, at(there)] })
    const client = await world.peer()
    expect(await client.ask(relay.port, 'once')).toBe('once')
    expect([...relay.targets]).toEqual([
      [0, 'target.refused'],
      [1, null],
    ])
    expect(relay.reached).toEqual([null])
    expect(relay.table.all()[0]?.target).toEqual(at(there))
    expect(there.got).toHaveLength(1)
  })

  it('leaves a target that does not answer alone for a while, then tries it again', async () => {
    const [first, second] = [await nowhere(), await world.echo(() => [Buffer.from('second')])]
    const relay = await world.relay({ targets: [first, at(second)] })
    expect(await (await world.peer()).ask(relay.port)).toBe('second')
    const back = await world.peer('127.0.0.1', first.port)
    expect(await (await world.peer()).ask(relay.port)).toBe('second')
    await relay.clock.advance(AVOID_MS)
    await (await world.peer()).send(relay.port, 'mine')
    expect((await back.count(1)).map(String)).toEqual(['mine'])
  })

  it('gives each session the next target in a round robin', async () => {
    const targets = await Promise.all([1, 2, 3].map((n) => world.echo(() => [Buffer.from(String(n))])))
    const relay = await world.relay({ balance: 'round-robin', targets: targets.map(at) })
    const answers: string[] = []
    for (let n = 0; n < 6; n += 1) answers.push(await (await world.peer()).ask(relay.port))
    expect([...answers].sort().join('')).toBe('112233')
    const client = await world.peer()
    const own = await client.ask(relay.port)
    expect(await client.ask(relay.port)).toBe(own)
  })

  it('says that the only target does not listen, and goes on when it does', async () => {
    const gone = await nowhere()
    const relay = await world.relay({ targets: [gone] })
    const client = await world.peer()
    await client.send(relay.port)
    while (relay.reached.length === 0) await settled()
    expect(relay.reached).toEqual(['target.refused'])
    expect(relay.logged.at(-1)).toMatchObject({ level: 'warn', code: 'target.refused' })
    const back = await world.peer('127.0.0.1', gone.port)
    back.socket.on('message', (data, from) => {
      back.socket.send(data, from.port, from.address)
    })
    expect(await client.ask(relay.port, 'again')).toBe('again')
    expect(relay.reached.at(-1)).toBeNull()
    expect(relay.table.all()).toHaveLength(1)
  })

  it('calls a session unreachable that ended without an answer from a target that is not there', async () => {
    const relay = await world.relay({ targets: [await nowhere()], idleSeconds: 1 })
    await (await world.peer()).send(relay.port)
    while (relay.reached.length === 0) await settled()
    await relay.clock.advance(3000)
    expect(relay.ended).toMatchObject([{ reason: 'unreachable' }])
  })

  it('refuses a target that leads back', async () => {
    const target = await world.peer()
    const relay = await world.relay({ targets: [at(target)] }, { leadsBack: (_, port) => port === target.port })
    await (await world.peer()).send(relay.port)
    while (relay.reached.length === 0) await settled()
    expect(relay.reached).toEqual(['relay.loop'])
    expect(target.got).toEqual([])
  })

  it('takes nothing from a source that is an end of the relay itself: forged, it would go round for ever', async () => {
    const [target, forger] = [await world.peer(), await world.peer()]
    const relay = await world.relay({ targets: [at(target)] }, { leadsBack: (_, port) => port === forger.port })
    await forger.send(relay.port)
    while (relay.limiter.drops.denied === 0) await settled()
    expect(relay.ledger.size).toBe(0)
    await (await world.peer()).send(relay.port, 'honest')
    expect((await target.count(1)).map(String)).toEqual(['honest'])
  })

  it('asks for a name once, holds what comes meanwhile, and asks again every minute', async () => {
    const target = await world.echo()
    let asked = 0
    let answer: ((addresses: readonly string[]) => void) | undefined
    const resolve = (): Promise<readonly string[]> => {
      asked += 1
      return new Promise((settle) => {
        answer = settle
      })
    }
    const relay = await world.relay({ targets: [{ host: 'target.example', port: target.port }] }, { resolve })
    const clients = await Promise.all(Array.from({ length: 30 }, () => world.peer()))
    const answers = clients.map((client, n) => client.ask(relay.port, `early ${n}`))
    while (relay.ledger.size < 30) await settled()
    expect(asked).toBe(1)
    answer?.(['127.0.0.1'])
    expect(await Promise.all(answers)).toEqual(clients.map((_, n) => `early ${n}`))
    expect(asked).toBe(1)
    await relay.clock.advance(REFRESH_MS)
    expect(asked).toBe(2)
    answer?.(['127.0.0.1'])
    await settled()
    expect(await clients[0]?.ask(relay.port, 'late')).toBe('late')
  })

  it('moves live sessions when the name has another address', async () => {
    const { port } = await nowhere()
    const [before, after] = [await world.peer('127.0.0.1', port), await world.peer('127.0.0.2', port)]
    let address = '127.0.0.1'
    const resolve = (): Promise<readonly string[]> => Promise.resolve([address])
    const relay = await world.relay({ targets: [{ host: 'moves.example', port }], idleSeconds: 600 }, { resolve })
    const client = await world.peer()
    await client.send(relay.port, 'one')
    await before.count(1)
    address = '127.0.0.2'
    await relay.clock.advance(REFRESH_MS)
    await client.send(relay.port, 'two')
    expect((await after.count(1)).map(String)).toEqual(['two'])
    expect(relay.moved.began).toBe(1)
  })

  it('asks for a name that does not exist at most once in a while, whatever comes', async () => {
    let asked = 0
    const resolve = (): Promise<readonly string[]> => {
      asked += 1
      return Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
    }
    const relay = await world.relay({ targets: [{ host: 'nothing.example', port: 9 }] }, { resolve })
    for (let n = 0; n < 20; n += 1) await (await world.peer()).send(relay.port)
    while (relay.reached.length < 20) await settled()
    expect(relay.reached[0]).toBe('target.unresolvable')
    expect(asked).toBe(1)
    await relay.clock.advance(FAILED_MS)
    await (await world.peer()).send(relay.port)
    while (relay.reached.length < 21) await settled()
    expect(asked).toBe(2)
  })

  it('takes other targets for new sessions and leaves live ones where they are', async () => {
    const [old, fresh] = [await world.echo(() => [Buffer.from('old')]), await world.echo(() => [Buffer.from('new')])]
    const relay = await world.relay({ targets: [at(old)] })
    const [a, b] = [await world.peer(), await world.peer()]
    expect(await a.ask(relay.port)).toBe('old')
    relay.edit({ targets: [at(fresh)] })
    expect(await a.ask(relay.port)).toBe('old')
    expect(await b.ask(relay.port)).toBe('new')
  })
})

describe('a flood of sources', () => {
  const world = new UdpWorld()
  afterEach(() => world.close())

  it('is capped: old sessions make room, and neither sockets nor memory grow', async () => {
    const target = await world.peer()
    const relay = await world.relay({
      targets: [{ host: '127.0.0.1', port: target.port }],
      limits: { maxConnections: 64 },
    })
    const sources = 2000
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    let heap = 0
    for (let n = 0; n < sources; n += 1) {
      const source = await world.peer(`127.1.${n >> 8}.${n & 255}`)
      await new Promise((sent) => {
        source.socket.send('x', relay.port, '127.0.0.1', sent)
      })
      await source.close()
      // Else they would all wait in the relay's socket, which need not hold so many.
      while (relay.moved.began <= n) await settled()
      if (n === sources / 2) heap = heapUsed(collect)
    }
    expect(relay.ledger.size).toBe(64)
    expect(relay.limiter.drops.evicted).toBe(sources - 64)
    expect(heapUsed(collect) - heap).toBeLessThan(16 * 1024 * 1024)
    await relay.carrier.close('stopped')
    expect(relay.ended).toHaveLength(sources)
  })
})

function heapUsed(collect: () => void): number {
  collect()
  return process.memoryUsage().heapUsed
}
