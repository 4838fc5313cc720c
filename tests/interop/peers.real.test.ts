/** Servers that are not OpenSSH's carry the same bytes: each kind of forward 100 MB. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ForwardDraft } from '../../src/shared/specs'
import { serverSpec } from '../engine/ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from '../engine/world'
import { download, plain, startBulkTarget, throughSocks, upload, type BulkTarget } from '../support/bulk-target'
import { checkLeaks } from '../support/leaks'
import { startAsyncssh, startDropbear, startSsh2Server, type Peer } from '../support/peers'

const MEGABYTES = 100
/** A slow machine carries what the slowest of them, in Python, carries. */
const TIMEOUT_MS = 120_000

checkLeaks()

let target: BulkTarget
beforeAll(async () => {
  target = await startBulkTarget()
})
afterAll(() => target.stop())

describe.each([
  ['dropbear', startDropbear, /ssh-ed25519/],
  ['asyncssh', startAsyncssh, /ecdsa-sha2-nistp256/],
  ['the server of ssh2', startSsh2Server, /rsa-sha2/],
])('%s', (_name, startPeer, hostKey) => {
  let peer: Peer
  let running: EngineWorld
  beforeAll(async () => {
    peer = await startPeer()
  })
  afterAll(() => peer.stop())
  beforeEach(() => {
    running = makeEngine()
    running.servers.set(
      'server-1',
      serverSpec({ port: peer.port, username: peer.username, identityFiles: [peer.clientKey] }),
    )
  })
  afterEach(() => running.engine.close())

  async function start(draft: Partial<ForwardDraft> & Pick<ForwardDraft, 'type'>): Promise<number> {
    const spec = forwardSpec(draft)
    running.engine.define(spec)
    running.engine.start(spec.id)
    const { reason, listen } = await running.until(spec.id, ({ state }) =>
      ['running', 'failed', 'waiting'].includes(state),
    )
    expect(reason, peer.log()).toBeNull()
    expect(running.engine.sessions()[0]?.algorithms?.hostKey).toMatch(hostKey)
    if ('path' in listen) throw new Error('It listens at a path')
    return listen.port
  }

  it('carries 100 MB through a local forward', { timeout: TIMEOUT_MS }, async () => {
    const port = await start({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: target.port })
    const { sent, received } = await download(plain(port), MEGABYTES)
    expect(received).toBe(sent)
  })

  it('carries 100 MB through a remote forward', { timeout: TIMEOUT_MS }, async () => {
    const port = await start({ type: 'remote', remotePort: 0, localHost: '127.0.0.1', localPort: target.port })
    const { sent, received } = await upload(plain(port), MEGABYTES)
    expect(received).toBe(sent)
  })

  it('carries 100 MB through a dynamic forward', { timeout: TIMEOUT_MS }, async () => {
    const port = await start({ type: 'dynamic', bindPort: 0 })
    const { sent, received } = await upload(throughSocks(port, target.port), MEGABYTES)
    expect(received).toBe(sent)
  })
})
