import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { BodyMeter } from '../../../src/engine/forward/_http-body'
import {
  endToEnd,
  HttpRefusal,
  parseRequestHead,
  parseResponseHead,
  type BodyKind,
} from '../../../src/engine/forward/_http-head'
import { parseAuthority, wishOf } from '../../../src/engine/forward/_http-target'
import { isBasicLogin } from '../../../src/engine/forward/_login'
import { pacFile, safeHost } from '../../../src/engine/forward/_pac'

const request = (...lines: string[]): string => ['GET http://x/ HTTP/1.1', 'Host: x', ...lines].join('\r\n')

function statusOf(parse: () => unknown): number {
  try {
    parse()
    return 0
  } catch (error) {
    if (error instanceof HttpRefusal) return error.status
    throw error
  }
}

describe('the head of a request', () => {
  it('is read with its fields in order', () => {
    const head = parseRequestHead('POST http://x/a?b HTTP/1.1\r\nHost: x\r\nX-A:  1 \r\nContent-Length: 5')
    expect(head).toEqual({
      method: 'POST',
      target: 'http://x/a?b',
      version: '1.1',
      fields: [
        ['Host', 'x'],
        ['X-A', '1'],
        ['Content-Length', '5'],
      ],
      body: { kind: 'length', length: 5 },
    })
  })

  it.each([
    ['two lengths', request('Content-Length: 5', 'Content-Length: 6'), 400],
    ['the same length twice', request('Content-Length: 5', 'Content-Length: 5'), 400],
    ['a list of lengths', request('Content-Length: 5, 5'), 400],
    ['a signed length', request('Content-Length: +5'), 400],
    ['a hexadecimal length', request('Content-Length: 0x5'), 400],
    ['a length and an encoding', request('Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
    ['an encoding in HTTP 1.0', 'GET http://x/ HTTP/1.0\r\nTransfer-Encoding: chunked', 400],
    ['two encodings', request('Transfer-Encoding: chunked', 'Transfer-Encoding: identity'), 501],
    ['an encoding that is not chunked', request('Transfer-Encoding: xchunked'), 501],
    ['an encoding after a tab', request('Transfer-Encoding:\u000bchunked'), 400],
    ['a space before the colon', request('Transfer-Encoding : chunked'), 400],
    ['a folded line', request('X-A: 1', ' Transfer-Encoding: chunked'), 400],
    ['a bare LF', request('X-A: 1\nTransfer-Encoding: chunked'), 400],
    ['a bare CR', request('X-A: 1\rTransfer-Encoding: chunked'), 400],
    ['NUL in a value', request('X-A: 1\0'), 400],
    ['a field without a name', request(': 1'), 400],
    ['a field without a colon', request('X-A'), 400],
    ['two hosts', request('Host: y'), 400],
    ['no host', 'GET http://x/ HTTP/1.1', 400],
    ['HTTP 2', 'PRI * HTTP/2.0', 505],
    ['HTTP 0.9', 'GET http://x/', 400],
    ['two spaces', 'GET  http://x/ HTTP/1.1\r\nHost: x', 400],
    ['a tab', 'GET\thttp://x/ HTTP/1.1\r\nHost: x', 400],
    ['an odd method', 'G(T http://x/ HTTP/1.1\r\nHost: x', 400],
    ['an address with odd letters', 'GET http://x/\u00e9 HTTP/1.1\r\nHost: x', 400],
  ])('is refused with %s', (_what, text, status) => {
    expect(statusOf(() => parseRequestHead(text))).toBe(status)
  })

  it('loses what is meant for the proxy only, and what Connection names', () => {
    const head = parseRequestHead(
      request('Proxy-Authorization: Basic x', 'Connection: close, X-Mine', 'X-Mine: 1', 'X-Theirs: 2', 'TE: trailers'),
    )
    expect(endToEnd(head.fields).map(([name]) => name)).toEqual(['Host', 'X-Theirs'])
  })

  it('is refused when Connection names what the end of the message hangs on', () => {
    const { fields } = parseRequestHead(request('Content-Length: 5', 'Connection: Content-Length'))
    expect(statusOf(() => endToEnd(fields))).toBe(400)
  })
})

describe('the head of an answer', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 3', 'GET', { kind: 'length', length: 3 }],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3', 'HEAD', { kind: 'none' }],
    ['HTTP/1.1 204 No Content', 'GET', { kind: 'none' }],
    ['HTTP/1.1 304', 'GET', { kind: 'none' }],
    ['HTTP/1.1 100 Continue', 'POST', { kind: 'none' }],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked', 'GET', { kind: 'chunked' }],
    ['HTTP/1.0 200 OK', 'GET', { kind: 'to-end' }],
  ])('%j to %s has its body', (text, method, body) => {
    expect(parseResponseHead(text, method).body).toEqual(body)
  })

  it.each(['SSH-2.0-OpenSSH', 'HTTP/1.1 20 OK', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked'])(
    'is refused as %j',
    (text) => {
      expect(statusOf(() => parseResponseHead(text, 'GET'))).toBe(502)
    },
  )
})

describe('what a request wants', () => {
  it.each([
    ['CONNECT', 'db:5432', { kind: 'tunnel', target: { host: 'db', port: 5432 } }],
    ['CONNECT', '[::1]:443', { kind: 'tunnel', target: { host: '::1', port: 443 } }],
    ['GET', 'http://x', { kind: 'request', target: { host: 'x', port: 80 }, authority: 'x', path: '/' }],
    ['GET', 'HTTP://x:81/a?b', { kind: 'request', target: { host: 'x', port: 81 }, authority: 'x:81', path: '/a?b' }],
    ['GET', 'http://[::1]?b', { kind: 'request', target: { host: '::1', port: 80 }, authority: '[::1]', path: '/?b' }],
    ['OPTIONS', 'http://x', { kind: 'request', target: { host: 'x', port: 80 }, authority: 'x', path: '*' }],
    ['GET', '/proxy.pac', { kind: 'own', path: '/proxy.pac' }],
  ])('%s %s', (method, target, wish) => {
    expect(wishOf({ method, target })).toEqual(wish)
  })

  it.each([
    ['CONNECT', 'db'],
    ['CONNECT', 'db:0'],
    ['CONNECT', 'db:65536'],
    ['CONNECT', 'http://db:80/'],
    ['GET', 'https://x/'],
    ['GET', 'ftp://x/'],
    ['GET', 'http://'],
    ['GET', 'http://me:secret@x/'],
    ['GET', 'http://x:y/'],
    ['GET', 'http://a:1:2/'],
    ['GET', 'x/y'],
    ['GET', 'http://x/#part'],
  ])('%s %s is refused', (method, target) => {
    expect(statusOf(() => wishOf({ method, target }))).toBe(400)
  })

  test.prop([fc.string({ unit: 'grapheme-ascii', maxLength: 300 })])('has a host and a port or is refused', (text) => {
    try {
      const { host, port } = parseAuthority(text, 80)
      expect(host).not.toMatch(/[\s/@\\]/)
      expect(port > 0 && port < 65_536).toBe(true)
    } catch (error) {
      expect(error).toBeInstanceOf(HttpRefusal)
    }
  })
})

/** What of `text`, fed in pieces, is the body. */
function measure(kind: BodyKind, text: string, cuts: readonly number[] = []): { body: string; done: boolean } {
  const bytes = Buffer.from(text, 'latin1')
  const meter = new BodyMeter(kind)
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  let body = ''
  for (let index = 1; index < edges.length && !meter.done; index += 1) {
    const piece = bytes.subarray(edges[index - 1], edges[index])
    const taken = meter.take(piece)
    body += piece.toString('latin1', 0, taken)
    if (!meter.done) expect(taken).toBe(piece.length)
  }
  return { body, done: meter.done }
}

const chunks = fc
  .array(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 50 }), { maxLength: 8 })
  .map((parts) => `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\nX-T: 1\r\n\r\n`)

describe('a body', () => {
  test.prop([chunks, fc.string({ unit: 'binary-ascii', maxLength: 30 }), fc.array(fc.nat(600), { maxLength: 9 })])(
    'in chunks ends where it ends, however it is cut',
    (body, ahead, cuts) => {
      expect(measure({ kind: 'chunked' }, body + ahead, cuts)).toEqual({ body, done: true })
    },
  )

  it('of a length ends there', () => {
    expect(measure({ kind: 'length', length: 3 }, 'abcdef', [1])).toEqual({ body: 'abc', done: true })
  })

  it.each([
    ['no size', '\r\nabc'],
    ['a signed size', '+3\r\nabc\r\n'],
    ['a size in 0x', '0x3\r\nabc\r\n'],
    ['a size too large', `${'f'.repeat(14)}\r\n`],
    ['a bare LF', '3\nabc\r\n'],
    ['a bare CR', '3;a\rb\r\nabc\r\n'],
    ['more than its size', '3\r\nabcd\r\n'],
    ['an endless size', '1'.repeat(20_000)],
    ['an endless trailer', `0\r\n${'X-A: 1\r\n'.repeat(4000)}`],
  ])('in chunks with %s is refused', (_what, text) => {
    expect(statusOf(() => measure({ kind: 'chunked' }, text))).toBe(400)
  })
})

describe('a login in a field', () => {
  const login = { username: 'ada', password: 'p:ä' }
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  it('is the name, a colon and the password', () => {
    expect(isBasicLogin(login, basic('ada:p:ä'))).toBe(true)
    expect(isBasicLogin(login, basic('ada:p:ä').replace('Basic', 'bAsIc'))).toBe(true)
  })
  it.each([basic('ada:p'), basic('ada'), basic(''), 'Bearer x', 'Basic', `${basic('ada:p:ä')} x`])(
    'is not %s',
    (field) => {
      expect(isBasicLogin(login, field)).toBe(false)
    },
  )
  it('is not given by a name alone when there is no password', () => {
    expect(isBasicLogin({ username: 'ada', password: '' }, basic('ada'))).toBe(false)
  })
})

describe('the PAC file', () => {
  it('names every way, or with a login the one that browsers can log in to', () => {
    expect(pacFile('127.0.0.1:1080', false)).toContain(
      '"SOCKS5 127.0.0.1:1080; SOCKS 127.0.0.1:1080; PROXY 127.0.0.1:1080"',
    )
    expect(pacFile('127.0.0.1:1080', true)).toContain('"PROXY 127.0.0.1:1080"')
  })
  it('takes only a host and a port from outside', () => {
    expect(safeHost('localhost:1080')).toBe('localhost:1080')
    expect(safeHost('[::1]:1080')).toBe('[::1]:1080')
    for (const odd of ['x";alert(1)//:1', 'x', 'x:1;DIRECT', 'x:1\n']) expect(safeHost(odd)).toBeNull()
  })
})
