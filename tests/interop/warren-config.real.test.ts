/** `warren config` of the built bundle against `ssh -G` of this machine, line by line. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daemonScript, endBuilt, temporaryHome } from '../support/daemon'

const scratch = mkdtempSync(join(tmpdir(), 'warren-config-'))
let place: ReturnType<typeof temporaryHome>

beforeAll(() => {
  place = temporaryHome()
})
afterAll(async () => {
  await endBuilt(place.home)
  place.remove()
  rmSync(scratch, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly err: string
}

function run(program: string, words: readonly string[]): Promise<Ended> {
  const { homedir } = userInfo()
  const env = { PATH: process.env['PATH'], HOME: homedir, SHELL: '/bin/sh', WARREN_HOME: place.home }
  return new Promise((resolve) => {
    const child = execFile(program, words, { env, cwd: scratch }, (_error, out, err) => {
      resolve({ code: child.exitCode, lines: out.split('\n').slice(0, -1), err })
    })
  })
}

function warren(...words: readonly string[]): Promise<Ended> {
  return run(process.execPath, [join(dirname(daemonScript()), 'warren.mjs'), 'config', ...words])
}

function write(name: string, text: string): string {
  const file = join(scratch, name)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

write('part.inc', 'Host *.lan\n  User included\n  IdentityFile ~/.ssh/%h-key\n')

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['an empty file', '', ['db']],
  ['host patterns with a negation', 'Host * !db\n  Port 1\nHost d?\n  Port 2\n', ['db']],
  ['the first value wins', 'Port 10\nPort 20\nUser=one\nUser two\n', ['db']],
  ['user and port of the command line', 'Port 10\nUser one\n', ['-l', 'me', '-p', '2222', 'db']],
  ['user@host', 'Match user bob\n  Port 7\n', ['bob@db']],
  ['an ssh address', 'HostName %h.example\n', ['ssh://bob@db:77']],
  ['an Include with a glob', `Include ${scratch}/*.inc\nUser main\n`, ['web.lan']],
  [
    'Match in all its forms',
    'Match originalhost db host *.x\n  Port 3\nMatch all\n  HostName db.x\nMatch final\n  Port 4\n',
    ['db'],
  ],
  ['Match localuser and a service name', `Match localuser ${userInfo().username}\n  Port ssh\n`, ['db']],
  [
    'several files and forwards',
    'IdentityFile a\nIdentityFile b\nLocalForward 8080 [::1]:80\nRemoteForward 9 x:1\nDynamicForward 1080\n',
    ['db'],
  ],
  ['a jump chain', 'ProxyJump one,ann@two:2\n', ['db']],
  ['algorithms added and removed', 'Ciphers -*cbc\nKexAlgorithms ^curve25519-sha256\nMACs +hmac-sha1\n', ['db']],
  ['quotes and tokens', 'ControlPath "/tmp/a b/%r@%h:%p"\nUserKnownHostsFile /dev/null "~/x y"\n', ['db']],
  ['environment variables', 'IdentityAgent ${HOME}/agent\nCertificateFile ~root/cert\n', ['db']],
  ['a name made canonical', 'CanonicalizeHostname yes\nCanonicalDomains invalid\nHost db\n  Compression yes\n', ['db']],
  [
    'a command that matches and one that does not',
    'Match exec "test %h = db"\n  Port 5\nMatch !exec "exit 1"\n  User exec\n',
    ['--allow-exec', 'db'],
  ],
]

describe('warren config prints what ssh -G prints', () => {
  it.each(cases)('for %s', async (name, text, words) => {
    const file = write(`${name.replaceAll(' ', '-')}.conf`, text)
    const [ssh, ours] = [
      await run('ssh', ['-G', '-F', file, ...words.filter((word) => word !== '--allow-exec')]),
      await warren('-F', file, ...words),
    ]
    expect([ssh.code, ours.code, ours.err]).toEqual([0, 0, ''])
    expect(ours.lines).toEqual(ssh.lines)
  })

  it('for the usual files, and for none', async () => {
    expect((await warren('db')).lines).toEqual((await run('ssh', ['-G', 'db'])).lines)
    expect((await warren('-F', 'none', 'db')).lines).toEqual((await run('ssh', ['-G', '-F', 'none', 'db'])).lines)
  })
})

it('a relative file is the one of the folder where it was typed', async () => {
  write('near.conf', 'Port 4711\n')
  expect((await warren('-F', 'near.conf', 'db')).lines).toContain('port 4711')
})

it('a bad line ends with 1 and its place, a bad host with 64', async () => {
  const file = write('bad.conf', 'User me\nPort many\n')
  const bad = await warren('-F', file, 'db', '--json')
  expect(bad.code).toBe(1)
  expect(JSON.parse(bad.lines.join('\n'))).toMatchObject({ error: { code: 'config.invalid' } })
  expect(bad.err).toContain(`${file}:2: "many" is not a port`)
  expect((await warren('-F', 'none', '@')).code).toBe(64)
})

it('a command nobody allowed does not run, and standard error names its line', async () => {
  const ran = join(scratch, 'ran')
  const file = write('exec.conf', `Port 3\nMatch exec "touch ${ran}"\n  User exec\n`)
  const { code, lines, err } = await warren('-F', file, 'db')
  expect([code, lines.includes('user exec')]).toEqual([0, false])
  expect(err).toBe(`warren: ${file}:2: Match exec was not run: touch ${ran} (--allow-exec runs it this once)\n`)
  expect((await run('ls', [ran])).code).not.toBe(0)
})

it('a file that cannot be read is said so', async () => {
  const fifo = join(scratch, 'pipe')
  await run('mkfifo', [fifo])
  chmodSync(fifo, 0o600)
  expect(await warren('-F', fifo, 'db')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no regular file') as string,
  })
  expect((await warren('-F', '/none/such', 'db')).code).toBe(1)
})
