import { describe, expect, it } from 'vitest'
import {
  resolveSshConfig,
  type Origin,
  type ResolvedSshConfig,
  type ResolveRequest,
} from '../../../src/engine/ssh-config'
import { WarrenError } from '../../../src/shared/errors'

interface World {
  readonly files: Readonly<Record<string, string>>
  readonly request?: Partial<ResolveRequest>
  readonly exec?: (command: string, origin: Origin) => Promise<boolean | null>
  readonly untrusted?: readonly string[]
}

const HOME = '/home/ann'

/** Resolves in a world of files that exists only here. */
function resolve(destination: string, { files, request, exec, untrusted = [] }: World): Promise<ResolvedSshConfig> {
  return resolveSshConfig({
    destination,
    environment: {
      variables: { HOME, SOCK: '/run/sock' },
      home: HOME,
      username: 'ann',
      uid: 1000,
      hostname: 'desk.lan',
    },
    ports: {
      readFile: async (path) => {
        const text = files[path]
        return text === undefined ? { kind: 'missing' } : { kind: 'text', text, trusted: !untrusted.includes(path) }
      },
      glob: async (pattern) =>
        Object.keys(files)
          .filter((path) => path.startsWith(pattern.replace(/\*.*/, '')))
          .sort(),
      exec: exec ?? (async () => false),
    },
    ...request,
  })
}

const user = `${HOME}/.ssh/config`
const system = '/etc/ssh/ssh_config'

function values(resolved: ResolvedSshConfig, keyword: string): string[] {
  return (resolved.options.get(keyword) ?? []).map((entry) => entry.value)
}

async function refusal(promise: Promise<unknown>): Promise<WarrenError> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  if (!(error instanceof WarrenError)) throw new Error('it was accepted')
  return error
}

describe('where values come from', () => {
  it('names file and line, the command line, or the default', async () => {
    const resolved = await resolve('db', {
      files: {
        [user]: 'Host db\n  Port 2200\n  IdentityFile ~/.ssh/one\nInclude more*\n',
        [`${HOME}/.ssh/more.conf`]: '\nIdentityFile ~/.ssh/two\n',
      },
      request: { options: [{ flag: 'l', value: 'root' }] },
    })
    expect(resolved.options.get('port')).toEqual([{ value: '2200', origin: { kind: 'file', file: user, line: 2 } }])
    expect(resolved.options.get('user')?.[0]?.origin).toEqual({ kind: 'command-line', option: '-l root' })
    expect(resolved.options.get('compression')?.[0]?.origin).toEqual({ kind: 'default' })
    expect(resolved.options.get('identityfile')?.map((entry) => entry.origin)).toEqual([
      { kind: 'file', file: user, line: 3 },
      { kind: 'file', file: `${HOME}/.ssh/more.conf`, line: 2 },
    ])
    expect(resolved.explained().find((row) => row.line === 'port 2200')?.origin).toMatchObject({ line: 2 })
  })

  it('reads the system file after the own one, and its includes from the system folder', async () => {
    const resolved = await resolve('db', {
      files: {
        [user]: 'Port 1\n',
        [system]: 'Include ssh_config.d/*.conf\nPort 2\nUser system\n',
        '/etc/ssh/ssh_config.d/a.conf': 'User included\n',
      },
    })
    expect(values(resolved, 'port')).toEqual(['1'])
    expect(values(resolved, 'user')).toEqual(['included'])
    expect(resolved.files).toEqual([user, system, '/etc/ssh/ssh_config.d/a.conf'])
    expect(resolved.includes).toEqual(['/etc/ssh/ssh_config.d/*.conf'])
  })

  it('reads neither with -F none', async () => {
    const resolved = await resolve('db', {
      files: { [user]: 'Port 1\n', [system]: 'Port 2\n' },
      request: { options: [{ flag: 'F', value: 'none' }] },
    })
    expect(values(resolved, 'port')).toEqual(['22'])
    expect(resolved.files).toEqual([])
  })
})

describe('Match exec', () => {
  it('is asked for, with its line and its tokens filled in, and never run', async () => {
    const asked: [string, Origin][] = []
    const resolved = await resolve('db', {
      files: { [user]: 'Host db\n  HostName db.lan\nMatch exec "test %h = x-%n-%u-%L"\n  Port 7\n' },
      exec: async (command, origin) => {
        asked.push([command, origin])
        return true
      },
    })
    expect(asked).toEqual([['test db.lan = x-db-ann-desk', { kind: 'file', file: user, line: 3 }]])
    expect(values(resolved, 'port')).toEqual(['7'])
  })

  it('is not asked for when an earlier criterion already failed, nor inside an include that cannot apply', async () => {
    let asked = 0
    await resolve('db', {
      files: {
        [user]: 'Match host other exec a\nHost other\nInclude more*\n',
        [`${HOME}/.ssh/more`]: 'Match exec b\n',
      },
      exec: async () => {
        asked += 1
        return true
      },
    })
    expect(asked).toBe(0)
  })
})

describe('what people see', () => {
  it('lists the literal hosts of all files, also of those in blocks that do not apply', async () => {
    const resolved = await resolve('zzz', {
      files: {
        [user]: 'Host one two *.lan !three\nHost four\nInclude more*\n',
        [`${HOME}/.ssh/more`]: 'Host five one\n',
      },
    })
    expect(resolved.hosts.map((host) => host.name)).toEqual(['one', 'two', 'four', 'five'])
    expect(resolved.hosts[3]?.origin).toEqual({ kind: 'file', file: `${HOME}/.ssh/more`, line: 1 })
  })

  it('gives forwards with both ends and their line', async () => {
    const resolved = await resolve('db', {
      files: {
        [user]:
          'LocalForward 5432 localhost:5432\nRemoteForward 9000\nDynamicForward *:1080\nLocalForward /tmp/%h.sock web:80\n',
      },
    })
    const at = (line: number): Origin => ({ kind: 'file', file: user, line })
    expect(resolved.forwards).toEqual([
      {
        type: 'local',
        listen: { kind: 'tcp', host: null, port: 5432 },
        target: { kind: 'tcp', host: 'localhost', port: 5432 },
        origin: at(1),
      },
      { type: 'remote', listen: { kind: 'tcp', host: null, port: 9000 }, target: null, origin: at(2) },
      { type: 'dynamic', listen: { kind: 'tcp', host: '*', port: 1080 }, target: null, origin: at(3) },
      {
        type: 'local',
        listen: { kind: 'unix', path: '/tmp/db.sock' },
        target: { kind: 'tcp', host: 'web', port: 80 },
        origin: at(4),
      },
    ])
  })

  it('lists the options it does not honour, with the reason and the line', async () => {
    const resolved = await resolve('db', {
      files: { [user]: 'ForwardX11 yes\nPort 5\nRequestTTY no\nHost other\nTunnel yes\n' },
    })
    expect(resolved.unhonoured.map(({ keyword, support }) => [keyword, support])).toEqual([
      ['forwardx11', 'unsupported'],
      ['requesttty', 'harmless'],
    ])
    expect(resolved.unhonoured[0]).toMatchObject({ value: 'yes', origin: { line: 1 } })
    expect(resolved.unhonoured.every((entry) => entry.reason !== '')).toBe(true)
  })

  it('expands files and commands when they are used', async () => {
    const resolved = await resolve('db', { files: { [user]: 'HostName %h.lan\nPort 99\n' } })
    expect(resolved.expand('identityfile', '~/.ssh/%n-%r')).toBe(`${HOME}/.ssh/db-ann`)
    expect(resolved.expand('proxycommand', 'nc %h %p ${SOCK}')).toBe('nc db.lan 99 ${SOCK}')
    expect(resolved.expand('certificatefile', '${SOCK}/%%')).toBe('/run/sock/%')
  })
})

describe('refusals', () => {
  it('name every bad line, the first one in the sentence', async () => {
    const error = await refusal(resolve('db', { files: { [user]: 'Port 1\nPort x\nBogus 1\n' } }))
    expect(error.code).toBe('config.invalid')
    expect(error.field).toBe(`${user}:2`)
    expect(error.message).toContain('"x" is not a port (and 1 more)')
    expect(error.toFault().detail).toContain(`${user}:3: "bogus" is not an option`)
  })

  it.each([
    ['a file somebody else can write', { files: { [user]: 'Port 1\n' }, untrusted: [user] }, user],
    ['a file that includes itself', { files: { [user]: `Include ${user}\n` } }, user],
    ['a missing variable', { files: { [user]: 'IdentityAgent ${NOPE}\n' } }, `${user}:1`],
    ['an unknown token', { files: { [user]: 'Port 1\nControlPath /tmp/%Z\n' } }, `${user}:2`],
    ['a jump host that is the host itself', { files: { [user]: 'ProxyJump db\n' } }, `${user}:1`],
  ])('tell of %s', async (_what, world, field) => {
    expect((await refusal(resolve('db', world))).field).toBe(field)
  })

  it('tell what was typed from what stands in a file', async () => {
    const error = await refusal(resolve('@', { files: {} }))
    expect([error.code, error.fix]).toEqual(['command.invalid', 'Correct the option.'])
  })

  it('tell of a -F file that is not there', async () => {
    const error = await refusal(
      resolve('db', { files: {}, request: { options: [{ flag: 'F', value: '/none/such' }] } }),
    )
    expect(error.message).toContain('/none/such')
  })
})

describe('releases', () => {
  const files = {
    [user]:
      'Tag work\nObscureKeystrokeTiming no\nMatch tagged work\n  Port 7\nMatch localnetwork 10.0.0.0/8\n  Port 8\n',
  }

  it('reads keywords and criteria of later releases by default', async () => {
    expect(values(await resolve('db', { files }), 'port')).toEqual(['7'])
  })

  it('leaves out algorithms it does not know, and says so', async () => {
    const list = 'mlkem768x25519-sha256,curve25519-sha256'
    const resolved = await resolve('db', { files: { [user]: `KexAlgorithms ${list}\n` } })
    expect(values(resolved, 'kexalgorithms')).toEqual(['curve25519-sha256'])
    expect(resolved.unhonoured).toMatchObject([
      { keyword: 'kexalgorithms', reason: 'Warren does not know mlkem768x25519-sha256' },
    ])
  })

  it('refuses them where it must be equal to 9.2', async () => {
    expect((await refusal(resolve('db', { files, request: { release: '9.2' } }))).field).toBe(`${user}:1`)
  })
})

describe('canonical names', () => {
  const lookup = async (name: string): Promise<{ canonicalName: string | null } | null> =>
    name === 'db.corp.test.' ? { canonicalName: 'host7.dc.test' } : null

  it('come from the first domain that resolves, and the files are read again', async () => {
    const config =
      'CanonicalizeHostname yes\nCanonicalDomains lab.test corp.test\nHost db.corp.test\n  Port 7\nMatch canonical host *.corp.test\n  User corp\n'
    const world = { files: { [user]: config } }
    const request = await withLookup(world)
    expect(values(request, 'hostname')).toEqual(['db.corp.test'])
    expect(values(request, 'port')).toEqual(['7'])
    expect(values(request, 'user')).toEqual(['corp'])
  })

  it('follow an alias only where the config permits it', async () => {
    const rules =
      'CanonicalizeHostname yes\nCanonicalDomains corp.test\nCanonicalizePermittedCNAMEs *.corp.test:*.dc.test\n'
    expect(values(await withLookup({ files: { [user]: rules } }), 'hostname')).toEqual(['host7.dc.test'])
  })

  it('stay as they are behind a proxy', async () => {
    const config = 'CanonicalizeHostname yes\nCanonicalDomains corp.test\nProxyJump j\n'
    expect(values(await withLookup({ files: { [user]: config } }), 'hostname')).toEqual(['db'])
  })

  function withLookup({ files }: World): Promise<ResolvedSshConfig> {
    return resolve('db', {
      files,
      request: {
        ports: {
          readFile: async (path) =>
            files[path] === undefined ? { kind: 'missing' } : { kind: 'text', text: files[path], trusted: true },
          glob: async () => [],
          exec: async () => false,
          lookup,
        },
      },
    })
  }
})
