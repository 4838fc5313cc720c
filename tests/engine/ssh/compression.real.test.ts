import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { download, plain, startBulkTarget, upload, type BulkTarget } from '../../support/bulk-target'
import { checkLeaks } from '../../support/leaks'
import { startSshd, type Sshd } from '../../support/sshd'
import { forwardSpec, makeEngine } from '../world'
import { createSessionPool } from '../../../src/engine/ssh'
import { makeWorld, options, specOf } from './harness'

const KEEPALIVE_SECONDS = 0.2
/** Many times what a silent session gets. */
const SESSION_MS = 4000

describe('Compression of the ssh config', () => {
  checkLeaks()
  let sshd: Sshd
  let target: BulkTarget
  beforeAll(async () => {
    sshd = await startSshd({ config: ['Compression yes', 'LogLevel DEBUG'] })
    target = await startBulkTarget()
  })
  afterAll(async () => {
    await target.stop()
    await sshd.stop()
  })

  it('compresses what is carried, without changing it', async () => {
    const route = { server: { ...specOf(sshd), config: { compression: true } }, hops: [] }
    const { engine, until } = makeEngine({ ports: { route: () => route, plan: () => Promise.resolve(route) } })
    const spec = forwardSpec({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: target.port })
    engine.define(spec)
    engine.start(spec.id)
    const { listen, reason } = await until(spec.id, ({ state }) => ['running', 'failed'].includes(state))
    expect(reason).toBeNull()
    if ('path' in listen) throw new Error('It listens at a path')
    for (const move of [upload, download]) {
      const { sent, received } = await move(plain(listen.port), 8)
      expect(received).toBe(sent)
    }
    expect(sshd.log()).toMatch(/compression: zlib@openssh\.com/)
    await engine.close()
  })

  it('does not make a session behind a hop look silent', async () => {
    const pool = createSessionPool({ ports: makeWorld().ports })
    const server = { ...specOf(sshd), id: 'inner', config: { compression: true }, keepaliveSeconds: KEEPALIVE_SECONDS }
    const { session } = await pool.acquire({ server, hops: [specOf(sshd)] }, options())
    const ended = session.closed.then(({ error }) => error)
    const over = performance.now() + SESSION_MS
    while (performance.now() < over) await session.probe(10_000)
    expect(session.snapshot().state).toBe('ready')
    await pool.close()
    expect(await ended).toBeNull()
  })
})
