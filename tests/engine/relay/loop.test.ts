import { describe, expect, it } from 'vitest'
import { findLoop, isOwnEnd, ownAddresses, type LoopRelay, type OwnAddresses } from '../../../src/engine/relay/_loop'
import { addressKey, isLoopback, parseIp } from '../../../src/engine/relay/_ip-address'

/** A machine with one address of each family besides loopback. */
const own: OwnAddresses = {
  has: (address) =>
    isLoopback(address) ||
    ['192.0.2.5', '2001:db8::5'].map(parseIp).some((ip) => ip !== null && addressKey(ip) === addressKey(address)),
}

/** `a: 127.0.0.1:9000+2 > localhost:9000, …` without the words. */
function relay(
  id: string,
  listen: readonly [host: string, port: number, count?: number],
  ...targets: string[]
): LoopRelay {
  return {
    id,
    protocol: 'tcp',
    listenHost: listen[0],
    listenPort: listen[1],
    portCount: listen[2] ?? 1,
    targets: targets.map((text) => {
      const at = text.lastIndexOf(':')
      return { host: text.slice(0, at), port: Number(text.slice(at + 1)) }
    }),
  }
}

function loop(of: LoopRelay, others: readonly LoopRelay[] = [], names: Record<string, string[]> = {}) {
  return findLoop(of, { relays: [of, ...others], own, addressesOf: (host) => names[host] ?? [] })
}

describe('a target that leads back to its relay', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', 'LOCALHOST.'],
    ['127.0.0.1', '0.0.0.0'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
    ['127.0.0.1', '::ffff:0.0.0.0'],
    ['::1', '::'],
    ['::1', '0:0::1'],
    ['localhost', '127.0.0.1'],
    ['localhost', '::1'],
    ['*', '127.9.9.9'],
    ['*', '192.0.2.5'],
    ['*', '2001:db8::5'],
    ['*', '2001:0db8:0::0:5'],
    ['0.0.0.0', '192.0.2.5'],
    ['0.0.0.0', '127.0.0.2'],
    ['::', '2001:db8::5'],
    ['192.0.2.5', '192.0.2.5'],
    ['192.0.2.5', '::ffff:192.0.2.5'],
    ['gate.example', 'GATE.example'],
    ['192.0.2.5', 'me.example'],
    ['me.example', '192.0.2.5'],
  ])('is found: listening at %s, going to %s', (listen, target) => {
    expect(loop(relay('a', [listen, 9000], `${target}:9000`), [], { 'me.example': ['192.0.2.5'] })).toEqual(['a'])
  })

  it.each([
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.1', '::1'],
    ['127.0.0.1', '192.0.2.5'],
    ['0.0.0.0', '::1'],
    ['::', '127.0.0.1'],
    ['*', '192.0.2.6'],
    ['192.0.2.5', 'localhost'],
    ['127.0.0.1', 'elsewhere.example'],
  ])('is not made up: listening at %s, going to %s', (listen, target) => {
    expect(loop(relay('a', [listen, 9000], `${target}:9000`))).toBeNull()
  })

  it('is another port, unless it is one of the range', () => {
    expect(loop(relay('a', ['127.0.0.1', 9000], '127.0.0.1:9001'))).toBeNull()
    expect(loop(relay('a', ['127.0.0.1', 9000, 10], '127.0.0.1:9009'))).toEqual(['a'])
    expect(loop(relay('a', ['127.0.0.1', 9000, 10], '127.0.0.1:8991'))).toEqual(['a'])
    expect(loop(relay('a', ['127.0.0.1', 9000, 10], '127.0.0.1:9010'))).toBeNull()
    expect(loop(relay('a', ['127.0.0.1', 9000, 10], '127.0.0.1:8990'))).toBeNull()
  })

  it('may be any of several targets', () => {
    expect(loop(relay('a', ['127.0.0.1', 9000], '198.51.100.1:80', '127.0.0.1:9000'))).toEqual(['a'])
  })

  it('is not known while the port is not chosen', () => {
    expect(loop(relay('a', ['127.0.0.1', 0], '127.0.0.1:1'))).toBeNull()
  })

  it('may be behind other relays', () => {
    const a = relay('a', ['127.0.0.1', 9000], '127.0.0.1:9001')
    const b = relay('b', ['*', 9001], 'localhost:9002')
    const c = relay('c', ['127.0.0.1', 9002], '127.0.0.1:9000')
    expect(loop(a, [b, c])).toEqual(['a', 'b', 'c'])
    expect(loop(a, [b])).toBeNull()
    expect(loop(c, [a, b])).toEqual(['c', 'a', 'b'])
  })

  it('is not one that leads into the loop of others', () => {
    const b = relay('b', ['127.0.0.1', 9001], '127.0.0.1:9002')
    const c = relay('c', ['127.0.0.1', 9002], '127.0.0.1:9001')
    expect(loop(relay('a', ['127.0.0.1', 9000], '127.0.0.1:9001'), [b, c])).toBeNull()
  })

  it('takes only the ports of a range that lead on', () => {
    const b = relay('b', ['127.0.0.1', 9100, 2], '127.0.0.1:9000')
    // Its ports 9002 and up go beyond b.
    expect(loop(relay('a', ['127.0.0.1', 9000, 4], '127.0.0.1:9100'), [b])).toEqual(['a', 'b'])
    expect(loop(relay('a', ['127.0.0.1', 9002, 2], '127.0.0.1:9102'), [b])).toBeNull()
  })

  it('is of the same protocol', () => {
    const b = { ...relay('b', ['127.0.0.1', 9001], '127.0.0.1:9000'), protocol: 'udp' as const }
    expect(loop(relay('a', ['127.0.0.1', 9000], '127.0.0.1:9001'), [b])).toBeNull()
  })

  it('is looked for among a thousand relays in a chain', () => {
    const chain = Array.from({ length: 1000 }, (_, at) =>
      relay(`r${at}`, ['127.0.0.1', 10_000 + at], `127.0.0.1:${10_001 + at}`),
    )
    const [first, ...rest] = chain
    if (first === undefined) throw new Error('no relay')
    expect(loop(first, rest)).toBeNull()
    expect(loop(first, [...rest, relay('last', ['127.0.0.1', 11_000], '127.0.0.1:10000')])).toHaveLength(1001)
  })
})

describe('an end of the relay itself', () => {
  it('asks for the addresses of this machine only when the port is its own', () => {
    const a = relay('a', ['*', 9000, 2], '192.0.2.5:1')
    let asked = 0
    const ask = (): OwnAddresses => {
      asked += 1
      return own
    }
    expect(isOwnEnd(a, { host: '192.0.2.5', port: 8999 }, ask)).toBe(false)
    expect(asked).toBe(0)
    expect(isOwnEnd(a, { host: '192.0.2.5', port: 9001 }, ask)).toBe(true)
    expect(isOwnEnd(a, { host: '192.0.2.6', port: 9001 }, ask)).toBe(false)
    expect(asked).toBe(2)
  })

  it('knows the addresses of this machine', () => {
    const here = ownAddresses()
    const has = (text: string): boolean => {
      const ip = parseIp(text)
      return ip !== null && here.has(ip)
    }
    expect(has('127.0.0.1')).toBe(true)
    expect(has('127.44.0.1')).toBe(true)
    expect(has('::1')).toBe(true)
    expect(has('192.0.2.1')).toBe(false)
  })
})
