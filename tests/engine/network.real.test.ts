import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createNetworkWatch, type NetworkWatch } from '../../src/daemon/network-watch'
import { greets as greetsWithin } from '../support/flow'
import { freePort } from '../support/free-port'
import { checkLeaks } from '../support/leaks'
import { makeNetwork, mayMakeNetworks, type OwnNetwork } from '../support/netns'
import { startSshd, type Sshd } from '../support/sshd'
import { specOf } from './ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from './world'

const SSHD_PORT = 2222
/** For a login, and for an sshd that forks for twenty clients at once: how fast a busy machine does that is not what is tested. */
const PATIENCE_MS = 60_000

checkLeaks()

let sshd: Sshd
let it_: EngineWorld
let closers: (() => unknown)[]

beforeEach(() => {
  it_ = makeEngine()
  closers = []
})
afterEach(async () => {
  await it_.engine.close()
  for (const close of closers.reverse()) await close()
})

async function serve(options: Parameters<typeof startSshd>[0] = {}): Promise<void> {
  sshd = await startSshd(options)
  closers.push(() => sshd.stop())
  it_.servers.set('server-1', specOf(sshd, { host: sshd.host, keepaliveSeconds: 1 }))
}

/** A forward to the server's own greeting. */
async function define(change: Partial<Parameters<typeof forwardSpec>[0]> = {}): Promise<{ id: string; port: number }> {
  const port = await freePort()
  const ends = { type: 'local', localPort: port, remoteHost: sshd.host, remotePort: sshd.port } as const
  const spec = forwardSpec({ ...ends, ...change })
  it_.engine.define(spec)
  it_.engine.start(spec.id)
  await it_.until(spec.id, ({ state }) => state === 'running')
  return { id: spec.id, port }
}

const greets = (port: number): Promise<boolean> => greetsWithin(port, PATIENCE_MS)

function logins(): number {
  return sshd.log().match(/Accepted publickey/g)?.length ?? 0
}

describe.runIf(mayMakeNetworks())('a network of its own', () => {
  let net: OwnNetwork
  let watch: NetworkWatch

  beforeEach(async () => {
    net = makeNetwork()
    closers.push(() => net.remove())
    await serve({ listenAddress: net.serverAddress, port: SSHD_PORT, wrap: net.wrap })
    watch = createNetworkWatch({ onChange: () => it_.engine.networkChanged() })
    watch.setActive(true)
    closers.push(() => watch.setActive(false))
  })

  it('that is cut without a reset is found dead, and carries again once healed', async () => {
    const { id, port } = await define()
    expect(await greets(port)).toBe(true)
    net.cut()
    const waiting = await it_.until(id, ({ state }) => state === 'waiting')
    expect(waiting.reason?.code).toBe('ssh.keepalive-timeout')
    net.heal()
    await it_.until(id, ({ state }) => state === 'running')
    expect(await greets(port)).toBe(true)
  })

  it('where this machine gets another address is probed at once, and the session replaced', async () => {
    // Keepalives alone would take an hour.
    it_.servers.set('server-1', specOf(sshd, { host: sshd.host, keepaliveSeconds: 1200 }))
    const { id, port } = await define()
    net.changeAddress()
    watch.look()
    const waiting = await it_.until(id, ({ state }) => state === 'waiting')
    expect(waiting.reason?.message).toContain('has not answered for 5 s')
    await it_.until(id, ({ state }) => state === 'running')
    expect(await greets(port)).toBe(true)
  })
})

describe('twenty forwards of one server', () => {
  it('that goes away and comes back share one login', async () => {
    await serve()
    const all: { id: string; port: number }[] = []
    for (let count = 0; count < 20; count += 1) all.push(await define())
    expect(logins()).toBe(1)
    await sshd.halt()
    for (const { id } of all) await it_.until(id, ({ state }) => state === 'waiting')
    await sshd.start()
    for (const { id } of all) await it_.until(id, ({ state }) => state === 'running')
    expect(await Promise.all(all.map(({ port }) => greets(port)))).not.toContain(false)
    expect(logins()).toBe(2)
  })
})

describe('an on-demand forward', () => {
  it('logs in with its first client and lets the session go when nobody is left', async () => {
    await serve()
    const { id, port } = await define({ onDemand: true, idleSeconds: 1 })
    expect(it_.engine.snapshot(id).asleep).toBe(true)
    expect(logins()).toBe(0)
    expect(await greets(port)).toBe(true)
    expect(logins()).toBe(1)
    const asleep = await it_.until(id, (snapshot) => snapshot.asleep)
    expect(asleep).toMatchObject({ state: 'running', connections: 0 })
    expect(it_.engine.sessions()[0]?.leases ?? 0).toBe(0)
    expect(await greets(port)).toBe(true)
  })
})

describe('a health check', () => {
  let page: Server
  let status: number

  beforeEach(async () => {
    status = 200
    page = createServer((_request, response) => {
      response.writeHead(status)
      response.end()
    })
    page.listen(0, '127.0.0.1')
    await once(page, 'listening')
    closers.push(async () => {
      page.closeAllConnections()
      page.close()
      await once(page, 'close')
    })
    await serve()
  })

  it('by HTTP degrades a forward while the page fails, and leaves the session alone', async () => {
    const health = { kind: 'http', path: '/', status: null, everySeconds: 1 } as const
    const { port: remotePort } = page.address() as AddressInfo
    const { id } = await define({ remoteHost: '127.0.0.1', remotePort, health })
    await it_.until(id, (snapshot) => snapshot.health?.healthy === true)
    status = 503
    const degraded = await it_.until(id, ({ state }) => state === 'degraded')
    expect(degraded.reason?.code).toBe('health.failed')
    expect(degraded.reason?.message).toContain('/ answers 503')
    status = 204
    await it_.until(id, ({ state }) => state === 'running')
    expect(logins()).toBe(1)
  })

  it('by SOCKS goes through the listener', async () => {
    const health = { kind: 'socks', host: 'localhost', port: sshd.port, everySeconds: 1 } as const
    const dynamic = { type: 'dynamic', bindPort: 0, localPort: null, remoteHost: null, remotePort: null } as const
    const { id } = await define({ ...dynamic, health })
    const { state } = await it_.until(id, (snapshot) => snapshot.health?.healthy === true)
    expect(state).toBe('running')
    expect(it_.engine.snapshot(id).totalConnections).toBeGreaterThan(0)
  })
})
