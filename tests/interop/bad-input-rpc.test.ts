/** Whatever comes in at the daemon's socket: answered with a code or cut off, and the daemon stays as it was. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { resolvePlaces, type DaemonClient } from '@daemon/client'
import { MAX_MESSAGE_BYTES, rpcParams, type RpcMethod } from '@shared/rpc'
import { toFault } from '@shared/errors'
import { connectBuilt, endBuilt, localDraft, serverDraft, temporaryHome } from '../support/daemon'

const MEGABYTE = 1024 * 1024
const place = temporaryHome()
const { socket: path } = resolvePlaces({}, place.home)
let client: DaemonClient
let serverId: string
let before: string

async function saved(): Promise<string> {
  return JSON.stringify([await client.call('servers.list', {}), await client.call('forwards.list', {})])
}

beforeAll(async () => {
  client = await connectBuilt(place.home)
  serverId = (await client.call('servers.add', serverDraft())).id
  await client.call('forwards.add', localDraft(serverId))
  before = await saved()
})
afterAll(async () => {
  expect(await saved()).toBe(before)
  expect((await client.call('daemon.status', {})).pid).toBe(client.daemon.pid)
  client.close()
  await endBuilt(place.home)
  place.remove()
})

const framed = (body: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`), Buffer.from(body)])

/** Sends and reads until the daemon closes; a reset is an end too. */
async function send(...pieces: readonly Buffer[]): Promise<string> {
  const socket = connect(path)
  await once(socket, 'connect')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  let answer = ''
  socket.on('data', (part: Buffer) => (answer += part.toString()))
  socket.on('error', () => undefined)
  for (const piece of pieces) socket.write(piece)
  await closed
  return answer
}

function rss(): number {
  const pages = Number(readFileSync(`/proc/${client.daemon.pid}/statm`, 'utf8').split(' ')[1])
  return pages * 4096
}

it.each([
  ['binary', randomBytes(2000), 'rpc.invalid'],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'rpc.invalid'],
  ['TLS', Buffer.from('16030100f8010000f40303', 'hex'), 'rpc.invalid'],
  ['a header without end', Buffer.from('x'.repeat(5000)), 'rpc.invalid'],
  ['no length', Buffer.from('Content-Type: x\r\n\r\n{}'), 'rpc.invalid'],
  ['a negative length', Buffer.from('Content-Length: -1\r\n\r\n'), 'rpc.invalid'],
  ['a length of nothing', Buffer.from('Content-Length: 0\r\n\r\n'), 'rpc.invalid'],
  ['no JSON', framed('{"jsonrpc":'), 'rpc.invalid'],
  ['a list', framed('[]'), 'rpc.invalid'],
  ['another protocol', framed('{"jsonrpc":"1.0","id":1,"method":"daemon.hello"}'), 'rpc.invalid'],
  ['a body that is no UTF-8', framed(Buffer.from([0xff, 0xfe, 0x00])), 'rpc.invalid'],
  ['100 MB', Buffer.from(`Content-Length: ${100 * MEGABYTE}\r\n\r\n`), 'rpc.too-large'],
  ['a length beyond numbers', Buffer.from('Content-Length: 999999999999999\r\n\r\n'), 'rpc.too-large'],
])('answers %s with its code and hangs up', async (_what, bytes, code) => {
  expect(await send(bytes)).toContain(`"code":"${code}"`)
})

it('takes nothing in of 100 MB that come anyway', async () => {
  const start = rss()
  const socket: Socket = connect(path)
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  socket.resume()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write(`Content-Length: ${100 * MEGABYTE}\r\n\r\n`)
  for (let at = 0; at < 100; at++) socket.write(Buffer.alloc(MEGABYTE, 0x20))
  await closed
  expect(rss() - start).toBeLessThan(50 * MEGABYTE)
})

/** Says it and leaves. */
async function leave(said: Buffer): Promise<void> {
  const socket = connect(path)
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  socket.end(said)
  await closed
}

it('survives clients that leave in the middle', async () => {
  const whole = framed('{"jsonrpc":"2.0","id":1,"method":"daemon.hello","params":{}}')
  for (let length = 0; length < whole.length; length += 3) await leave(whole.subarray(0, length))
})

it('survives a thousand random beginnings', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => leave(Buffer.from(bytes))),
    { numRuns: 1000 },
  )
})

it('survives messages of JSON-RPC that make no sense', async () => {
  const bodies = [
    '{"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","id":1,"result":1}',
    '{"jsonrpc":"2.0","id":{},"method":"daemon.hello"}',
    '{"jsonrpc":"2.0","id":1,"method":7}',
    '{"jsonrpc":"2.0","id":1,"method":"__proto__","params":{}}',
    '{"jsonrpc":"2.0","id":1,"method":"constructor","params":[]}',
    '{"jsonrpc":"2.0","method":"$/cancelRequest","params":null}',
    '{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"verbose"}}',
    `{"jsonrpc":"2.0","id":1,"method":"daemon.hello","params":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  ]
  for (const body of bodies) await leave(framed(body))
})

/** What ends the daemon, or stands for a person's wish to, is not tried with values that may fit. */
const harmless = (Object.keys(rpcParams) as RpcMethod[]).filter(
  (method) => !['daemon.stop', 'demo.start', 'events.subscribe', 'network.changed'].includes(method),
)
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, '', '\0', '\u001b[2J', -1, 65_536, 1e308, '__proto__', 'x'.repeat(10_000)),
)

it.each(harmless)('refuses values of the wrong shape: %s', async (method) => {
  const fields = fieldsOf(method)
  const params = fc.oneof(
    leaf,
    fc.array(leaf),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom(...fields)), fc.oneof(leaf, fc.array(leaf), fc.object()), {
      minKeys: 1,
    }),
  )
  await fc.assert(
    fc.asyncProperty(params, async (value) => {
      // What JSON cannot say (NaN, Infinity) arrives as null, which fits where nothing need be given.
      const { arrived } = JSON.parse(JSON.stringify({ arrived: value })) as { arrived: unknown }
      if (rpcParams[method].safeParse(arrived ?? {}).success) return
      const fault = await client.call(method, value as never).then(
        () => null,
        (error: unknown) => toFault(error),
      )
      expect(fault).toMatchObject({ code: 'rpc.invalid' })
      expect(fault?.message).toMatch(/^The request \S+ is not valid: .+\.$/s)
    }),
    { numRuns: 40 },
  )
})

it.each([
  ['servers.add', { name: 'x', host: 'h', port: 65_536 }, 'port'],
  ['servers.add', { name: 'x', host: 'h', port: 0 }, 'port'],
  ['servers.add', { name: 'x', host: 'a b' }, 'host'],
  ['servers.add', { name: '\u0007', host: 'h' }, 'name'],
  ['servers.add', { name: 'x', host: 'h', identityFiles: ['a\0b'] }, 'identityFiles.0'],
  ['servers.add', { name: 'x', host: 'h', proxyCommand: 'a\0b' }, 'proxyCommand'],
  ['servers.add', { name: 'x', host: 'h', secret: 1 }, 'secret'],
  [
    'forwards.add',
    { name: 'x', type: 'local', localPort: -1, remoteHost: 'a', remotePort: 1, serverId: 's' },
    'localPort',
  ],
  [
    'forwards.add',
    { name: 'x', type: 'local', localPort: 1.5, remoteHost: 'a', remotePort: 1, serverId: 's' },
    'localPort',
  ],
  ['forwards.add', { name: 'x', type: 'sideways', serverId: 's' }, 'type'],
  ['ports.check', { host: '127.0.0.1', port: 70_000 }, 'port'],
  ['forwards.wait', { ids: [], timeoutMs: -5 }, 'timeoutMs'],
  ['logs.read', { forwardId: 'x', limit: 1e9 }, 'limit'],
] as const)('names the field: %s %j', async (method, params, field) => {
  const fault = await client.call(method, params as never).catch((error: unknown) => toFault(error))
  expect(fault).toMatchObject({ code: 'rpc.invalid', field })
})

it('refuses ids that nobody has, each with its code', async () => {
  const ask = (method: RpcMethod, params: unknown): Promise<unknown> =>
    client.call(method, params as never).catch((error: unknown) => toFault(error).code)
  const id = 'nobody'
  expect(await ask('forwards.get', { id })).toBe('spec.not-found')
  expect(await ask('forwards.start', { ids: [id] })).toBe('spec.not-found')
  expect(await ask('forwards.update', { id, patch: { name: 'x' } })).toBe('spec.not-found')
  expect(await ask('forwards.check', { id })).toBe('spec.not-found')
  expect(await ask('servers.update', { id, patch: { name: 'x' } })).toBe('spec.not-found')
  expect(await ask('servers.setSecret', { id, kind: 'password', value: 'x', keep: 'memory' })).toBe('spec.not-found')
  expect(await ask('needs.answer', { id, answer: { kind: 'cancel' } })).toBe('need.gone')
  expect(await ask('servers.add', serverDraft('loop', { jump: [id] }))).toBe('spec.not-found')
})

it('refuses a chain of jumps that leads back', async () => {
  const inner = await client.call('servers.add', serverDraft('inner', { jump: [serverId] }))
  const change = client.call('servers.update', { id: serverId, patch: { jump: [inner.id] } })
  expect(await change.catch(toFault)).toMatchObject({ code: 'ssh.jump-loop' })
  const self = client.call('servers.update', { id: inner.id, patch: { jump: [inner.id] } })
  expect(await self.catch(toFault)).toMatchObject({ code: 'ssh.jump-loop' })
  await client.call('servers.remove', { id: inner.id })
})

it('does not send what is too large', async () => {
  const value = 'x'.repeat(MAX_MESSAGE_BYTES)
  const fault = await client.call('servers.add', serverDraft(value)).catch(toFault)
  expect(fault).toMatchObject({ code: 'rpc.too-large' })
})

function fieldsOf(method: RpcMethod): [string, ...string[]] {
  const shape = 'shape' in rpcParams[method] ? Object.keys(rpcParams[method].shape) : []
  return ['id', ...shape]
}
