import { execFileSync } from 'node:child_process'
import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { quoteShellWord, splitShellWords } from '@shared/_shell-words'
import { WarrenError } from '@shared/errors'
import { parseSshArguments, parseSshCommand, suggestName, toSshCommand, type CommandRoute } from '@shared/ssh-command'
import { formatDestination, parseDestination } from '@shared/ssh-destination'
import { parseSpec } from '@shared/ssh-spec'
import { serverDraftSchema, type ServerDraft } from '@shared/specs'

describe('parseSshCommand', () => {
  it('reads the command of the contract', () => {
    const command = parseSshCommand('ssh -J bastion -L 8080:localhost:80 me@host')
    expect(command.server).toMatchObject({ name: 'host', host: 'host', port: 22, username: 'me', jump: [] })
    expect(command.jumps.map(({ host, port, username }) => [host, port, username])).toEqual([['bastion', 22, null]])
    expect(command.forwards).toEqual([{ ...parseSpec('local', '8080:localhost:80'), name: 'localhost-80' }])
    expect(command.ignored).toEqual([])
  })

  it('reads values that stick to their letter, clusters, and options after the host', () => {
    const command = parseSshCommand(
      '/usr/bin/ssh -NfTp2222 -Lmyhost:1:web:2 host -lme -i ~/.ssh/id -D 1080 -R 9000:localhost:3000',
    )
    expect(command.server).toMatchObject({ host: 'host', port: 2222, username: 'me', identityFiles: ['~/.ssh/id'] })
    expect(command.forwards.map(({ type, name }) => [type, name])).toEqual([
      ['local', 'web-2'],
      ['dynamic', 'socks-1080'],
      ['remote', 'offer-3000'],
    ])
    expect(command.ignored).toEqual([])
  })

  it('reads chains of jumps, first hop first', () => {
    const { jumps } = parseSshCommand('ssh -J a@one:2201,ssh://b@two:2202,[2001:db8::1]:2203 host')
    expect(jumps.map(({ host, port, username }) => [username, host, port])).toEqual([
      ['a', 'one', 2201],
      ['b', 'two', 2202],
      [null, '2001:db8::1', 2203],
    ])
  })

  it('reads the options that a server can keep', () => {
    const { server } = parseSshCommand(
      `ssh -o IdentityFile=~/.ssh/a -oIdentityFile=~/.ssh/b -o "IdentitiesOnly yes" -o IdentityAgent=/run/agent
       -o StrictHostKeyChecking=accept-new -o ServerAliveInterval=1m30s -o ServerAliveCountMax=5 -o ConnectTimeout=7
       -o 'ProxyCommand=nc -X 5 -x "proxy:1080" %h %p' -o Port=2022 -o User=you -o HostName=192.0.2.7 alias`,
    )
    expect(server).toEqual(
      serverDraftSchema.parse({
        name: 'alias',
        host: '192.0.2.7',
        port: 2022,
        username: 'you',
        identityFiles: ['~/.ssh/a', '~/.ssh/b'],
        identitiesOnly: true,
        agent: '/run/agent',
        proxyCommand: 'nc -X 5 -x "proxy:1080" %h %p',
        hostKeyPolicy: 'accept-new',
        keepaliveSeconds: 90,
        keepaliveCount: 5,
        connectTimeoutSeconds: 7,
      } satisfies ServerDraft),
    )
  })

  it('reads forwards in the words of ssh_config', () => {
    const { forwards } = parseSshCommand(
      `ssh -o 'LocalForward=8080 web:80' -o 'RemoteForward 9000 localhost:1' -o DynamicForward=1080 h`,
    )
    expect(forwards.map(({ type, name }) => [type, name])).toEqual([
      ['local', 'web-80'],
      ['remote', 'offer-1'],
      ['dynamic', 'socks-1080'],
    ])
  })

  it('lets the first value win, as ssh does', () => {
    expect(parseSshCommand('ssh -p 1 -p 2 -o Port=3 me@host -l you').server).toMatchObject({ port: 1, username: 'me' })
    expect(parseSshCommand('ssh -l you me@host').server.username).toBe('you')
    expect(parseSshCommand('ssh ssh://me@host:2022 -p 1').server).toMatchObject({ port: 2022, username: 'me' })
    expect(parseSshCommand('ssh -p 1 ssh://host:2022/').server.port).toBe(1)
  })

  it('opens listeners to the network with -g, but not those that name an address', () => {
    const binds = parseSshCommand('ssh -g -L 1:a:2 -L localhost:3:a:4 -D 5 h').forwards.map(
      (forward) => forward.bindAddress,
    )
    expect(binds).toEqual(['*', 'localhost', '*'])
  })

  it('takes none as no value', () => {
    const { server, jumps } = parseSshCommand('ssh -o ProxyJump=none -o ProxyCommand=none -o IdentityFile=none h')
    expect([jumps, server.proxyCommand, server.identityFiles]).toEqual([[], null, []])
    expect(parseSshCommand('ssh -o IdentityAgent=none h').server.agent).toBe('none')
    expect(parseSshCommand('ssh -o IdentityAgent=SSH_AUTH_SOCK h').server.agent).toBeNull()
  })

  it('says what it ignores, and is silent about what Warren does anyway', () => {
    const { ignored } = parseSshCommand(
      'ssh -4CA -Nfnq -F ./config -o Compression=yes -o ExitOnForwardFailure=yes -o StrictHostKeyChecking=no h tail -f log',
    )
    expect(ignored).toEqual([
      '-4',
      '-C',
      '-A',
      '-F ./config',
      '-o Compression=yes',
      '-o StrictHostKeyChecking=no (a new key is accepted, a changed key is still refused)',
      'the command "tail -f log"',
    ])
  })

  it('reads what people paste: a prompt, continued lines, a closing &', () => {
    const { server, forwards } = parseSshCommand('$ ssh -N \\\n  -L 8080:web:80 \\\n  host &\n')
    expect([server.host, forwards.length]).toEqual(['host', 1])
  })

  it.each<[string, RegExp]>([
    ['', /empty/],
    ['scp a b', /starts with "scp"/],
    ['ssh', /names no server/],
    ['ssh -L 8080:web:80', /names no server/],
    ['ssh -L', /-L has no value/],
    ['ssh -Z host', /-Z is not an option/],
    ['ssh --verbose host', /-- is not an option/],
    ['ssh -p 0 host', /"0" is not a port/],
    ['ssh -p 65536 host', /"65536" is not a port/],
    ['ssh host:2222', /no port in "host:2222"/],
    ['ssh -J a -J b host', /-J is given twice/],
    ['ssh -J a -o ProxyCommand=x host', /both/],
    ['ssh -o ServerAliveInterval=soon host', /not a number/],
    ['ssh -o ServerAliveInterval=1d host', /keepaliveSeconds/],
    ['ssh -o Port host', /-o Port has no value/],
    ["ssh 'host", /quote is not closed/],
    ['ssh "host', /quote is not closed/],
    ['ssh host \\', /backslash/],
    ['ssh $HOST', /variable/],
    ['ssh "$(id)"', /variable/],
    ['ssh host; rm x', /outside quotes/],
    ['ssh host | cat', /outside quotes/],
  ])('refuses %j', (command, message) => {
    const error = thrown(() => parseSshCommand(command))
    expect(error.code).toBe('command.invalid')
    expect(error.message).toMatch(message)
  })

  it('passes on why a SPEC or host is wrong', () => {
    expect(thrown(() => parseSshCommand('ssh -L 99999:a:1 h'))).toMatchObject({
      code: 'spec.invalid',
      field: 'localPort',
    })
    expect(thrown(() => parseSshCommand('ssh @h'))).toMatchObject({ code: 'spec.invalid', field: 'username' })
  })

  property.prop([fc.array(fc.string())])('meets any words with a command or a coded refusal', (words) => {
    try {
      parseSshArguments(words)
    } catch (error) {
      expect(error).toBeInstanceOf(WarrenError)
    }
  })
})

describe('parseDestination', () => {
  it('reads users, ports, addresses and ssh addresses', () => {
    expect(parseDestination('host')).toEqual({ username: null, host: 'host', port: null })
    expect(parseDestination('a@b@host:2222')).toEqual({ username: 'a@b', host: 'host', port: 2222 })
    expect(parseDestination('::1')).toEqual({ username: null, host: '::1', port: null })
    expect(parseDestination('me@[::1]:22')).toEqual({ username: 'me', host: '::1', port: 22 })
    expect(parseDestination('ssh://me%40x;a=b@host:1/')).toEqual({ username: 'me@x', host: 'host', port: 1 })
  })

  it.each([
    ['', 'host'],
    ['me@', 'host'],
    ['a b', 'host'],
    ['-oProxyCommand=x', 'host'],
    ['me@-x', 'host'],
    ['[::1', 'host'],
    ['host:0', 'port'],
    ['host:70000', 'port'],
    ['host:', 'port'],
    ['@host', 'username'],
    ['ssh://%zz@host', 'username'],
  ])('refuses %j and blames %s', (text, field) => {
    expect(thrown(() => parseDestination(text))).toMatchObject({ code: 'spec.invalid', field })
  })

  it('is written back', () => {
    for (const text of ['host', 'me@host:2222', 'me@[::1]:2222', '::1']) {
      expect(formatDestination(parseDestination(text))).toBe(text)
    }
  })
})

describe('toSshCommand', () => {
  const route = (server: Partial<ServerDraft>, hops: CommandRoute['hops'] = []): CommandRoute => ({
    server: serverDraftSchema.parse({ name: 's', host: 'host', ...server }),
    hops,
  })
  const web = parseSpec('local', '8080:localhost:80')

  it('is short when all is plain', () => {
    expect(toSshCommand(web, route({}))).toBe('ssh -N -L 8080:localhost:80 host')
  })

  it('quotes for a shell and keeps the home folder outside the quotes', () => {
    expect(toSshCommand(web, route({ identityFiles: ['~/my keys/id'], port: 2222, username: 'me' }))).toBe(
      "ssh -N -L 8080:localhost:80 -p 2222 -i ~/'my keys/id' me@host",
    )
  })

  it('writes jumps and proxies', () => {
    const hops = [
      { host: 'one', port: 22, username: 'a' },
      { host: '::1', port: 2022, username: null },
    ]
    expect(toSshCommand(web, route({}, hops))).toContain(`-J 'a@one,[::1]:2022' host`)
    expect(toSshCommand(web, route({ proxy: 'socks5://me:secret@proxy:1080' }))).toBe(
      `ssh -N -L 8080:localhost:80 -o 'ProxyCommand=nc -X 5 -x proxy:1080 -P me %h %p' host`,
    )
    expect(toSshCommand(web, route({ proxy: 'http://ann%40corp@squid' }))).toContain(
      `'ProxyCommand=nc -X connect -x squid:80 -P ann@corp %h %p'`,
    )
    expect(toSshCommand(web, route({ proxy: 'http://50%25@[::1]:3128' }))).toContain(
      `-x '"'"'[::1]:3128'"'"' -P 50%% %h %p'`.replaceAll(`'"'"'`, `'\\''`),
    )
  })

  it('puts the bound port in the place of any free port', () => {
    const bound = { host: '127.0.0.1', port: 40_001 }
    expect(toSshCommand(parseSpec('local', '0:db:5432'), route({}), bound)).toContain('-L 40001:db:5432')
    expect(toSshCommand(parseSpec('dynamic', '0'), route({}), bound)).toContain('-D 40001')
    expect(toSshCommand(web, route({}), bound)).toContain('-L 8080:')
  })

  property.prop([
    fc.record({
      port: fc.integer({ min: 1, max: 65_535 }),
      username: fc.option(fc.stringMatching(/^[a-z@' $]{1,8}$/), { nil: null }),
      identityFiles: fc.array(fc.stringMatching(/^[ -~]{1,20}$/).filter((file) => file !== 'none')),
      identitiesOnly: fc.boolean(),
      agent: fc.option(fc.stringMatching(/^\/[!-~]{1,20}$/), { nil: null }),
      hostKeyPolicy: fc.constantFrom('ask' as const, 'accept-new' as const, 'strict' as const),
      keepaliveSeconds: fc.integer({ min: 0, max: 3600 }),
      keepaliveCount: fc.integer({ min: 1, max: 100 }),
      connectTimeoutSeconds: fc.integer({ min: 1, max: 600 }),
    }),
  ])('is read back as the same server and forward', (fields) => {
    const draft = { ...fields, username: fields.username?.trim() === '' ? null : fields.username }
    const { server, forwards, ignored } = parseSshCommand(toSshCommand(web, route(draft)))
    expect(server).toEqual(serverDraftSchema.parse({ name: 'host', host: 'host', ...draft }))
    expect(forwards).toEqual([{ ...web, name: 'localhost-80' }])
    expect(ignored).toEqual([])
  })

  it('means the same to OpenSSH', () => {
    const command = toSshCommand(
      web,
      route(
        { port: 2222, username: 'me', identityFiles: ['/etc/passwd'], hostKeyPolicy: 'strict', keepaliveSeconds: 30 },
        [{ host: 'one', port: 2201, username: 'a' }],
      ),
    )
    const resolved = execFileSync('sh', ['-c', command.replace('ssh -N', 'ssh -F /dev/null -G')], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
    for (const line of [
      'user me',
      'hostname host',
      'port 2222',
      'localforward 8080 [localhost]:80',
      'identityfile /etc/passwd',
      'proxyjump a@one:2201',
      'stricthostkeychecking true',
      'serveraliveinterval 30',
    ]) {
      expect(resolved.split('\n')).toContain(line)
    }
  })
})

describe('shell words', () => {
  property.prop([fc.array(fc.string({ minLength: 1 }).filter((word) => !word.includes('\0')))])(
    'are read back as they were quoted',
    (words) => {
      const plain = words.map((word) => word.replace(/^~\//, ''))
      const nonEmpty = plain.filter((word) => word !== '')
      expect(splitShellWords(nonEmpty.map(quoteShellWord).join(' '))).toEqual(nonEmpty)
    },
  )
})

it('suggests names for forwards', () => {
  expect(suggestName(parseSpec('local', '1:/run/docker.sock'))).toBe('docker.sock')
  expect(suggestName(parseSpec('remote', '1080'))).toBe('offer-socks-1080')
  expect(suggestName(parseSpec('remote', '9:/run/x.sock'))).toBe('offer-x.sock')
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
