import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import { formatSpec, parsePort, parseSpec, type ForwardEnds } from '@shared/ssh-spec'
import type { ForwardType } from '@shared/specs'

const none = { localHost: null, localPort: null, remoteHost: null, remotePort: null, bindAddress: null, bindPort: null }

function local(bindAddress: string | null, localPort: number | null, to: [string, number | null]): ForwardEnds {
  return { ...none, type: 'local', bindAddress, localPort, remoteHost: to[0], remotePort: to[1] }
}
function remote(
  bindAddress: string | null,
  remotePort: number | null,
  to: [string, number | null] | null,
): ForwardEnds {
  return { ...none, type: 'remote', bindAddress, remotePort, localHost: to?.[0] ?? null, localPort: to?.[1] ?? null }
}
function dynamic(bindAddress: string | null, bindPort: number | null): ForwardEnds {
  return { ...none, type: 'dynamic', bindAddress, bindPort }
}

describe('parseSpec', () => {
  it.each<[string, ForwardEnds]>([
    ['8080:localhost:80', local(null, 8080, ['localhost', 80])],
    ['127.0.0.1:8080:web:80', local('127.0.0.1', 8080, ['web', 80])],
    ['localhost:8080:web:80', local('localhost', 8080, ['web', 80])],
    [':8080:web:80', local('*', 8080, ['web', 80])],
    ['*:8080:web:80', local('*', 8080, ['web', 80])],
    ['[::1]:8080:[2001:db8::7]:443', local('::1', 8080, ['2001:db8::7', 443])],
    ['8080:[fe80::1%eth0]:80', local(null, 8080, ['fe80::1%eth0', 80])],
    ['0:db:5432', local(null, 0, ['db', 5432])],
    ['8080:web:http', local(null, 8080, ['web', 80])],
    ['8080:/run/docker.sock', local(null, 8080, ['/run/docker.sock', null])],
    ['127.0.0.1:8080:/run/docker.sock', local('127.0.0.1', 8080, ['/run/docker.sock', null])],
    ['/tmp/pg.sock:db:5432', local('/tmp/pg.sock', null, ['db', 5432])],
    ['/tmp/a.sock:/run/b.sock', local('/tmp/a.sock', null, ['/run/b.sock', null])],
    ['[/tmp/a:b.sock]:/run/b.sock', local('/tmp/a:b.sock', null, ['/run/b.sock', null])],
    ['/tmp/a\\:b.sock:db:5432', local('/tmp/a:b.sock', null, ['db', 5432])],
    ['/tmp/50%%.sock:db:5432', local('/tmp/50%.sock', null, ['db', 5432])],
    ['8080/web/80', local(null, 8080, ['web', 80])],
    ['::1/8080/2001:db8::7/80', local('::1', 8080, ['2001:db8::7', 80])],
    ['  8080:web:80 ', local(null, 8080, ['web', 80])],
    ['8000-8009:web:9000-9009', { ...local(null, 8000, ['web', 9000]), portCount: 10 }],
    ['*:8000-8001:[::1]:80-81', { ...local('*', 8000, ['::1', 80]), portCount: 2 }],
  ])('reads -L %s', (spec, ends) => {
    expect(parseSpec('local', spec)).toEqual(ends)
  })

  it.each<[string, ForwardEnds]>([
    ['9000:localhost:3000', remote(null, 9000, ['localhost', 3000])],
    ['0:localhost:3000', remote(null, 0, ['localhost', 3000])],
    ['*:9000:localhost:3000', remote('*', 9000, ['localhost', 3000])],
    ['/run/remote.sock:localhost:3000', remote('/run/remote.sock', null, ['localhost', 3000])],
    ['9000:/run/local.sock', remote(null, 9000, ['/run/local.sock', null])],
    ['/run/r.sock:/run/l.sock', remote('/run/r.sock', null, ['/run/l.sock', null])],
    ['1080', remote(null, 1080, null)],
    ['[::]:1080', remote('::', 1080, null)],
    ['1080-1081', { ...remote(null, 1080, null), portCount: 2 }],
    ['/run/socks.sock', remote('/run/socks.sock', null, null)],
  ])('reads -R %s', (spec, ends) => {
    expect(parseSpec('remote', spec)).toEqual(ends)
  })

  it.each<[string, ForwardEnds]>([
    ['1080', dynamic(null, 1080)],
    ['0', dynamic(null, 0)],
    [':1080', dynamic('*', 1080)],
    ['*:1080', dynamic('*', 1080)],
    ['192.0.2.7:1080', dynamic('192.0.2.7', 1080)],
    ['[::1]:1080', dynamic('::1', 1080)],
    ['::1/1080', dynamic('::1', 1080)],
  ])('reads -D %s', (spec, ends) => {
    expect(parseSpec('dynamic', spec)).toEqual(ends)
  })

  it.each<[ForwardType, string, string | null, RegExp]>([
    ['local', '', null, /empty/],
    ['local', '8080', 'remoteHost', /where to connect/],
    ['local', 'localhost:8080', 'remoteHost', /where to connect/],
    ['local', '65536:web:80', 'localPort', /"65536" where the listening port/],
    ['local', '-1:web:80', 'localPort', /"-1" where the listening port/],
    ['local', 'abc:web:80', 'localPort', /"abc" where the listening port/],
    ['local', '8080:web:0', 'remotePort', /"0" where the target's port/],
    ['local', '8080:web:99999', 'remotePort', /"99999"/],
    ['local', '8080:web:', 'localPort', /"web" where the listening port/],
    ['local', '8080::80', 'remoteHost', /empty target's host/],
    ['local', '8080:we b:80', 'remoteHost', /space/],
    ['local', '8080:-oProxy:80', 'remoteHost', /dash/],
    ['local', 'a:1:b:2:c', null, /too many parts/],
    ['local', '[::1:8080:web:80', 'bindAddress', /\[ without/],
    ['local', '[::1]8080:web:80', 'bindAddress', /\[ without/],
    ['local', '8080:./sock', null, /does not start with \//],
    ['local', '8080:/run/%h.sock', null, /% token/],
    ['local', '${HOME}/x:web:80', null, /does not expand/],
    ['local', '/tmp/a.sock:8080', 'bindAddress', /port after the path/],
    ['local', '8080:web:80\\', null, /backslash/],
    ['dynamic', '1080:web:80', 'remoteHost', /has none/],
    ['dynamic', 'x', 'bindPort', /"x"/],
    ['remote', 'x:localhost:80', 'remotePort', /"x"/],
    ['remote', '80:localhost:y', 'localPort', /"y"/],
  ])('refuses %s %s and blames %s', (...[type, spec, field, message]) => {
    const error = thrown(() => parseSpec(type, spec))
    expect(error.code).toBe('spec.invalid')
    expect(error.message).toMatch(message)
    expect(error.field).toBe(field)
    expect(error.fix).not.toBeNull()
  })
})

describe('formatSpec', () => {
  it('writes what ssh reads', () => {
    expect(formatSpec(local(null, 8080, ['localhost', 80]))).toBe('8080:localhost:80')
    expect(formatSpec(local('*', 8080, ['2001:db8::7', 80]))).toBe('*:8080:[2001:db8::7]:80')
    expect(formatSpec(local('/tmp/a:b', null, ['/run/50%', null]))).toBe('/tmp/a\\:b:/run/50%%')
    expect(formatSpec(remote('::', 1080, null))).toBe('[::]:1080')
    expect(formatSpec(dynamic(null, 1080))).toBe('1080')
  })

  it('uses the fields that the design names, whichever of them is filled', () => {
    const ends = {
      ...none,
      type: 'local' as const,
      localHost: 'localhost',
      localPort: 1,
      bindPort: 2,
      remoteHost: 'db',
      remotePort: 3,
    }
    expect(formatSpec(ends)).toBe('localhost:2:db:3')
    expect(formatSpec({ ...none, type: 'remote', remoteHost: '*', remotePort: 1, localPort: 2 })).toBe(
      '*:1:127.0.0.1:2',
    )
    expect(formatSpec({ ...none, type: 'dynamic' })).toBe('1080')
  })

  const port = fc.integer({ min: 1, max: 65_535 })
  const name = fc.stringMatching(/^[a-z0-9_*\\[\]][a-z0-9._\\[\]-]{0,12}$/).filter((value) => value !== '')
  const hostName = fc.oneof(name, fc.ipV6(), fc.ipV4())
  const socketPath = fc
    .stringMatching(/^\/[ -~]{1,20}$/)
    .filter((value) => !value.includes('${') && value.trim() === value)
  const bind = fc.option(hostName, { nil: null })
  const listen = fc.oneof(
    fc.tuple(bind, fc.integer({ min: 0, max: 65_535 })),
    socketPath.map((path): [string, null] => [path, null]),
  )
  const goal = fc.oneof(
    fc.tuple(hostName, port),
    socketPath.map((path): [string, null] => [path, null]),
  )
  const ends = fc.oneof(
    fc.tuple(listen, goal).map(([at, to]) => local(at[0], at[1], to)),
    fc
      .tuple(listen, fc.option(goal, { nil: null }))
      // To a remote forward every address means loopback (design §4), so these two are not written back as they came.
      .filter(([, to]) => to === null || (to[0] !== '::' && to[0] !== '0.0.0.0'))
      .map(([at, to]) => remote(at[0], at[1], to)),
    listen.map((at) => dynamic(at[0], at[1])),
  )

  property.prop([ends], { numRuns: 2000 })('is read back as the same forward', (forward) => {
    expect(parseSpec(forward.type, formatSpec(forward))).toEqual(forward)
  })

  property.prop([fc.constantFrom<ForwardType>('local', 'remote', 'dynamic'), fc.string()])(
    'meets any text with a forward or a coded refusal',
    (type, text) => {
      try {
        expect(parseSpec(type, text).type).toBe(type)
      } catch (error) {
        expect(error).toBeInstanceOf(WarrenError)
      }
    },
  )
})

describe('parsePort', () => {
  it('takes numbers and service names only', () => {
    expect(['22', '0', '65535', 'ssh'].map(parsePort)).toEqual([22, 0, 65_535, 22])
    expect(['', '65536', '-1', '1e3', '0x10', 'constructor', '8080 '].map(parsePort)).toEqual(Array(7).fill(null))
  })
})

function thrown(run: () => unknown): WarrenError {
  try {
    run()
  } catch (error) {
    if (error instanceof WarrenError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a range of ports', () => {
  it.each(['8000-8009:web:9000-9009', '*:1-1000:web:1-1000', '8000-8001:[::1]:80-81'])(
    '%s is written as it is read',
    (spec) => {
      expect(formatSpec(parseSpec('local', spec))).toBe(spec)
    },
  )
  it.each([
    ['8000-8009:web:9000', /10 of one port and 1 of the other/],
    ['8000:web:9000-9001', /1 of one port and 2 of the other/],
    ['8009-8000:web:9000-9009', /where the listening port belongs/],
    ['65530-65540:web:1-11', /where the listening port belongs/],
    ['0-9:web:1-10', /where the listening port belongs/],
    ['1-1001:web:1-1001', /more than 1000 ports/],
    ['8000-8001:/run/x.sock', /2 of one port and 1 of the other/],
  ])('%s is refused', (spec, message) => {
    expect(() => parseSpec('local', spec)).toThrow(message)
  })
})
