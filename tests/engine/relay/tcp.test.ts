import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { canUseHandles, connectHandle } from '../../../src/engine/relay/_handle-end'
import { connectSocket } from '../../../src/engine/relay/_socket-end'
import { nobody, type TcpEnd } from '../../../src/engine/relay/_tcp-end'
import { noLimits } from '@shared/limits'
import { freePort } from '../../support/free-port'
import { checkLeaks } from '../../support/leaks'
import { TcpWorld, type TcpWish, type TcpWorldOptions } from './tcp-world'

const MB = 1024 * 1024

checkLeaks()

it('has bare handles on this Node', () => {
  expect(canUseHandles).toBe(true)
})

describe.each([
  ['bare handles', true],
  ['sockets', false],
])('a TCP relay on %s', (_, useHandles) => {
  const world = new TcpWorld()
  afterEach(() => world.close())
  const relayTo = (wish: TcpWish, options: TcpWorldOptions = {}) => world.relay(wish, { useHandles, ...options })

  it('carries bytes both ways, counts them and writes the connection down', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end] })
    const client = await world.client(relay.port)
    expect(await client.ask('hello')).toBe('hello')
    expect(relay.moved).toEqual({ up: 5, down: 5, began: 1 })
    const source = { host: '127.0.0.1', port: client.socket.localPort }
    expect(relay.table.all().map((each) => each.snapshot())).toMatchObject([
      { source, target: target.end, bytesUp: 5, bytesDown: 5 },
    ])
    client.socket.end()
    expect(await client.over()).toBe('end')
    expect(await relay.over()).toMatchObject([
      { source, target: target.end, bytesUp: 5, bytesDown: 5, reason: 'closed' },
    ])
    expect(relay.table.all()).toEqual([])
    expect([...relay.targets, ...relay.reached]).toEqual([[0, null], null])
  })

  it('keeps the other direction open after a half-close', async () => {
    const target = await world.target()
    const relay = await relayTo({ targets: [target.end] })
    const coming = target.next()
    const client = await world.client(relay.port)
    const server = await coming
    client.socket.end('question')
    server.resume()
    await once(server, 'end')
    server.write('an answer ')
    await client.bytes(10)
    expect(client.outcome).toBeNull()
    server.end('and more')
    expect(await client.over()).toBe('end')
    expect(client.got.toString()).toBe('an answer and more')
    expect(await relay.over()).toMatchObject([{ bytesUp: 8, bytesDown: 18, reason: 'closed' }])
  })

  /** A target at port 1 does not answer. */
  const withSilence = (): TcpWorldOptions & { dialled: Promise<void> } => {
    let begun = none
    const dialled = new Promise<void>((resolve) => (begun = resolve))
    const connect = useHandles ? connectHandle : connectSocket
    return {
      dialled,
      connect: (to, owner, waiter) => {
        if (to.port !== 1) return connect(to, owner, waiter)
        begun()
        return silent
      },
    }
  }

  it('notices that a client breaks off while its target is dialled', async () => {
    const { dialled, ...options } = withSilence()
    const relay = await relayTo({ targets: [{ host: '127.0.0.1', port: 1 }], connectTimeoutSeconds: 60 }, options)
    const client = await world.client(relay.port)
    await dialled
    await relay.clock.advance(200)
    // Node's own way ends the stream in order before it resets, which is a half-close like any other.
    ;(client.socket as unknown as { _handle: { reset: () => number } })._handle.reset()
    expect(await relay.over()).toMatchObject([{ reason: 'reset', bytesUp: 0 }])
    expect(relay.clock.waits().length).toBeLessThanOrEqual(1)
  })

  it('passes on what a half-closed client said while its target was dialled', async () => {
    const { dialled, ...options } = withSilence()
    const target = await world.echo()
    const targets = [{ host: '127.0.0.1', port: 1 }, target.end]
    const relay = await relayTo({ targets, connectTimeoutSeconds: 3 }, options)
    const client = await world.client(relay.port)
    await dialled
    const question = Buffer.alloc(MB, 'q')
    client.socket.end(question)
    await relay.clock.advance(1000)
    await relay.clock.advance(3000)
    expect(await client.over()).toBe('end')
    expect(client.got.equals(question)).toBe(true)
    expect(await relay.over()).toMatchObject([{ reason: 'closed', bytesUp: MB, bytesDown: MB }])
  })

  it.each([0, 4])('tells the target of the end of a client that said %d bytes while it was dialled', async (size) => {
    const { dialled, ...options } = withSilence()
    const target = await world.echo()
    const targets = [{ host: '127.0.0.1', port: 1 }, target.end]
    const rate = { ...noLimits, perRule: { up: 1024, down: null } }
    const relay = await relayTo({ targets, connectTimeoutSeconds: 3, limits: rate }, options)
    const client = await world.client(relay.port)
    await dialled
    await relay.clock.advance(200)
    client.socket.end(Buffer.alloc(size, 'q'))
    await new Promise((resolve) => setImmediate(resolve))
    await relay.clock.advance(4000)
    expect(await client.over()).toBe('end')
    expect(await relay.over()).toMatchObject([{ reason: 'closed', bytesUp: size, bytesDown: size }])
  })

  it('says in its log that a limit turned a client away', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end], limits: { ...noLimits, maxConnections: 1 } })
    await (await world.client(relay.port)).ask('first')
    expect(await (await world.client(relay.port)).over()).toBe('ECONNRESET')
    expect(relay.logged).toMatchObject([{ level: 'warn', code: 'limit.connections' }])
  })

  it('keeps the client sending after the target ended its direction', async () => {
    const target = await world.target((socket) => socket.end('bye'))
    const relay = await relayTo({ targets: [target.end] })
    const client = await world.client(relay.port)
    expect(await client.over()).toBe('end')
    const server = target.sockets[0] as Socket
    client.send('still here')
    expect(String((await once(server, 'data'))[0])).toBe('still here')
    client.socket.end()
    expect(await relay.over()).toMatchObject([{ bytesUp: 10, bytesDown: 3, reason: 'closed' }])
  })

  it('passes a reset of the client on to the target', async () => {
    const target = await world.target()
    const relay = await relayTo({ targets: [target.end] })
    const coming = target.next()
    const client = await world.client(relay.port)
    const server = await coming
    const error = once(server, 'error')
    server.resume()
    client.socket.resetAndDestroy()
    expect(((await error)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET')
    expect(await relay.over()).toMatchObject([{ reason: 'reset' }])
  })

  it('passes a reset of the target on to the client', async () => {
    const target = await world.target((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const relay = await relayTo({ targets: [target.end] })
    const client = await world.client(relay.port)
    client.send('hello')
    expect(await client.over()).toBe('ECONNRESET')
    expect(await relay.over()).toMatchObject([{ reason: 'reset' }])
  })

  it.each([
    ['', 100, false],
    ['', 300_000, false],
    [' to a half-closed client', 100, true],
    [' to a half-closed client', 300_000, true],
  ])('takes a reset right behind data%s for no orderly end: %d bytes', async (_, size, isHalfClosed) => {
    const target = await world.target((socket) => {
      socket.once('data', () => socket.write(Buffer.alloc(size), () => socket.resetAndDestroy()))
    })
    const relay = await relayTo({ targets: [target.end] })
    const client = await world.client(relay.port)
    if (isHalfClosed) client.socket.end('hello')
    else client.send('hello')
    expect(await client.over()).toBe('ECONNRESET')
    expect(await relay.over()).toMatchObject([{ reason: 'reset' }])
  })

  it.each([100, 300_000])('does not end an upload in order whose client resets behind %d bytes', async (size) => {
    const target = await world.target()
    const relay = await relayTo({ targets: [target.end] })
    const coming = target.next()
    const client = await world.client(relay.port)
    const server = await coming
    const outcome = new Promise((resolve) => {
      server.once('end', () => resolve('end'))
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
    server.resume()
    client.socket.write(Buffer.alloc(size), () => client.socket.resetAndDestroy())
    expect(await outcome).toBe('ECONNRESET')
    expect(await relay.over()).toMatchObject([{ reason: 'reset' }])
  })

  it('brings what a target said before it refused the rest', async () => {
    const target = await world.target((socket) => {
      socket.once('data', () => {
        // What is left unread when it closes has the system refuse it.
        socket.pause()
        socket.end('too much')
        socket.once('finish', () => socket.destroy())
      })
    })
    const relay = await relayTo({ targets: [target.end] })
    const client = await world.client(relay.port)
    client.send(Buffer.alloc(4 * MB))
    await client.over()
    // Node's sockets drop what they have not read when a write fails.
    if (useHandles) expect(client.got.toString()).toBe('too much')
    await relay.over()
  })

  it('stops reading when the receiver is slow, and loses nothing', async () => {
    const target = await world.target((socket) => socket.pause())
    const relay = await relayTo({ targets: [target.end] })
    const coming = target.next()
    const client = await world.client(relay.port)
    const server = await coming
    const size = 64 * MB
    const block = Buffer.alloc(MB, 'warren relays bytes ')
    const sent = createHash('sha256')
    let taken = 0
    const feed = async (): Promise<void> => {
      for (; taken < size; taken += MB) {
        sent.update(block)
        if (!client.socket.write(block)) await once(client.socket, 'drain')
      }
      client.socket.end()
    }
    const feeding = feed()
    // The kernel's buffers are full when nothing moves any more.
    for (let before = -1; before !== relay.moved.up || before === 0;) {
      before = relay.moved.up
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(relay.moved.up).toBeLessThan(size / 2)
    const got = createHash('sha256')
    server.on('data', (data: Buffer) => got.update(data))
    server.resume()
    await once(server, 'end')
    await feeding
    expect(got.digest('hex')).toBe(sent.digest('hex'))
    server.end()
    expect(await relay.over()).toMatchObject([{ bytesUp: size, reason: 'closed' }])
  })

  it('carries much both ways at once', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end] })
    const clients = await Promise.all(Array.from({ length: 8 }, () => world.client(relay.port)))
    const data = clients.map((_each, at) => Buffer.alloc(4 * MB, `client ${at} `))
    const counts = clients.map((client) => {
      let length = 0
      const hash = createHash('sha256')
      client.socket.removeAllListeners('data')
      client.socket.on('data', (chunk: Buffer) => {
        length += chunk.length
        hash.update(chunk)
      })
      return { digest: () => hash.digest('hex'), length: () => length }
    })
    for (const [at, client] of clients.entries()) client.socket.end(data[at] ?? '')
    expect(await Promise.all(clients.map((client) => client.over()))).toEqual(clients.map(() => 'end'))
    for (const [at, count] of counts.entries()) {
      expect(count.digest()).toBe(
        createHash('sha256')
          .update(data[at] ?? '')
          .digest('hex'),
      )
    }
    expect(await relay.over(8)).toHaveLength(8)
    expect(relay.moved).toEqual({ up: 32 * MB, down: 32 * MB, began: 8 })
  })

  it('ends what is idle, and only that', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end], idleSeconds: 8 })
    const quiet = await world.client(relay.port)
    const busy = await world.client(relay.port)
    await quiet.ask('one')
    await busy.ask('one')
    await relay.clock.advance(6000)
    await busy.ask('two')
    await relay.clock.advance(4000)
    expect(await quiet.over()).toBe('ECONNRESET')
    expect(relay.ended).toMatchObject([{ bytesUp: 3, reason: 'idle' }])
    expect(await busy.ask('three')).toBe('three')
  })

  it('ends a connection from the table, on both sides', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end] })
    const client = await world.client(relay.port)
    await client.ask('hello')
    relay.table.all()[0]?.end()
    expect(await client.over()).toBe('ECONNRESET')
    expect(relay.ended).toMatchObject([{ reason: 'ended' }])
  })

  it('frees its port and ends its connections when it is closed', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end], listenPort: await freePort() })
    const client = await world.client(relay.port)
    await client.ask('hello')
    await relay.carrier.close('stopped')
    expect(relay.ended).toMatchObject([{ reason: 'stopped' }])
    expect(await client.over()).toBe('ECONNRESET')
    const again = await relayTo({ targets: [target.end], listenPort: relay.port })
    expect(await (await world.client(again.port)).ask('again')).toBe('again')
  })

  it('keeps connections while rates are set, changed and taken away', async () => {
    const target = await world.echo()
    const relay = await relayTo({ targets: [target.end] })
    const client = await world.client(relay.port)
    await client.ask('before')
    relay.edit({ limits: { ...noLimits, perConnection: { up: 200 * 1024, down: 100 * 1024 } } })
    const data = Buffer.alloc(MB, 'some text of no particular length ')
    client.send(data)
    await client.bytes(20_000)
    relay.edit({ limits: { ...noLimits, perRule: { up: 400 * 1024, down: null } } })
    await client.bytes(100_000)
    relay.edit({ limits: noLimits })
    const got = (await client.bytes(MB + 6)).subarray(6)
    expect(got.equals(data)).toBe(true)
    expect(relay.moved).toMatchObject({ up: MB + 6, down: MB + 6 })
  })

  it('passes exactly as many bytes as the budget has', async () => {
    const target = await world.target((socket) => socket.resume())
    const relay = await relayTo({ targets: [target.end] })
    relay.limiter.setBudget({ bytes: 100_001, counts: 'both', then: 'stop', slowRate: 16_384 })
    const coming = target.next()
    const client = await world.client(relay.port)
    const server = await coming
    let got = 0
    server.on('data', (data: Buffer) => (got += data.length))
    client.send(Buffer.alloc(MB))
    while (got < 100_001) await once(server, 'data')
    expect(relay.limiter.isSpent).toBe(true)
    expect(relay.moved.up).toBe(100_001)
    const refused = await world.client(relay.port)
    expect(await refused.over()).toBe('ECONNRESET')
  })
})

const silent: TcpEnd = {
  ...{ owner: nobody, remoteAddress: '', remotePort: 0, localAddress: '', localPort: 0, hasReadEnd: false },
  ...{ resume: none, pause: none, keepEnd: none, write: () => true, shutdown: none, close: none, reset: none },
}

function none(): void {
  // It does nothing.
}
