import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { download, plain, startBulkTarget, upload, type BulkTarget } from '../../support/bulk-target'
import { checkLeaks } from '../../support/leaks'
import { startSshd, type Sshd } from '../../support/sshd'
import { forwardSpec, makeEngine } from '../world'
import { specOf } from './harness'

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
})
