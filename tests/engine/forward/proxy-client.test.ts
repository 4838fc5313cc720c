/** A proxy port on loopback without SSH: what its clients say and hear, byte by byte. */
import { once } from 'node:events'
import {
  createServer as createHttp,
  request as httpRequest,
  Agent,
  type IncomingMessage,
  type Server as HttpServer,
} from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialHere } from '../../../src/engine/forward'
import { serveProxyClient } from '../../../src/engine/forward/_proxy-client'
import type { ProxyClientOptions } from '../../../src/engine/forward/_proxy-types'
import { checkLeaks } from '../../support/leaks'

checkLeaks()

interface Port {
  readonly port: number
  readonly invalid: string[]
  readonly failures: string[]
  readonly dialled: () => number
  readonly close: () => Promise<void>
}

/** A listener that serves every client as a dynamic forward would. */
async function openPort(change: Partial<ProxyClientOptions> = {}): Promise<Port> {
  const invalid: string[] = []
  const failures: string[] = []
  const clients = new Set<Socket>()
  let dialled = 0
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    clients.add(socket)
    const open = (target: { host: string; port: number }): Promise<Duplex> => {
      dialled += 1
      return dialHere(target)
    }
    void serveProxyClient(socket, {
      login: null,
      servePac: true,
      at: '127.0.0.1:1080',
      counter: { bytesUp: 0, bytesDown: 0, target: null },
      limits: { up: null, down: null, release: () => undefined },
      onInvalid: (message) => invalid.push(message),
      onReached: () => undefined,
      onFailure: (error) => failures.push(error.message),
      way: {
        open,
        tunnel: async (target, { head, onOpen }) => {
          const upstream = await open(target)
          onOpen()
          if (head !== undefined) upstream.write(head)
          socket.pipe(upstream).pipe(socket)
        },
      },
      ...change,
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    invalid,
    failures,
    dialled: () => dialled,
    close: async () => {
      for (const client of clients) client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Sends, piece by piece, ends, and resolves with everything that was answered once the port has closed. */
async function say(port: number, bytes: Buffer | string, { piece = 0, end = true } = {}): Promise<string> {
  const data = Buffer.from(bytes as string, 'latin1')
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  const parts: Buffer[] = []
  socket.on('error', () => undefined)
  socket.on('data', (part: Buffer) => parts.push(part))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const over = new Promise<void>((resolve) => socket.once('end', () => resolve()))
  await once(socket, 'connect')
  const step = piece === 0 ? Math.max(1, data.length) : piece
  for (let at = 0; at < data.length; at += step) {
    socket.write(data.subarray(at, at + step))
    if (piece !== 0) await new Promise((resolve) => setImmediate(resolve))
  }
  if (end) socket.end()
  await Promise.race([over, closed])
  socket.end()
  await closed
  return Buffer.concat(parts).toString('latin1')
}

let port: Port
let locked: Port
let origin: HttpServer
let echo: Server
let web: string
let connections = 0
beforeAll(async () => {
  port = await openPort()
  locked = await openPort({ login: { username: 'ada', password: 'lovelace' } })
  origin = createHttp((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half', () => response.destroy())
        return
      }
      if (request.url === '/none') {
        request.socket.destroy()
        return
      }
      if (request.url === '/to-end') {
        request.socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')
        return
      }
      const text = JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body })
      response.setHeader('Proxy-Authenticate', 'Basic')
      if (request.url !== '/chunks') response.setHeader('Content-Length', text.length)
      response.write(text.slice(0, 5))
      response.end(text.slice(5))
    })
  })
  origin.on('connection', () => {
    connections += 1
  })
  origin.listen(0, '127.0.0.1')
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1')
  await Promise.all([once(origin, 'listening'), once(echo, 'listening')])
  web = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
})
afterAll(async () => {
  await Promise.all([port.close(), locked.close()])
  origin.closeAllConnections()
  origin.close()
  echo.close()
})

function target(): Buffer {
  const { port: to } = echo.address() as AddressInfo
  return Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, to >> 8, to & 255])
}

async function serves(): Promise<void> {
  const answer = await say(port.port, Buffer.concat([target(), Buffer.from('ping')]))
  expect(answer).toBe(`\u0005\0\u0005\0\0\u0001${'\0'.repeat(6)}ping`)
}

describe('HTTP requests', () => {
  it('reach the origin server without what is the proxy’s', async () => {
    const answer = await say(
      port.port,
      `GET ${web}/a?b=1 HTTP/1.1\r\nHost: elsewhere\r\nProxy-Connection: close\r\nX-Mine: 1\r\n\r\n`,
      { end: false },
    )
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head.toLowerCase()).not.toContain('proxy-authenticate')
    const seen = JSON.parse(body) as { url: string; headers: Record<string, string> }
    expect(seen.url).toBe('/a?b=1')
    expect(seen.headers).toEqual({ host: web.slice('http://'.length), 'x-mine': '1', via: '1.1 warren' })
  })

  it('follow one another on one connection, which reaches the same origin server on one', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const before = { dialled: port.dialled(), connections }
    for (const [path, body] of [
      ['/1', ''],
      ['/chunks', 'x'.repeat(100_000)],
      ['/3', 'end'],
    ] as const) {
      const asked = httpRequest({ agent, host: '127.0.0.1', port: port.port, method: 'POST', path: `${web}${path}` })
      asked.end(body)
      const [response] = (await once(asked, 'response')) as [IncomingMessage]
      let text = ''
      for await (const part of response) text += String(part)
      expect((JSON.parse(text) as { body: string }).body).toBe(body)
    }
    expect(port.dialled() - before.dialled).toBe(1)
    expect(connections - before.connections).toBe(1)
    agent.destroy()
  })

  it('may be sent all at once, and in single bytes', async () => {
    const one = (path: string, more = ''): string => `POST ${web}${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
    const chunked = `${one('/b', 'Transfer-Encoding: chunked\r\n')}3\r\nabc\r\n0\r\n\r\n`
    const all = one('/a', 'Content-Length: 2\r\n') + 'hi' + chunked + one('/c', 'Connection: close\r\n')
    for (const piece of [0, 1]) {
      const answer = await say(port.port, all, { piece, end: false })
      const bodies = [...answer.matchAll(/"url":"(\/.)".*?"body":"(\w*)"/g)].map(([, url, body]) => `${url} ${body}`)
      expect(bodies).toEqual(['/a hi', '/b abc', '/c '])
    }
  })

  it('of HTTP 1.0 close the connection, unless they say otherwise', async () => {
    const answer = await say(port.port, `GET ${web}/a HTTP/1.0\r\n\r\n`, { end: false })
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*Connection: close/)
    const two = `GET ${web}/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET ${web}/b HTTP/1.0\r\n\r\n`
    expect((await say(port.port, two, { end: false })).match(/HTTP\/1\.1 200/g)).toHaveLength(2)
  })

  it('are answered until the origin server closes, where it gives no length', async () => {
    const answer = await say(port.port, `GET ${web}/to-end HTTP/1.1\r\nHost: x\r\n\r\n`, { end: false })
    expect(answer).toMatch(/Connection: close\r\n\r\nuntil the end$/)
  })

  it('whose answer breaks off do not look whole', async () => {
    const answer = await say(port.port, `GET ${web}/cut HTTP/1.1\r\nHost: x\r\n\r\n`, { end: false })
    expect(answer).toMatch(/content-length: 100\r\n[\s\S]*\r\n\r\n(half)?$/i)
  })

  it('without an answer get 502', async () => {
    const answer = await say(port.port, `GET ${web}/none HTTP/1.1\r\nHost: x\r\n\r\n`, { end: false })
    expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway[\s\S]*without an answer/)
  })

  it('to where nobody listens get 502 with the reason', async () => {
    const answer = await say(port.port, 'GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n', { end: false })
    expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway[\s\S]*Nothing listens at 127\.0\.0\.1:1/)
    expect(port.failures.at(-1)).toContain('127.0.0.1:1')
    expect(await say(port.port, 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 502/)
  })

  it.each([
    [
      'two lengths',
      `POST ${'http://x'}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ],
    ['bare line feeds', 'GET http://x/ HTTP/1.1\nHost: x\n\n'],
    ['a CONNECT with a body', 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc'],
    ['an https address', 'GET https://x/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a page of the port itself', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('with %s are refused and go nowhere', async (_what, text) => {
    const before = port.dialled()
    expect(await say(port.port, text)).toMatch(/^HTTP\/1\.1 400 /)
    expect(port.dialled()).toBe(before)
  })

  it('with an endless head are refused', async () => {
    const endless = `GET http://x/ HTTP/1.1\r\nX-A: ${'a'.repeat(70_000)}`
    expect(await say(port.port, endless)).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('with a broken chunk do not reach the end of their request', async () => {
    const text = `POST ${web}/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n`
    const answer = await say(port.port, text)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toContain('smuggled')
  })
})

describe('the PAC file', () => {
  it('is served with the address that the browser used', async () => {
    const answer = await say(port.port, 'GET /proxy.pac HTTP/1.1\r\nHost: localhost:1080\r\nConnection: close\r\n\r\n')
    expect(answer).toContain('Content-Type: application/x-ns-proxy-autoconfig\r\n')
    expect(answer).toContain('return "SOCKS5 localhost:1080; SOCKS localhost:1080; PROXY localhost:1080"')
  })
  it('names the port itself where the browser says something odd', async () => {
    const answer = await say(port.port, 'GET /proxy.pac HTTP/1.1\r\nHost: a";x\r\nConnection: close\r\n\r\n')
    expect(answer).toContain('return "SOCKS5 127.0.0.1:1080;')
  })
  it('is there without a login, and offers what browsers can log in to', async () => {
    const answer = await say(locked.port, 'GET /proxy.pac HTTP/1.1\r\nHost: h:1\r\nConnection: close\r\n\r\n')
    expect(answer).toContain('return "PROXY h:1"')
  })
})

describe('a login', () => {
  const right = `Proxy-Authorization: Basic ${Buffer.from('ada:lovelace').toString('base64')}\r\n`
  const wrong = `Proxy-Authorization: Basic ${Buffer.from('ada:byron').toString('base64')}\r\n`
  it('is asked for once more on the same connection', async () => {
    const first = `GET ${web}/a HTTP/1.1\r\nHost: x\r\n\r\n`
    const second = `GET ${web}/b HTTP/1.1\r\nHost: x\r\n${right}Connection: close\r\n\r\n`
    const answer = await say(locked.port, first + second, { end: false })
    expect(answer).toMatch(/^HTTP\/1\.1 407 [\s\S]*Proxy-Authenticate: Basic realm="Warren"[\s\S]*HTTP\/1\.1 200 OK/)
    expect(answer).not.toContain('authorization')
  })
  it('that is wrong opens nothing', async () => {
    const before = locked.dialled()
    expect(await say(locked.port, `CONNECT x:80 HTTP/1.1\r\nHost: x\r\n${wrong}\r\n`)).toMatch(/^HTTP\/1\.1 407 /)
    expect(await say(locked.port, `CONNECT x:80 HTTP/1.1\r\nHost: x\r\n${right}${right}\r\n`)).toMatch(
      /^HTTP\/1\.1 407 /,
    )
    expect(await say(locked.port, Buffer.concat([target(), Buffer.from('x')]))).toBe('\u0005\u00ff')
    expect(await say(locked.port, Buffer.from([4, 1, 0, 80, 1, 2, 3, 4, 0]))).toBe(`\0\u005d${'\0'.repeat(6)}`)
    expect(locked.dialled()).toBe(before)
  })
})

describe('whatever is said', () => {
  it('the last word arrives although the client goes on talking', async () => {
    const endless = Buffer.concat([Buffer.from([4, 2, 0, 80, 1, 2, 3, 4, 0]), Buffer.alloc(300_000, 1)])
    for (let round = 0; round < 20; round += 1) expect(await say(port.port, endless)).toBe(`\0\u005b${'\0'.repeat(6)}`)
  })

  it('a TLS hello and other strangers are closed on without a word', async () => {
    expect(await say(port.port, Buffer.from(`16030100f8010000f40303${'00'.repeat(200)}`, 'hex'))).toBe('')
    expect(port.invalid.at(-1)).toContain('TLS')
    expect(await say(port.port, Buffer.alloc(5000))).toBe('')
  })

  it('the port goes on serving after 10,000 random and truncated greetings', async () => {
    const { port: to } = echo.address() as AddressInfo
    const whole = [
      target(),
      Buffer.from([4, 1, to >> 8, to & 255, 127, 0, 0, 1, 0x6d, 0x65, 0]),
      Buffer.from([5, 2, 0, 2, 1, 3, 1, 2, 3, 1, 2]),
      Buffer.from(`CONNECT 127.0.0.1:${to} HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(40)}\r\n\r\n`),
      Buffer.from(`POST ${web}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`),
    ]
    // A random address is nobody's to call, so what is random never is a whole request.
    const random = fc.uint8Array({ minLength: 1, maxLength: 400 }).filter(([first]) => first !== 4 && first !== 5)
    const letters = fc
      .string({ unit: 'binary-ascii', maxLength: 200 })
      .map((text) => Buffer.from(`GET ${text.replaceAll('http', 'h')}\r\n\r\n`))
    const greeting = fc.oneof(
      fc.tuple(fc.constantFrom(...whole), fc.nat(200)).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
      fc.tuple(fc.constantFrom(...whole), fc.nat(200), fc.nat(255)).map(([bytes, at, value]) => {
        const changed = Buffer.from(bytes.subarray(0, 40))
        // Not the address: whoever has it would be called.
        if (![...Array(13).keys()].includes(at)) changed[at % changed.length] = value
        return changed.subarray(0, changed.length - 1)
      }),
      random.map((bytes) => Buffer.from(bytes)),
      letters,
    )
    let said = 0
    await fc.assert(
      fc.asyncProperty(fc.array(greeting, { minLength: 50, maxLength: 50 }), async (greetings) => {
        said += greetings.length
        await Promise.all(greetings.map((bytes) => say(port.port, bytes)))
      }),
      { numRuns: 200, endOnFailure: true },
    )
    expect(said).toBe(10_000)
    await serves()
  }, 120_000)
})
