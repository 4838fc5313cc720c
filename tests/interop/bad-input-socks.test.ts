/** Whatever is said to a SOCKS port: it goes on serving, and the daemon with it. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSshd, type Sshd } from '../support/sshd'
import { openWorld, type World } from './_bad-input'

let world: World
let sshd: Sshd
let echo: Server
let port: number
let pid: number

beforeAll(async () => {
  world = openWorld()
  sshd = await startSshd()
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const login = `${sshd.username}@${sshd.host}:${sshd.port}`
  const key = ['--identity', sshd.clientKey, '--agent', 'none', '--host-key', 'accept-new']
  expect(await world.warren('server', 'add', 'bastion', login, ...key)).toMatchObject({ code: 0 })
  expect(await world.warren('add', 'socks', '-D', '0', '--server', 'bastion')).toMatchObject({ code: 0 })
  const { forwards } = await world.up('socks')
  const listen = forwards[0]?.listen
  if (listen === undefined || 'path' in listen) throw new Error('listens nowhere')
  port = listen.port
  pid = await world.daemonPid()
})
afterAll(async () => {
  await serves()
  expect(await world.daemonPid()).toBe(pid)
  expect((await world.warren('status', 'socks', '--json')).out).toContain('"running"')
  await world.end()
  echo.close()
  await sshd.stop()
})

async function dial(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Sends, ends, and resolves with all that was answered once the port has closed. */
async function say(bytes: Buffer, piece = bytes.length): Promise<Buffer> {
  const socket = await dial()
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  for (let at = 0; at < bytes.length; at += piece) socket.write(bytes.subarray(at, at + piece))
  socket.end()
  await closed
  return Buffer.concat(parts)
}

const TWO_LENGTHS = 'POST http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'
const target = (name: Buffer, to: number): Buffer =>
  Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, 3, name.length]), name, Buffer.from([to >> 8, to & 255])])

/** An ordinary client gets through. */
async function serves(): Promise<void> {
  const socket = await dial()
  const { port: to } = echo.address() as AddressInfo
  socket.write(Buffer.concat([target(Buffer.from('127.0.0.1'), to), Buffer.from('ping')]))
  let answer = Buffer.alloc(0)
  while (answer.length < 16) {
    const [part] = (await once(socket, 'data')) as [Buffer]
    answer = Buffer.concat([answer, part])
  }
  expect([...answer.subarray(0, 4)]).toEqual([5, 0, 5, 0])
  expect(answer.subarray(12).toString()).toBe('ping')
  socket.destroy()
}

it.each([
  ['TLS', Buffer.from(`16030100f8010000f40303${'00'.repeat(200)}`, 'hex'), /^$/],
  ['a page', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 400 .*proxy port/s],
  ['HTTP to nobody', Buffer.from('GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 502 .*refuses/s],
  ['CONNECT to nobody', Buffer.from('CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 502/],
  ['CONNECT without a host', Buffer.from('CONNECT x:443 HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400/],
  ['HTTP with two lengths', Buffer.from(TWO_LENGTHS), /^HTTP\/1\.1 400/],
  ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), /^$/],
  ['zeros', Buffer.alloc(5000), /^$/],
])('turns %s away', async (_what, bytes, answer) => {
  expect((await say(bytes)).toString('latin1')).toMatch(answer)
  await serves()
})

it.each([
  ['a name with a space', target(Buffer.from('a b'), 80), 4],
  ['a name with NUL', target(Buffer.from('a\0b'), 80), 4],
  ['an empty name', target(Buffer.alloc(0), 80), 4],
  ['a name of 255 letters', target(Buffer.alloc(255, 'x'), 80), null],
  ['a name of 255 odd bytes', target(Buffer.alloc(255, 0xff), 80), null],
  ['port 0', target(Buffer.from('127.0.0.1'), 0), null],
  ['BIND', Buffer.from([5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80]), 7],
  ['UDP', Buffer.from([5, 1, 0, 5, 3, 0, 1, 127, 0, 0, 1, 0, 80]), 7],
  ['an address of no type', Buffer.from([5, 1, 0, 5, 1, 0, 9, 127, 0, 0, 1, 0, 80]), 8],
])('answers %s by its code', async (_what, bytes, reply) => {
  const socket = await dial()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.write(bytes)
  await closed
  const answer = Buffer.concat(parts)
  expect([...answer.subarray(0, 3)]).toEqual([5, 0, 5])
  if (reply === null) expect(answer[3]).not.toBe(0)
  else expect(answer[3]).toBe(reply)
})

it('refuses a client that insists on a login', async () => {
  expect([...(await say(Buffer.from([5, 1, 2])))]).toEqual([5, 0xff])
})

it('survives greetings that stop anywhere', async () => {
  const whole = [
    target(Buffer.from('localhost'), 9),
    Buffer.from([4, 1, 0, 9, 127, 0, 0, 1, 0x6d, 0x65, 0]),
    Buffer.from([4, 1, 0, 9, 0, 0, 0, 1, 0, 0x61, 0]),
  ]
  for (const bytes of whole) {
    for (let length = 1; length < bytes.length; length++) {
      await say(bytes.subarray(0, length))
      await say(bytes.subarray(0, length), 1)
    }
  }
  await serves()
})

it('survives 3,000 random greetings, one by one and many at once', async () => {
  // None of them is a whole CONNECT: a random address is nobody's to call.
  const greeting = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 600 }).filter(([first]) => first !== 4 && first !== 5),
    fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.from([5, 1, 0, 5, 9, ...rest])),
    fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.from([5, 255, ...rest])),
    fc.uint8Array({ maxLength: 30 }).map((rest) => Uint8Array.from([4, 2, ...rest])),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(greeting, { minLength: 30, maxLength: 30 }), async (greetings) => {
      await Promise.all(greetings.map((bytes) => say(Buffer.from(bytes))))
    }),
    { numRuns: 100 },
  )
  await serves()
})
