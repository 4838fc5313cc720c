/** What is no request, said over bare sockets: refused in the one form of all problems, and the connection ends. */
import { once } from 'node:events'
import { maxHeaderSize } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startCloud, type CloudWorld, type Person } from './_world'

let world: CloudWorld
/** The same that waits for nobody, for those who stop in the middle: to it a machine that stands still is late, whatever it sends. */
let hasty: CloudWorld
const times = { headersMs: 300, wholeMs: 600, lookMs: 50 }
let me: Person
const sockets = new Set<Socket>()
/** More than the buffers of a connection take. */
const MUCH = 1024 * 1024
beforeAll(async () => {
  ;[world, hasty] = await Promise.all([startCloud('sqlite'), startCloud('sqlite', {}, { times })])
  me = await world.quickPerson('ada')
})
afterAll(() => Promise.all([world.close(), hasty.close()]))
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  // Nothing that a client sends is a fault of the server.
  const lines = [...world.lines, ...hasty.lines]
  expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
})

interface Heard {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** Everything that comes until the server ends the connection. */
async function heardAfter(text: string, at = world): Promise<readonly Heard[]> {
  const socket = open(at)
  socket.write(text)
  let heard = ''
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  await once(socket, 'close').catch((error: unknown) => {
    // It reads on for a second only: what a slow machine still sends then is cut off by a reset, behind the answer (RFC 9112 §9.6).
    if (text.length < MUCH || heard === '') throw error
  })
  return answersIn(heard)
}

function open(at = world): Socket {
  const socket = connect(Number(new URL(at.server.url).port), '127.0.0.1')
  sockets.add(socket)
  return socket
}

function answersIn(heard: string): readonly Heard[] {
  const answers: Heard[] = []
  for (let rest = heard; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n')
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = new Headers(
      lines.map((line): [string, string] => {
        const at = line.indexOf(':')
        return [line.slice(0, at), line.slice(at + 1).trim()]
      }),
    )
    const length = Number(headers.get('content-length'))
    const body = JSON.parse(rest.slice(end + 4, end + 4 + length)) as unknown
    answers.push({ status: Number(first.split(' ')[1]), headers, body })
    rest = rest.slice(end + 4 + length)
  }
  return answers
}

/** The one form; 400 when nothing else is said. */
async function expectRefused(text: string, problem: Readonly<Record<string, unknown>> = {}, at = world): Promise<void> {
  const heard = await heardAfter(text, at)
  const what = text.slice(0, 60)
  const body = {
    message: 'The request is no HTTP that this server understands',
    ...{ error: 'Bad Request', statusCode: 400, ...problem },
  }
  expect(heard, what).toEqual([{ status: body.statusCode, headers: expect.anything() as Headers, body }])
  const headers = heard[0]?.headers
  expect(headers?.get('content-type'), what).toBe('application/json')
  expect(headers?.get('connection'), what).toBe('close')
  expect(headers?.get('cache-control'), what).toBe('no-store')
  expect(headers?.get('warren-extensions'), what).toContain('etag')
}

const large = {
  message: `The address and the headers together have more than ${maxHeaderSize} bytes`,
  ...{ error: 'Request Header Fields Too Large', statusCode: 431 },
}
const late = { message: 'The request did not come in time', error: 'Request Timeout', statusCode: 408 }

it('refuses what is no HTTP', async () => {
  const broken = [
    ...[
      'hello\r\n\r\n',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    ],
    ...['GET / HTTP/1.1\r\nno header\r\n\r\n', 'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n'],
    'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
    'POST /auth/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nlong\r\n',
    // Read as HTTP, and yet none that says where it goes.
    'GET / HTTP/1.1\r\n\r\n',
  ]
  for (const text of broken) await expectRefused(text)
  const status = (await heardAfter('GET /healthz HTTP/1.0\r\n\r\n')).map((answer) => answer.status)
  expect(status).toEqual([200])
})

it('refuses an address that is none, and keeps the connection', async () => {
  const targets = [
    'GET /x HTTP/1.1\r\nhost: a b\r\n',
    'GET http://[/ HTTP/1.1\r\nhost: x\r\n',
    'GET /a\\b HTTP/1.1\r\nhost: x\r\n',
  ]
  for (const head of targets) {
    const heard = await heardAfter(`${head}\r\nGET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    const body = { message: expect.any(String) as string, error: 'Bad Request', statusCode: 400 }
    expect(heard, head).toMatchObject([{ status: 400, body }, { status: 200 }])
  }
})

it('refuses headers and addresses that are too large', async () => {
  const long = 'x'.repeat(maxHeaderSize)
  await expectRefused(`GET /${long} HTTP/1.1\r\nhost: x\r\n\r\n`, large)
  await expectRefused(`GET /port-forwards?namespace=${long} HTTP/1.1\r\nhost: x\r\n\r\n`, large)
  await expectRefused(`GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${long}\r\n\r\n`, large)
  // What was sent beyond it must not take the answer away.
  await expectRefused(`GET / HTTP/1.1\r\nhost: x\r\nx: ${long.repeat(300)}\r\n\r\n`, large)
  const chunk = { message: 'The body is too large', error: 'Payload Too Large', statusCode: 413 }
  const chunked = 'POST /auth/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n'
  await expectRefused(`${chunked}2;${long}x\r\n{}\r\n0\r\n\r\n`, chunk)
})

it('waits for nobody who stops in the middle', async () => {
  await expectRefused('GET /port-forwards HTTP/1.1\r\nhost: x\r\nauth', late, hasty)
  await expectRefused('POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{', late, hasty)
})

it('says so to a tunnel and to an expectation', async () => {
  await expectRefused('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n', {
    message: 'This server is no proxy',
  })
  const message = 'No other expectation than 100-continue is met'
  await expectRefused('POST /auth/login HTTP/1.1\r\nhost: x\r\nexpect: cake\r\ncontent-length: 2\r\n\r\n', {
    ...{ message, error: 'Expectation Failed', statusCode: 417 },
  })
})

it('answers a whole request as it is, whatever comes behind it', async () => {
  const body = JSON.stringify({ name: 'behind', type: 'local' })
  const head = `POST /port-forwards HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${me.token}\r\n`
  const heard = await heardAfter(`${head}content-length: ${body.length}\r\n\r\n${body}rubbish\r\n\r\n`)
  expect(heard).toMatchObject([{ status: 201, body: { name: 'behind' } }])
})

it('puts nothing into an answer that began', async () => {
  const socket = open()
  const head = `host: x\r\nauthorization: Bearer ${me.token}\r\n`
  socket.write(`GET /port-forwards/events HTTP/1.1\r\n${head}\r\n`)
  const [first] = (await once(socket, 'data')) as [Buffer]
  expect(first.toString()).toMatch(/^HTTP\/1\.1 200 /)
  socket.write('rubbish\r\n\r\n')
  // The stream goes on.
  const until = once(socket, 'data')
  await world.call('POST', '/port-forwards', { token: me.token, body: { name: 'on', type: 'local' } })
  const [next] = (await until) as [Buffer]
  expect(next.toString()).not.toContain('HTTP/1.1')
  // Refused before it is whole, and never whole.
  const early = 'POST /port-forwards HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{'
  expect((await heardAfter(early)).map(({ status }) => status)).toEqual([401])
})

it('bears who hangs up at once', async () => {
  for (const text of ['', 'GET', 'GET / HTTP/1.1\r\nhost', 'hello\r\n\r\n']) {
    const socket = open()
    socket.write(text)
    socket.resetAndDestroy()
    await once(socket, 'close')
  }
  expect((await world.call('GET', '/healthz')).status).toBe(200)
})

it('ends connections that never asked when it stops, before it cuts off who is asking', async () => {
  const one = await startCloud('sqlite')
  const port = Number(new URL(one.server.url).port)
  const [silent, asking] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  for (const socket of [silent, asking]) sockets.add(socket.resume())
  await Promise.all([silent, asking].map((socket) => once(socket, 'connect')))
  asking.write('GET /healthz HTTP/1.1\r\nhost: x\r\n')
  // Answered behind it: by then the server has read both.
  await one.call('GET', '/healthz')
  const stopped = one.close()
  await once(silent, 'close')
  expect(asking.readableEnded).toBe(false)
  asking.write('\r\n')
  await Promise.all([once(asking, 'close'), stopped])
})

it('counts and logs what it refused, without what was in it', async () => {
  await expectRefused('planted-secret\r\n\r\n')
  const line = world.lines.findLast((one) => one.includes('refused what is no request'))
  expect(JSON.parse(line ?? '')).toMatchObject({
    level: 'info',
    status: 400,
    reason: expect.stringMatching(/^HPE_/) as string,
  })
  expect(world.lines.join('\n')).not.toContain('planted-secret')
  const { body } = await world.call('GET', '/metrics')
  expect(body).toMatch(/warren_cloud_requests_total\{route="none",method="none",status="400"\} \d+/)
})
