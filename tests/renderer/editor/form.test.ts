import { describe, expect, it } from 'vitest'
import {
  changeForm,
  emptyForm,
  formOf,
  isFormExposed,
  listenOf,
  readForm,
  type ForwardForm,
} from '../../../src/renderer/src/screens/editor/form'
import { fieldOf } from '../../../src/renderer/src/screens/editor/form-fields'
import { makeForward } from '../harness/_data'

const context = { serverName: 'bastion', takenNames: new Set(['db']) }
const typed = (change: Partial<ForwardForm>): ForwardForm => ({
  ...emptyForm,
  serverId: 'server-bastion',
  name: 'x',
  ...change,
})
const errorsOf = (form: ForwardForm): object => {
  const reading = readForm(form, null)
  return reading.ok ? {} : reading.errors
}

describe('reading the form', () => {
  it('makes a local draft of what was typed', () => {
    const reading = readForm(typed({ listenPort: '15432', targetHost: ' db.internal ', targetPort: '5432' }), null)
    expect(reading).toMatchObject({
      ok: true,
      draft: { type: 'local', localPort: 15_432, remoteHost: 'db.internal', remotePort: 5432, bindAddress: null },
    })
  })

  it('names every field that is missing at once', () => {
    expect(errorsOf({ ...emptyForm })).toEqual({
      name: 'Name must not be empty.',
      serverId: 'Choose the server to go through.',
      listenPort: 'Port on this machine is missing.',
      targetHost: 'Target host is missing.',
      targetPort: 'Target port is missing.',
    })
  })

  it.each(['99999', '0'])('refuses %s as the port of a target', (targetPort) => {
    expect(errorsOf(typed({ listenPort: '1', targetHost: 'db', targetPort }))).toEqual({
      targetPort: 'Target port must be 1 to 65535.',
    })
  })

  it('refuses a port that is no number', () => {
    expect(errorsOf(typed({ listenPort: '54x', targetHost: 'db', targetPort: '1' }))).toEqual({
      listenPort: 'Port on this machine must be a whole number or a range such as 8000-8009.',
    })
  })

  it('allows port 0 to listen on, any free one', () => {
    expect(errorsOf(typed({ listenPort: '0', targetHost: 'db', targetPort: '1' }))).toEqual({})
  })

  it('refuses a host with a space or a leading dash', () => {
    expect(errorsOf(typed({ listenPort: '1', targetHost: 'd b', targetPort: '1' }))).toEqual({
      targetHost: 'Target host must not contain spaces.',
    })
    expect(errorsOf(typed({ listenPort: '1', targetHost: '-oProxyCommand=x', targetPort: '1' }))).toEqual({
      targetHost: 'Target host must not start with a dash.',
    })
  })

  it('takes a socket path at either end without a port', () => {
    expect(errorsOf(typed({ listenAddress: '/tmp/here.sock', targetHost: '/run/docker.sock' }))).toEqual({})
  })

  it('takes the brackets off an IPv6 address', () => {
    const reading = readForm(typed({ listenPort: '1', targetHost: '[2001:db8::1]', targetPort: '5' }), null)
    expect(reading).toMatchObject({ draft: { remoteHost: '2001:db8::1' } })
  })

  it('offers a service of this machine, on loopback unless said otherwise', () => {
    const reading = readForm(typed({ type: 'remote', listenPort: '8080', targetPort: '3000' }), null)
    expect(reading).toMatchObject({
      ok: true,
      draft: { localHost: '127.0.0.1', localPort: 3000, remoteHost: null, remotePort: 8080 },
    })
  })

  it('offers everything when asked to', () => {
    const reading = readForm(typed({ type: 'remote', listenPort: '1080', anything: true }), null)
    expect(reading).toMatchObject({ ok: true, draft: { localHost: null, localPort: null, remotePort: 1080 } })
  })

  it('needs only a server to browse through', () => {
    expect(readForm(typed({ type: 'dynamic' }), null)).toMatchObject({ ok: true, draft: { bindPort: null } })
  })
})

describe('editing', () => {
  it.each([
    makeForward('a').spec,
    makeForward('b', { spec: { localHost: '0.0.0.0' } }).spec,
    makeForward('c', { spec: { bindAddress: '::1', bindPort: 7000, localPort: 7000 } }).spec,
    makeForward('d', {
      spec: { type: 'remote', remoteHost: '0.0.0.0', remotePort: 80, localHost: 'nas', localPort: 81 },
    }).spec,
    makeForward('e', {
      spec: { type: 'remote', remoteHost: null, remotePort: 80, localHost: null, localPort: null },
    }).spec,
    makeForward('f', { spec: { type: 'dynamic', localPort: null, remoteHost: null, remotePort: null, bindPort: 1081 } })
      .spec,
    makeForward('g', { spec: { localPort: 8000, remotePort: 9000, portCount: 10, onDemand: true, idleSeconds: 60 } })
      .spec,
    makeForward('h', { spec: { health: { kind: 'http', path: '/up', status: 204, everySeconds: 5 } } }).spec,
    makeForward('i', {
      spec: {
        ...{ type: 'dynamic', localPort: null, remoteHost: null, remotePort: null, bindPort: 1081 },
        ...{ proxyUsername: 'ada', servePac: true },
        health: { kind: 'socks', host: '::1', port: 80, everySeconds: 30 },
      },
    }).spec,
  ])('gives $name back as it was', (spec) => {
    const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, configLine: _configLine, ...rest } = spec
    expect(readForm(formOf(spec), spec)).toEqual({ ok: true, draft: rest })
  })

  it('changes the port that counts when a definition has both', () => {
    const { spec } = makeForward('c', { spec: { bindPort: 7000, localPort: 6000 } })
    const reading = readForm({ ...formOf(spec), listenPort: '7001' }, spec)
    expect(reading).toMatchObject({ draft: { bindPort: 7001, localPort: 7001 } })
  })
})

describe('what follows until it is touched', () => {
  it('names the forward after the target, past names that are taken', () => {
    let form = changeForm(emptyForm, { targetHost: 'db.internal', targetPort: '5432' }, context)
    expect(form).toMatchObject({ name: 'db-2', listenPort: '5432' })
    form = changeForm(form, { name: 'mine' }, context)
    expect(changeForm(form, { targetHost: 'cache' }, context).name).toBe('mine')
    expect(changeForm(form, { name: '' }, context).name).toBe('db-2')
  })

  it.each([
    ['localhost', '5432', 'postgres', '5432'],
    ['127.0.0.1', '80', 'web', '8080'],
    ['192.0.2.7', '443', 'web-192.0.2.7', '8443'],
    ['localhost', '7777', 'bastion-7777', '7777'],
    ['/run/docker.sock', '', 'docker', ''],
    ['db', '99999', 'db-2', ''],
  ])('suggests for %s:%s the name %s and the port %s', (targetHost, targetPort, name, listenPort) => {
    expect(changeForm(emptyForm, { targetHost, targetPort }, context)).toMatchObject({ name, listenPort })
  })

  it('names a proxy after its server', () => {
    expect(changeForm(emptyForm, { type: 'dynamic' }, context).name).toBe('bastion-socks')
  })
})

describe('where it listens', () => {
  it('is loopback until an address is typed', () => {
    expect(listenOf(typed({ listenPort: '1' }))).toEqual({ host: '127.0.0.1', port: 1 })
    expect(isFormExposed(typed({ listenPort: '1' }))).toBe(false)
    expect(isFormExposed(typed({ listenPort: '1', listenAddress: '0.0.0.0' }))).toBe(true)
    expect(isFormExposed(typed({ listenAddress: '/tmp/x.sock' }))).toBe(false)
  })

  it('knows which field a fault of the daemon speaks of', () => {
    expect(fieldOf('local', 'localPort')).toBe('listenPort')
    expect(fieldOf('remote', 'localPort')).toBe('targetPort')
    expect(fieldOf('dynamic', 'bindAddress')).toBe('listenAddress')
    expect(fieldOf('local', 'tags.3')).toBe('tags')
    expect(fieldOf('local', 'elsewhere')).toBeNull()
  })
})

describe('a range', () => {
  const filled = { ...emptyForm, name: 'r', serverId: 's', targetHost: 'web', targetPort: '9000-9009' }
  it('is read at both ends', () => {
    const reading = readForm({ ...filled, listenPort: '8000-8009' }, null)
    expect(reading).toMatchObject({ ok: true, draft: { localPort: 8000, remotePort: 9000, portCount: 10 } })
    const anywhere = readForm({ ...filled, listenPort: '0' }, null)
    expect(anywhere).toMatchObject({ ok: true, draft: { localPort: 0, portCount: 10 } })
  })
  it('follows that of the target', () => {
    expect(changeForm(emptyForm, { targetPort: '80-81' }, { serverName: null, takenNames: new Set() }).listenPort).toBe(
      '8080-8081',
    )
  })
  it.each([
    ['8000', 'targetPort', 'Target port must be as many as the 1 to listen on.'],
    ['8009-8000', 'listenPort', 'Port on this machine must be a whole number or a range such as 8000-8009.'],
    ['65530-65539', 'listenPort', 'Port on this machine must not go beyond port 65535.'],
  ] as const)('of %s is refused at its field', (listenPort, field, message) => {
    const reading = readForm({ ...filled, listenPort }, null)
    expect(reading.ok ? {} : reading.errors).toMatchObject({ [field]: message })
  })
})

describe('what the kind of forward does not have', () => {
  it('is not saved', () => {
    const form = { ...emptyForm, name: 'r', serverId: 's', type: 'remote' as const, listenPort: '1', targetPort: '2' }
    const more = { proxyUsername: 'ada', servePac: true, onDemand: true, health: 'socks' as const }
    expect(readForm({ ...form, ...more }, null)).toMatchObject({
      ok: true,
      draft: { proxyUsername: null, servePac: false, onDemand: false, health: null },
    })
  })
  it('a password needs a name', () => {
    const form = { ...emptyForm, name: 'r', serverId: 's', type: 'dynamic' as const, proxyPassword: 'x' }
    const reading = readForm(form, null)
    expect(reading.ok ? {} : reading.errors).toEqual({ proxyUsername: 'User name for clients is missing.' })
  })
})
