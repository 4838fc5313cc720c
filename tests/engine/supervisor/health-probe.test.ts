import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { probeHealth } from '../../../src/engine/supervisor/_health-probe'
import { fakeSession } from '../../support/fake-pool'
import { specWith } from './_supervised'

describe('a SOCKS health check of an on-demand forward', () => {
  it('does not come as a client, which would keep it awake', async () => {
    const check = { kind: 'socks', host: 'example.org', port: 443, everySeconds: 10 } as const
    const dynamic = { type: 'dynamic', bindPort: 0, localPort: null, remoteHost: null, remotePort: null } as const
    const asked: unknown[] = []
    const session = fakeSession({
      openChannel: (target) => {
        asked.push(target)
        return Promise.resolve(new PassThrough())
      },
    })
    await probeHealth({
      ...{ check, session, spec: specWith({ ...dynamic, onDemand: true, health: check }) },
      // Nobody listens there: a client would be refused.
      bound: { host: '127.0.0.1', port: 1 },
      signal: new AbortController().signal,
    })
    expect(asked).toEqual([{ host: 'example.org', port: 443 }])
  })
})
