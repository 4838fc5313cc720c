import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import { MAX_MESSAGE_BYTES, PROTOCOL_VERSION } from '@shared/rpc'
import { localDraft, nextEvent, serverDraft, startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

let place: ReturnType<typeof temporaryHome>
let test: TestDaemon
let client: DaemonClient

beforeEach(async () => {
  place = temporaryHome()
  test = await startTestDaemon({ home: place.home })
  client = await test.connect()
})
afterEach(async () => {
  client.close()
  await test.daemon.stop({ keepWanted: false })
  place.remove()
})

/** Sends bytes as they are and resolves with everything that came back until the daemon hung up. */
function sendRaw(data: Buffer | string): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(test.places.socket)
    let text = ''
    socket.on('data', (part) => {
      text += part.toString('utf8')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.on('connect', () => socket.write(data))
  })
}

function message(body: unknown): string {
  const text = JSON.stringify(body)
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}

describe('the door', () => {
  it('says who it is and what runs', async () => {
    const status = await client.call('daemon.status', {})
    expect(status).toMatchObject({
      pid: process.pid,
      protocol: PROTOCOL_VERSION,
      home: place.home,
      clients: 1,
      running: 0,
    })
    expect(client.daemon.pid).toBe(process.pid)
  })

  it('names the field of a request that is not valid', async () => {
    const bad = { name: 'x', host: 'a b' }
    await expect(client.call('servers.add', bad)).rejects.toMatchObject({ code: 'rpc.invalid', field: 'host' })
    const unknown = { name: 'x', host: 'h', colour: 'red' } as never
    await expect(client.call('servers.add', unknown)).rejects.toMatchObject({ code: 'rpc.invalid', field: 'colour' })
    await expect(client.call('forwards.start', { ids: 'all' } as never)).rejects.toMatchObject({ field: 'ids' })
  })

  it('refuses ports outside 0 to 65535, naming the port', async () => {
    const { id } = await client.call('servers.add', serverDraft())
    for (const localPort of [-1, 65_536, 1.5]) {
      await expect(client.call('forwards.add', localDraft(id, 'x', { localPort }))).rejects.toMatchObject({
        code: 'rpc.invalid',
        field: 'localPort',
      })
    }
  })

  it('knows no other requests', async () => {
    await expect(client.call('daemon.fly' as never, {} as never)).rejects.toMatchObject({ code: 'rpc.unknown-method' })
    await expect(client.call('constructor' as never, {} as never)).rejects.toMatchObject({ code: 'rpc.unknown-method' })
  })

  it('wants to be greeted first', async () => {
    const socket = connect(test.places.socket)
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    socket.write(message({ jsonrpc: '2.0', id: 1, method: 'servers.list', params: {} }))
    expect(await answer).toContain('daemon.hello')
    socket.destroy()
  })

  it('answers only status and stop to another version', async () => {
    const socket = connect(test.places.socket)
    const hello = { client: 'test', protocol: 999, build: '9.9.9+x', pid: 1 }
    socket.write(message({ jsonrpc: '2.0', id: 1, method: 'daemon.hello', params: hello }))
    socket.write(message({ jsonrpc: '2.0', id: 2, method: 'daemon.status', params: {} }))
    socket.write(message({ jsonrpc: '2.0', id: 3, method: 'servers.list', params: {} }))
    const text = await new Promise<string>((resolve) => {
      let all = ''
      socket.on('data', (data) => {
        all += data.toString()
        if (all.includes('"id":3')) resolve(all)
      })
    })
    expect(text).toContain('daemon.version')
    expect(text).toContain('"rssBytes"')
    socket.destroy()
  })
})

describe('bad messages', () => {
  it.each([
    ['garbage', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256))],
    ['a TLS greeting', Buffer.from('16030100ff010000fb0303', 'hex')],
    ['a web request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['an endless header', 'X'.repeat(100_000)],
    ['no JSON', 'Content-Length: 5\r\n\r\nhello'],
    ['JSON of another shape', 'Content-Length: 4\r\n\r\nnull'],
    ['a negative length', 'Content-Length: -5\r\n\r\nhello'],
    ['an empty body', 'Content-Length: 0\r\n\r\n'],
  ])('disconnects a client that sends %s, and only that one', async (_name, data) => {
    expect(await sendRaw(data)).toContain('rpc.invalid')
    await expect(client.call('servers.list', {})).resolves.toEqual([])
  })

  it('refuses a message over the limit at its header and keeps none of it', async () => {
    const size = 100 * 1024 * 1024
    const before = process.memoryUsage.rss()
    const chunk = Buffer.alloc(64 * 1024, 0x20)
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(test.places.socket)
      let text = ''
      let sent = 0
      const pump = (): void => {
        while (sent < size && !socket.destroyed && socket.writable) {
          sent += chunk.length
          if (!socket.write(chunk)) return
        }
      }
      socket.on('drain', pump)
      socket.on('data', (part) => {
        text += part.toString()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(text))
      socket.write(`Content-Length: ${size}\r\n\r\n`)
      pump()
    })
    expect(answer).toContain('rpc.too-large')
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024)
    await expect(client.call('servers.list', {})).resolves.toEqual([])
  })

  it('refuses to send what would not be taken', async () => {
    const huge = { name: 'x', host: 'h', proxyCommand: 'y'.repeat(MAX_MESSAGE_BYTES) }
    await expect(client.call('servers.add', huge)).rejects.toMatchObject({ code: 'rpc.too-large' })
  })

  it('takes a message that comes byte by byte', async () => {
    const hello = { client: 'test', protocol: 999, build: 'x', pid: 1 }
    const socket = connect(test.places.socket)
    socket.setNoDelay(true)
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    for (const byte of message({ jsonrpc: '2.0', id: 1, method: 'daemon.hello', params: hello })) socket.write(byte)
    expect(await answer).toContain(`"pid":${process.pid}`)
    socket.destroy()
  })
})

describe('subscriptions', () => {
  it('tell only what was asked for', async () => {
    const heard: string[] = []
    client.on('servers.changed', () => heard.push('servers'))
    client.on('activity.added', () => heard.push('activity'))
    await client.call('events.subscribe', { topics: ['activity'] })
    const told = nextEvent(client, 'activity.added')
    await client.call('servers.add', serverDraft())
    await told
    expect(heard).not.toContain('servers')
    expect(heard).toContain('activity')
  })

  it('gather many changes of a forward into few messages with the last state', async () => {
    const { id: serverId } = await client.call('servers.add', serverDraft())
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await client.call('events.subscribe', { topics: ['forwards'] })
    let messages = 0
    client.on('forwards.changed', () => {
      messages += 1
    })
    const last = nextEvent(client, 'forwards.changed', ({ changed }) => changed[0]?.snapshot.state === 'running')
    for (let round = 0; round < 200; round += 1) test.engine.move(spec.id, round % 2 === 0 ? 'connecting' : 'binding')
    test.engine.move(spec.id, 'running')
    await last
    expect(messages).toBeLessThanOrEqual(2)
  })

  it('sample rates only while somebody listens and something runs', async () => {
    const { id: serverId } = await client.call('servers.add', serverDraft())
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await client.call('events.subscribe', { topics: ['rates'] })
    const first = nextEvent(client, 'rates.sampled', ({ forwards }) => forwards.length === 1)
    await client.call('forwards.start', { ids: [spec.id] })
    await first
    const moved = nextEvent(client, 'rates.sampled', ({ up }) => up > 0)
    test.engine.carry(spec.id, { up: 5000, down: 100 })
    expect((await moved).forwards).toMatchObject([{ id: spec.id, bytesUp: 5000, bytesDown: 100 }])
    const zero = nextEvent(client, 'rates.sampled', ({ forwards }) => forwards.length === 0)
    await client.call('forwards.stop', { ids: [spec.id] })
    expect(await zero).toEqual({ up: 0, down: 0, forwards: [] })
  })
})
