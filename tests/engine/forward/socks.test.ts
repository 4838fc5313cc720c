import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { ProxyLogin } from '../../../src/engine/forward'
import { SOCKS_REPLY, socksAnswer, SocksParser, type SocksStep } from '../../../src/engine/forward/_socks'

const GREETING = Buffer.from([5, 1, 0])
const GREETING_ANSWER = Buffer.from([5, 0])

/** Feeds `bytes` in pieces cut at `cuts`; returns what was answered on the way and the last step. */
function feed(
  bytes: Buffer,
  cuts: readonly number[] = [],
  login: ProxyLogin | null = null,
): { answered: Buffer; last: SocksStep } {
  const parser = new SocksParser(login)
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  let answered = Buffer.alloc(0)
  let last: SocksStep = { kind: 'more', answer: null, request: null, rest: null, message: null }
  let fed = 0
  for (let index = 1; index < edges.length && last.kind === 'more'; index += 1) {
    last = parser.push(bytes.subarray(edges[index - 1], edges[index]))
    fed = edges[index] ?? fed
    if (last.answer !== null) answered = Buffer.concat([answered, last.answer])
  }
  // What was not fed any more is ahead of the reply, just as what was fed too much.
  if (last.kind === 'request') {
    const rest = Buffer.concat([last.rest ?? Buffer.alloc(0), bytes.subarray(fed)])
    last = { ...last, rest: rest.length > 0 ? rest : null }
  }
  return { answered, last }
}

function request5(address: Buffer, port: number): Buffer {
  const tail = Buffer.alloc(2)
  tail.writeUInt16BE(port)
  return Buffer.concat([GREETING, Buffer.from([5, 1, 0]), address, tail])
}

function named(host: string): Buffer {
  return Buffer.concat([Buffer.from([3, host.length]), Buffer.from(host, 'latin1')])
}

describe('SOCKS 5', () => {
  it('takes a name, an IPv4 and an IPv6 address', () => {
    const name = feed(request5(named('db.internal'), 5432))
    expect(name.last.request).toEqual({ version: 5, host: 'db.internal', port: 5432 })
    expect(name.answered).toEqual(GREETING_ANSWER)
    const four = feed(request5(Buffer.from([1, 10, 0, 0, 7]), 80))
    expect(four.last.request).toEqual({ version: 5, host: '10.0.0.7', port: 80 })
    const six = Buffer.from([4, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    expect(feed(request5(six, 443)).last.request).toEqual({ version: 5, host: '2001:db8:0:0:0:0:0:1', port: 443 })
  })

  it('refuses BIND and UDP ASSOCIATE with "command not supported"', () => {
    for (const command of [2, 3]) {
      const { answered, last } = feed(Buffer.from([5, 1, 0, 5, command, 0, 1, 127, 0, 0, 1, 0, 80]))
      expect(last.kind).toBe('refuse')
      expect(answered.subarray(2)).toEqual(socksAnswer(5, SOCKS_REPLY.commandNotSupported))
    }
  })

  it('refuses an unknown address type with its own reply', () => {
    const { answered } = feed(Buffer.from([5, 1, 0, 5, 1, 0, 9, 127, 0, 0, 1, 0, 80]))
    expect(answered[3]).toBe(SOCKS_REPLY.addressTypeNotSupported)
  })

  it('tells a client that insists on a login that no method is acceptable', () => {
    const { answered, last } = feed(Buffer.from([5, 1, 2]))
    expect(last.kind).toBe('refuse')
    expect(answered).toEqual(Buffer.from([5, 0xff]))
  })
})

describe('SOCKS 4 and 4a', () => {
  it('takes an address and, in 4a, a name', () => {
    expect(feed(Buffer.from([4, 1, 0, 80, 10, 1, 2, 3, 109, 101, 0])).last.request).toEqual({
      version: 4,
      host: '10.1.2.3',
      port: 80,
    })
    const named4a = Buffer.concat([
      Buffer.from([4, 1, 1, 187, 0, 0, 0, 1, 0]),
      Buffer.from('db.internal'),
      Buffer.from([0]),
    ])
    expect(feed(named4a).last.request).toEqual({ version: 4, host: 'db.internal', port: 443 })
  })

  it('refuses BIND with 91', () => {
    const { answered } = feed(Buffer.from([4, 2, 0, 80, 10, 1, 2, 3, 0]))
    expect(answered[1]).toBe(0x5b)
  })

  it('gives up on a user name without an end', () => {
    expect(feed(Buffer.concat([Buffer.from([4, 1, 0, 80, 1, 2, 3, 4]), Buffer.alloc(4096, 120)])).last.kind).toBe(
      'refuse',
    )
  })
})

const LOGIN = { username: 'ada', password: 'pässwort' }
/** RFC 1929: version, name, password. */
function login5(username: string, password: string): Buffer {
  const [name, word] = [Buffer.from(username), Buffer.from(password)]
  return Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([word.length]), word])
}

describe('a port with a login', () => {
  const greeting = Buffer.from([5, 2, 0, 2])
  const request = Buffer.from([5, 1, 0, 1, 10, 0, 0, 7, 0, 80])

  it('lets in who gives it', () => {
    const { answered, last } = feed(Buffer.concat([greeting, login5('ada', 'pässwort'), request]), [], LOGIN)
    expect(answered).toEqual(Buffer.from([5, 2, 1, 0]))
    expect(last.request).toEqual({ version: 5, host: '10.0.0.7', port: 80 })
  })

  it.each([
    ['another password', login5('ada', 'pässwor')],
    ['another name', login5('bob', 'pässwort')],
    ['nothing', login5('', '')],
  ])('refuses %s', (_what, login) => {
    const { answered, last } = feed(Buffer.concat([greeting, login, request]), [], LOGIN)
    expect(last.kind).toBe('refuse')
    expect(answered).toEqual(Buffer.from([5, 2, 1, 1]))
  })

  it('finds no method in common with who offers none', () => {
    expect(feed(GREETING, [], LOGIN).answered).toEqual(Buffer.from([5, 0xff]))
  })

  it('refuses SOCKS 4, which has no password, with 93', () => {
    const { answered } = feed(Buffer.from([4, 1, 0, 80, 10, 1, 2, 3, 97, 100, 97, 0]), [], LOGIN)
    expect([...answered.subarray(0, 2)]).toEqual([0, 0x5d])
  })
})

const address = fc.oneof(
  fc.domain().map((host) => named(host)),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.concat([Buffer.from([1]), bytes])),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.concat([Buffer.from([4]), bytes])),
)
const cuts = fc.array(fc.nat(2000), { maxLength: 12 })

describe('in pieces', () => {
  const request = fc.tuple(address, fc.nat(65_535)).map(([host, port]) => request5(host, port))
  test.prop([request, fc.uint8Array({ maxLength: 40 }), cuts])(
    'means the same however it is cut',
    (asked, ahead, where) => {
      const bytes = Buffer.concat([asked, ahead])
      const whole = feed(bytes)
      const cut = feed(bytes, where)
      expect(cut.last.request).toEqual(whole.last.request)
      expect(cut.last.rest?.toString('hex') ?? '').toBe(Buffer.from(ahead).toString('hex'))
      expect(cut.answered).toEqual(whole.answered)
    },
  )

  test.prop([address, cuts])('means the same with a login, however it is cut', (host, where) => {
    const asked = Buffer.concat([Buffer.from([5, 1, 2]), login5('ada', 'pässwort'), request5(host, 80).subarray(3)])
    expect(feed(asked, where, LOGIN).last.request).toEqual(feed(asked, [], LOGIN).last.request)
    expect(feed(asked, where, LOGIN).last.kind).toBe('request')
  })

  test.prop([fc.uint8Array({ maxLength: 3000 }), cuts])('never throws on garbage', (bytes, where) => {
    const { last } = feed(Buffer.from(bytes), where)
    expect(['more', 'request', 'refuse']).toContain(last.kind)
  })
})
