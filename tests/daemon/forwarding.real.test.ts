import { createHash, randomBytes } from 'node:crypto'
import { get } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { Endpoint } from '@shared/endpoints'
import type { ForwardView } from '@shared/snapshots'
import { connectBuilt, endBuilt, localDraft, nextEvent, temporaryHome } from '../support/daemon'
import { startSshd, type Sshd } from '../support/sshd'

const PAYLOAD_BYTES = 8 * 1024 * 1024
const SETTLE_MS = 60_000

let place: ReturnType<typeof temporaryHome>
let home: string

beforeEach(() => {
  place = temporaryHome()
  home = place.home
})
afterEach(async () => {
  await endBuilt(home)
  place.remove()
})

function portOf(end: Endpoint): number {
  if ('path' in end) throw new Error('a path has no port')
  return end.port
}

function connectTo(view: ForwardView): Socket {
  return connect(portOf(view.snapshot.listen), '127.0.0.1')
}

/** Sends `payload`, half-closes, and resolves with the hash of everything that came back. */
function roundTrip(socket: Socket, payload: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256')
    socket.on('data', (part) => hash.update(part))
    socket.on('end', () => resolve(hash.digest('hex')))
    socket.on('error', reject)
    socket.end(payload)
  })
}

async function running(client: DaemonClient, id: string): Promise<ForwardView> {
  const [view] = await client.call('forwards.wait', { ids: [id], timeoutMs: SETTLE_MS })
  if (view?.snapshot.state !== 'running') throw new Error(`it is ${JSON.stringify(view?.snapshot)}`)
  return view
}

describe('with a real sshd', () => {
  let sshd: Sshd
  let echo: Server

  beforeEach(async () => {
    sshd = await startSshd()
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined)
      socket.pipe(socket)
    })
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    await sshd.stop()
    await new Promise((resolve) => echo.close(resolve))
  })

  async function addEcho(client: DaemonClient): Promise<string> {
    const server = await client.call('servers.add', {
      ...{ name: 'real', host: sshd.host, port: sshd.port, username: sshd.username },
      ...{ identityFiles: [sshd.clientKey], identitiesOnly: true, agent: 'none' },
    })
    const remotePort = (echo.address() as AddressInfo).port
    const more = { localPort: 0, remoteHost: '127.0.0.1', remotePort }
    return (await client.call('forwards.add', localDraft(server.id, 'echo', more))).spec.id
  }

  it('asks for the host key, carries bytes, and after kill -9 carries them again without a question', async () => {
    const client = await connectBuilt(home)
    const id = await addEcho(client)
    await client.call('events.subscribe', { topics: ['needs', 'activity'] })
    const asked = nextEvent(client, 'needs.changed', ({ needs }) => needs.length === 1)
    await client.call('forwards.start', { ids: [id] })
    const [need] = (await asked).needs
    expect(need).toMatchObject({ kind: 'host-key', fingerprint: sshd.hostKeyFingerprint, forwardIds: [id] })
    await client.call('needs.answer', { id: need?.id ?? '', answer: { kind: 'host-key', decision: 'trust' } })
    const view = await running(client, id)

    const payload = randomBytes(PAYLOAD_BYTES)
    const expected = createHash('sha256').update(payload).digest('hex')
    expect(await roundTrip(connectTo(view), payload)).toBe(expected)
    const { snapshot } = await client.call('forwards.get', { id })
    expect(snapshot).toMatchObject({ bytesUp: PAYLOAD_BYTES, bytesDown: PAYLOAD_BYTES, totalConnections: 1 })
    expect(await client.call('trust.list', {})).toMatchObject([{ fingerprint: sshd.hostKeyFingerprint }])

    process.kill(client.daemon.pid, 'SIGKILL')
    await client.closed
    const next = await connectBuilt(home)
    const again = await running(next, id)
    expect(await roundTrip(connectTo(again), payload)).toBe(expected)
    const kinds = (await next.call('activity.list', {})).map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['started', 'needs-you', 'trusted', 'added']))
  })

  it('shows the reason and the countdown while the server is away, and recovers by itself', async () => {
    const client = await connectBuilt(home)
    const id = await addEcho(client)
    await client.call('events.subscribe', { topics: ['forwards', 'activity'] })
    await client.call('forwards.start', { ids: [id], hostKeyPolicy: 'accept-new' })
    await running(client, id)
    const waiting = nextEvent(client, 'forwards.changed', ({ changed }) => changed[0]?.snapshot.state === 'waiting')
    await sshd.halt()
    const [lost] = (await waiting).changed
    expect(lost?.snapshot.reason?.message).toBeTruthy()
    expect(lost?.snapshot.nextTryAt).not.toBeNull()
    const recovered = nextEvent(client, 'activity.added', ({ event }) => event.kind === 'recovered')
    await sshd.start()
    expect((await recovered).event.subject).toBe('echo')
    const payload = randomBytes(1000)
    const view = await running(client, id)
    expect(await roundTrip(connectTo(view), payload)).toBe(createHash('sha256').update(payload).digest('hex'))
    const kinds = (await client.call('activity.list', {})).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'interrupted')).toHaveLength(1)
  })
})

describe('the demo', () => {
  it('works by a start alone: each of its three forwards reaches a page', async () => {
    const client = await connectBuilt(home)
    const { forwardIds } = await client.call('demo.start', {})
    await client.call('forwards.start', { ids: [...forwardIds] })
    const views = await client.call('forwards.wait', { ids: [...forwardIds], timeoutMs: SETTLE_MS })
    expect(views.map(({ snapshot }) => [snapshot.type, snapshot.state])).toEqual([
      ['local', 'running'],
      ['remote', 'running'],
      ['dynamic', 'running'],
    ])
    expect(await client.call('needs.list', {})).toEqual([])
    const [local, remote, dynamic] = views.map(({ snapshot }) => portOf(snapshot.listen))
    expect(await page(connect(local ?? 0, '127.0.0.1'))).toContain('It works')
    expect(await page(connect(remote ?? 0, '127.0.0.1'))).toContain('It works')
    expect(await page(await socks(dynamic ?? 0, 'web.demo', 80))).toContain('It works')
  })
})

function page(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ createConnection: () => socket, host: 'web.demo', path: '/' }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => {
        text += part.toString()
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}

/** SOCKS5 with a domain name (RFC 1928). */
function socks(proxyPort: number, host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(proxyPort, '127.0.0.1')
    socket.on('error', reject)
    socket.write(Buffer.from([5, 1, 0]))
    socket.once('data', () => {
      const name = Buffer.from(host)
      socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 0xff])]))
      socket.once('data', (reply) => {
        if (reply[1] === 0) resolve(socket)
        else reject(new Error(`SOCKS reply ${reply[1]}`))
      })
    })
  })
}
