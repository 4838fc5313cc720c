import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import { isRunning } from '../../../src/daemon/_running'
import { connectBuilt, endBuilt, temporaryHome } from '../../support/daemon'
import { freePort } from '../../support/free-port'

const KILLS = 12
/** There and back in a millisecond or two, on a fast machine. */
const CHUNKS_UNTOLD = 64
const CHUNK = 4096

let place: ReturnType<typeof temporaryHome>
let home: string
let target: Server
let received = 0

beforeEach(async () => {
  place = temporaryHome()
  home = place.home
  received = 0
  target = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      socket.write(chunk)
    })
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
})
afterEach(async () => {
  await endBuilt(home)
  target.close()
  place.remove()
})

async function addRelay(client: DaemonClient, more = {}): Promise<{ id: string; port: number }> {
  const port = await freePort()
  const { spec } = await client.call('relays.add', {
    ...{ name: 'echo', protocol: 'tcp', listenPort: port },
    targets: [{ host: '127.0.0.1', port: (target.address() as AddressInfo).port }],
    ...more,
  })
  await client.call('relays.start', { ids: [spec.id] })
  await client.call('relays.wait', { ids: [spec.id], timeoutMs: 60_000 })
  return { id: spec.id, port }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Sends chunks, each when the one before came back whole. Resolves with the bytes that came back when it is enough or over. */
function bounce(socket: Socket, chunks: number): Promise<number> {
  return new Promise((resolve) => {
    let back = 0
    const isEnough = (): boolean => back >= chunks * CHUNK
    socket.on('close', () => resolve(back))
    socket.on('data', (chunk: Buffer) => {
      back += chunk.length
      if (isEnough()) resolve(back)
      else if (back % CHUNK === 0) socket.write(Buffer.alloc(CHUNK))
    })
    socket.write(Buffer.alloc(CHUNK))
  })
}

async function kill(client: DaemonClient): Promise<void> {
  const { pid } = client.daemon
  process.kill(pid, 'SIGKILL')
  await client.closed
  // Its listening socket is the last that the system closes: who comes before that is hung up on.
  await expect.poll(() => isRunning(pid)).toBe(false)
}

describe('the books of a daemon that is killed', () => {
  it('say what the target received, over many kills while bytes flow', async () => {
    let client = await connectBuilt(home)
    const { id, port } = await addRelay(client)
    let back = 0
    for (let round = 0; round < KILLS; round += 1) {
      await client.call('relays.wait', { ids: [id], timeoutMs: 60_000 })
      const socket = await open(port)
      back += await bounce(socket, 50 + 37 * round)
      // In the middle of the next chunk.
      const over = bounce(socket, 1_000_000)
      await kill(client)
      socket.destroy()
      back += await over
      client = await connectBuilt(home)
    }
    const [usage] = await client.call('traffic.usage', { ids: [id] })
    const { up, down } = usage?.ever ?? { up: 0, down: 0 }
    // Never twice: a chunk that the kill met on its way may be counted and not have arrived, one each way and kill.
    expect(up - received).toBeLessThanOrEqual(KILLS * CHUNK)
    expect(down - back).toBeLessThanOrEqual(KILLS * CHUNK)
    // The books hear of it once a millisecond: what chunks passed since may be missing.
    expect(received - up).toBeLessThanOrEqual(KILLS * CHUNKS_UNTOLD * CHUNK)
    expect(back - down).toBeLessThanOrEqual(KILLS * CHUNKS_UNTOLD * CHUNK)
    expect(usage?.connections).toBe(KILLS)
    for (const by of ['hour', 'day'] as const) {
      const rows = await client.call('traffic.rows', { id, by })
      expect(rows.reduce((sum, { up }) => sum + up, 0)).toBe(usage?.ever.up)
      expect(rows.reduce((sum, { down }) => sum + down, 0)).toBe(usage?.ever.down)
      expect(rows.reduce((sum, { connections }) => sum + connections, 0)).toBe(KILLS)
    }
    client.close()
  })

  it('are exact when nothing is on its way, and name the connections that were live', async () => {
    let client = await connectBuilt(home)
    const { id, port } = await addRelay(client)
    const socket = await open(port)
    await bounce(socket, 100)
    await client.call('traffic.history', { id })
    await kill(client)
    client = await connectBuilt(home)
    const [usage] = await client.call('traffic.usage', { ids: [id] })
    expect(usage?.ever).toEqual({ up: 100 * CHUNK, down: 100 * CHUNK })
    expect(await client.call('traffic.history', { id })).toMatchObject([
      { reason: 'crash', bytesUp: 100 * CHUNK, bytesDown: 100 * CHUNK, source: { host: '127.0.0.1' } },
    ])
    client.close()
  })

  it('keep a quota over the kill: what was used stays used', async () => {
    let client = await connectBuilt(home)
    const limits = { quota: { bytes: 10 * CHUNK, period: 'day' as const, counts: 'up' as const } }
    const { id, port } = await addRelay(client, { limits })
    await bounce(await open(port), 6)
    await client.call('traffic.usage', { ids: [id] })
    await kill(client)
    client = await connectBuilt(home)
    await client.call('relays.wait', { ids: [id], timeoutMs: 60_000 })
    await bounce(await open(port), 100)
    // The client hears of the end by another way than the target of the last bytes.
    await expect.poll(() => received).toBe(10 * CHUNK)
    const [view] = (await client.call('relays.list', {})).filter(({ spec }) => spec.id === id)
    expect(view?.snapshot).toMatchObject({ state: 'failed', reason: { code: 'limit.quota' } })
    // More of it, and it runs again.
    await client.call('relays.update', { id, patch: { limits: { quota: { ...limits.quota, bytes: 15 * CHUNK } } } })
    await client.call('relays.wait', { ids: [id], timeoutMs: 60_000 })
    await bounce(await open(port), 100)
    await expect.poll(() => received).toBe(15 * CHUNK)
    client.close()
  })
})
