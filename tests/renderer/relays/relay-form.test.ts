import { describe, expect, it } from 'vitest'
import {
  changeRelay,
  changesListener,
  emptyRelay,
  emptyTarget,
  readRelay,
  relayFormOf,
  type RelayForm,
} from '../../../src/renderer/src/screens/relays/editor/relay-form'
import { sampleRelays } from '../harness/_relays'

const typed = (changes: Partial<RelayForm> = {}): RelayForm => ({
  ...emptyRelay('tcp'),
  name: 'db',
  listenPort: '5432',
  targets: [{ ...emptyTarget(), host: 'db', port: '5432' }],
  ...changes,
})
const errorsOf = (form: RelayForm): Readonly<Record<string, string>> => {
  const reading = readRelay(form)
  return reading.ok ? {} : reading.errors
}

describe('readRelay()', () => {
  it.each(sampleRelays().map(({ spec }) => [spec.name, spec] as const))('gives %s back as it was', (_name, spec) => {
    const { id: _id, origin: _origin, createdAt: _created, updatedAt: _updated, ...draft } = spec
    expect(readRelay(relayFormOf(spec))).toEqual({ ok: true, draft })
  })

  it('says of each field what is wrong with it', () => {
    const errors = errorsOf(
      typed({
        name: ' ',
        listenPort: 'http',
        targets: [
          { ...emptyTarget(), host: '', port: '99999' },
          { ...emptyTarget(), host: 'a b', port: '' },
        ],
        allow: '10.0.0.0/8 office',
        idleSeconds: 'soon',
        connectTimeoutSeconds: '0',
      }),
    )
    expect(errors).toMatchObject({
      name: 'Name must not be empty.',
      listenPort: 'Port on this machine must be a whole number or a range such as 8000-8009.',
      'targets.0.host': 'Target host is missing.',
      'targets.0.port': 'Target port must be 1 to 65535.',
      'targets.1.host': 'Target 2 host must not contain spaces.',
      'targets.1.port': 'Target 2 port is missing.',
      allow: 'office must be an address or a range.',
      idleSeconds: 'End when idle for (seconds) must be a whole number.',
    })
    expect(errors.connectTimeoutSeconds).toMatch(/^Give up connecting after \(seconds\) must be/)
  })

  it('takes the first port of a target for a range, or one as long', () => {
    const range = (port: string): RelayForm =>
      typed({ listenPort: '8000-8009', targets: [{ ...emptyTarget(), host: 'web', port }] })
    for (const port of ['9000', '9000-9009']) {
      expect(readRelay(range(port))).toMatchObject({ draft: { portCount: 10, targets: [{ host: 'web', port: 9000 }] } })
    }
    expect(errorsOf(range('9000-9004'))['targets.0.port']).toBe('Target port must be as many as the 10 to listen on.')
    expect(errorsOf(typed({ listenPort: '1-2000' })).listenPort).toBe(
      'Port on this machine must be a range of at most 1000 ports.',
    )
  })

  it('leaves the PROXY protocol out of UDP', () => {
    const form = typed({ protocol: 'udp', acceptProxy: true, sendProxy: 'v2' })
    expect(readRelay(form)).toMatchObject({ ok: true, draft: { acceptProxy: false, sendProxy: null } })
  })

  it('takes brackets off an address', () => {
    const form = typed({ listenHost: '[::1]', targets: [{ ...emptyTarget(), host: '[2001:db8::1]', port: '53' }] })
    expect(readRelay(form)).toMatchObject({ draft: { listenHost: '::1', targets: [{ host: '2001:db8::1' }] } })
  })
})

describe('what follows while one types', () => {
  it('are the name and the port to listen on, until somebody touches them', () => {
    const target = { ...emptyTarget(), host: 'web-1.internal', port: '80' }
    const one = changeRelay(emptyRelay('tcp'), { targets: [target] }, new Set(['web-1']))
    expect(one).toMatchObject({ name: 'web-1-2', listenPort: '8080' })
    const two = changeRelay(one, { name: 'shop', listenPort: '8000' }, new Set())
    expect(changeRelay(two, { targets: [{ ...target, port: '443' }] }, new Set())).toMatchObject({
      name: 'shop',
      listenPort: '8000',
    })
  })
})

describe('changesListener()', () => {
  it('is about the listening end and the protocol alone', () => {
    const before = typed()
    expect(changesListener(typed({ listenHost: '127.0.0.1', targets: [], allow: '10.0.0.0/8' }), before)).toBe(false)
    expect(changesListener(typed({ listenPort: '5433' }), before)).toBe(true)
    expect(changesListener(typed({ protocol: 'udp' }), before)).toBe(true)
  })
})
