/** Ways to a server: squid, dante, ssh as a proxy command, and a chain of three with a key and user each. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ServerRoute } from '../../src/engine'
import type { ForwardSnapshot } from '../../src/shared/snapshots'
import type { ServerSpec } from '../../src/shared/specs'
import { makeWorld, specOf, type World } from '../engine/ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from '../engine/world'
import { download, plain, startBulkTarget, upload, type BulkTarget } from '../support/bulk-target'
import { checkLeaks } from '../support/leaks'
import { startDante, startSquid, type Proxy } from '../support/proxies'
import { freePort } from '../support/free-port'
import { makeKey, startSshd, type Sshd } from '../support/sshd'

const LOGIN = { user: 'ann', password: 'p@ss:w rd' }
const MEGABYTES = 16

checkLeaks()

let sshd: Sshd
let target: BulkTarget
let world: World
let running: EngineWorld
let route: ServerRoute

beforeAll(async () => {
  sshd = await startSshd()
  target = await startBulkTarget()
})
afterAll(async () => {
  await target.stop()
  await sshd.stop()
})
beforeEach(() => {
  world = makeWorld()
  running = makeEngine({ world, ports: { route: () => route, plan: () => Promise.resolve(route) } })
})
afterEach(() => running.engine.close())

/** Starts a local forward to the target; what it settled on. */
async function start(way: ServerRoute): Promise<ForwardSnapshot> {
  route = way
  const spec = forwardSpec({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: target.port })
  running.engine.define(spec)
  running.engine.start(spec.id)
  return await running.until(spec.id, ({ state }) => ['running', 'failed', 'waiting'].includes(state))
}

async function expectBytes(way: ServerRoute): Promise<ForwardSnapshot> {
  const snapshot = await start(way)
  expect(snapshot.reason).toBeNull()
  const { listen } = snapshot
  if ('path' in listen) throw new Error('It listens at a path')
  for (const move of [upload, download]) {
    const { sent, received } = await move(plain(listen.port), MEGABYTES)
    expect(received).toBe(sent)
  }
  return snapshot
}

const through = (proxy: string): ServerRoute => ({ server: specOf(sshd, { proxy }), hops: [] })

describe('squid with a login', () => {
  let squid: Proxy
  beforeAll(async () => {
    squid = await startSquid({ login: LOGIN, ports: [sshd.port] })
  })
  afterAll(() => squid.stop())

  it('leads to the server with the saved password, and the row says so', async () => {
    world.secrets.set(`proxy ann@127.0.0.1:${squid.port}`, LOGIN.password)
    const { via } = await expectBytes(through(`http://ann@127.0.0.1:${squid.port}`))
    expect(via).toEqual([`proxy 127.0.0.1:${squid.port}`, 'bastion'])
    expect(world.asked.map(({ kind }) => kind)).toEqual(['host-key'])
  })

  it('gets a password that holds every awkward character', async () => {
    const login = `ann:${encodeURIComponent(LOGIN.password)}`
    await expectBytes(through(`http://${login}@127.0.0.1:${squid.port}`))
  })

  it('is told of as what refused, with no retry: a wrong password, and none', async () => {
    const before = squid.log().split('TCP_DENIED/407').length
    const wrong = await start(through(`http://ann:wrong@127.0.0.1:${squid.port}`))
    expect(wrong).toMatchObject({
      state: 'failed',
      nextTryAt: null,
      reason: {
        code: 'ssh.proxy-auth',
        message: `The proxy 127.0.0.1:${squid.port} refused the login of ann.`,
        field: 'proxy',
      },
    })
    const none = await start(through(`http://127.0.0.1:${squid.port}`))
    expect(none).toMatchObject({
      state: 'failed',
      nextTryAt: null,
      reason: { code: 'ssh.proxy-auth', message: `The proxy 127.0.0.1:${squid.port} wants a login.` },
    })
    expect(running.history(wrong.id)).not.toContain('waiting')
    // squid writes a line once the client is gone.
    await expect.poll(() => squid.log().split('TCP_DENIED/407').length - before).toBe(2)
  })

  it('says which port it does not lead to', async () => {
    const elsewhere = specOf(sshd, {
      port: await freePort(),
      proxy: `http://ann:${encodeURIComponent(LOGIN.password)}@127.0.0.1:${squid.port}`,
    })
    const { reason } = await start({ server: elsewhere, hops: [] })
    expect(reason).toMatchObject({
      code: 'ssh.proxy-failed',
      message: expect.stringContaining('it answered 403 Forbidden') as string,
      fix: `Many proxies let CONNECT go to port 443 only. Its administrator can allow port ${elsewhere.port}.`,
    })
  })
})

describe('dante', () => {
  let guarded: Proxy
  let open: Proxy
  beforeAll(async () => {
    ;[guarded, open] = await Promise.all([startDante({ login: LOGIN }), startDante({ login: null })])
  })
  afterAll(() => Promise.all([guarded.stop(), open.stop()]))

  it('leads to the server with a login', async () => {
    world.secrets.set(`proxy ann@127.0.0.1:${guarded.port}`, LOGIN.password)
    const { via } = await expectBytes(through(`socks5://ann@127.0.0.1:${guarded.port}`))
    expect(via).toEqual([`SOCKS proxy 127.0.0.1:${guarded.port}`, 'bastion'])
  })

  it('is told of as what refused, with no retry: a wrong password, and none', async () => {
    for (const login of ['ann:wrong@', '']) {
      const { id, state, reason } = await start(through(`socks5://${login}127.0.0.1:${guarded.port}`))
      expect(state).toBe('failed')
      expect(reason).toMatchObject({ code: 'ssh.proxy-auth', field: 'proxy' })
      expect(running.history(id)).not.toContain('waiting')
    }
  })

  it('leads to the server by SOCKS 4 and 5, with a name and an address', async () => {
    // dante takes the 0.0.0.1 of SOCKS 4a for an address, from curl too.
    for (const scheme of ['socks4', 'socks5', 'socks5h']) {
      for (const host of ['127.0.0.1', 'localhost']) {
        const server = specOf(sshd, { host, proxy: `${scheme}://127.0.0.1:${open.port}` })
        const { id, reason, state } = await start({ server, hops: [] })
        expect({ scheme, host, state, reason }).toEqual({ scheme, host, state: 'running', reason: null })
        await running.engine.stop(id)
      }
    }
  })

  it('says why it could not connect', async () => {
    const server = specOf(sshd, { port: await freePort(), proxy: `socks5://127.0.0.1:${open.port}` })
    const { reason } = await start({ server, hops: [] })
    expect(reason).toMatchObject({
      code: 'ssh.proxy-failed',
      message: `The proxy 127.0.0.1:${open.port} did not connect to 127.0.0.1:${server.port}: the connection was refused.`,
    })
  })
})

describe('a dynamic forward of Warren', () => {
  it('is a proxy of every kind for another server', async () => {
    route = { server: specOf(sshd), hops: [] }
    const socks = forwardSpec({ type: 'dynamic', bindPort: 0 })
    running.engine.define(socks)
    running.engine.start(socks.id)
    const { listen } = await running.until(socks.id, ({ state }) => state === 'running')
    if ('path' in listen) throw new Error('It listens at a path')
    for (const scheme of ['socks4', 'socks4a', 'socks5', 'http']) {
      const server = specOf(sshd, { id: scheme, host: 'localhost', proxy: `${scheme}://127.0.0.1:${listen.port}` })
      const { state, reason } = await start({ server, hops: [] })
      expect({ scheme, state, reason }).toEqual({ scheme, state: 'running', reason: null })
    }
  })
})

describe('a chain of three', () => {
  const users = ['root', 'daemon', 'nobody'] as const
  let hops: Sshd[]
  let dir: string
  let keys: string[]
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'warren-chain-'))
    hops = await Promise.all(users.map(() => startSshd({ config: ['AllowTcpForwarding yes'] })))
    keys = users.map((user, at) => {
      const key = join(dir, user)
      makeKey(key, at === 1 ? 'ecdsa' : 'ed25519')
      return key
    })
    hops.forEach((hop, at) => {
      hop.authorize(`${keys[at] ?? ''}.pub`)
      // sshd reads the file as the one who logs in.
      chmodSync(hop.dir, 0o711)
      chmodSync(join(hop.dir, 'authorized_keys'), 0o644)
    })
  })
  afterAll(async () => {
    await Promise.all(hops.map((hop) => hop.stop()))
    rmSync(dir, { recursive: true, force: true })
  })

  /** The spec of the hop at `index`, with its own user and nothing but its own key. */
  const hopSpec = (index: number): ServerSpec => {
    const [hop, key, user] = [hops[index], keys[index], users[index]]
    if (hop === undefined || key === undefined || user === undefined) throw new Error('No such hop')
    return specOf(hop, {
      id: `hop-${index}`,
      name: `hop-${index}`,
      username: user,
      identityFiles: [key],
      identitiesOnly: true,
    })
  }

  it('carries bytes, each hop with its own user, key and trust', async () => {
    const { via } = await expectBytes({ server: hopSpec(2), hops: [hopSpec(0), hopSpec(1)] })
    expect(via).toEqual(['hop-0', 'hop-1', 'hop-2'])
    expect(world.pins.map(({ host }) => host)).toEqual(hops.map(({ port }) => `[127.0.0.1]:${port}`))
    for (const [index, hop] of hops.entries()) {
      expect(hop.log()).toContain(`Accepted publickey for ${users[index] ?? ''}`)
    }
  })

  it('shares each hop with whatever else goes through it', async () => {
    await start({ server: hopSpec(2), hops: [hopSpec(0), hopSpec(1)] })
    await start({ server: hopSpec(1), hops: [hopSpec(0)] })
    await start({ server: hopSpec(0), hops: [] })
    expect(
      running.engine
        .sessions()
        .map(({ server, leases }) => [server, leases])
        .sort(),
    ).toEqual([
      ['hop-0', 2],
      ['hop-1', 2],
      ['hop-2', 1],
    ])
  })

  it('says which hop did not let us in', async () => {
    const stranger = { ...hopSpec(1), identityFiles: [keys[0] ?? ''] }
    const { state, reason } = await start({ server: hopSpec(2), hops: [hopSpec(0), stranger] })
    expect(state).toBe('failed')
    expect(reason).toMatchObject({ code: 'ssh.auth-failed' })
    expect(reason?.message).toMatch(/^hop-1 refused the login of daemon/)
  })

  it('begins behind a proxy', async () => {
    const squid = await startSquid({ login: null })
    const first = { ...hopSpec(0), proxy: `http://127.0.0.1:${squid.port}` }
    const { via } = await expectBytes({ server: hopSpec(1), hops: [first] })
    expect(via).toEqual([`proxy 127.0.0.1:${squid.port}`, 'hop-0', 'hop-1'])
    await squid.stop()
  })

  it('may be made by ssh itself as a proxy command', async () => {
    const { port, clientKey } = sshd
    const ssh = `ssh -F none -i ${clientKey} -p ${port} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -W %h:%p ${execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()}@127.0.0.1`
    const { via } = await expectBytes({ server: { ...hopSpec(0), proxyCommand: ssh }, hops: [] })
    expect(via).toEqual(['proxy command', 'hop-0'])
  })
})
