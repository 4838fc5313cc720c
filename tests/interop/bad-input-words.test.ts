/** Everything that can be typed wrong: refused with a code and a sentence, and what was saved stays. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daemonScript } from '../support/daemon'
import { openWorld, type World } from './_bad-input'

let world: World
let pid: number
let before: string

beforeAll(async () => {
  world = openWorld()
  for (const words of [
    ['server', 'add', 'bastion', 'me@192.0.2.1'],
    ['server', 'add', 'inner', '192.0.2.2', '--jump', 'bastion'],
    ['add', 'db', '-L', '15432:db:5432', '--server', 'bastion'],
    ['add', 'web', '-D', '11080', '--server', 'inner'],
  ]) {
    expect(await world.warren(...words)).toMatchObject({ code: 0 })
  }
  pid = await world.daemonPid()
  before = await world.saved()
})
afterAll(async () => {
  expect(await world.saved()).toBe(before)
  expect(await world.daemonPid()).toBe(pid)
  await world.end()
})

const add = (flag: string, spec: string): string[] => ['add', 'new', flag, spec, '--server', 'bastion']
const long = 'x'.repeat(120_000)

/** Exit code, error code, part of the sentence (or of the fix), and what was typed. */
const cases: readonly (readonly [exit: number, code: string, said: RegExp, words: readonly string[]])[] = [
  // Ports.
  [64, 'spec.invalid', /"70000".*listening port.*0 to 65535/, add('-L', '70000:db:1')],
  [64, 'spec.invalid', /"-1".*0 to 65535/, add('-L', '-1:db:1')],
  [64, 'spec.invalid', /"65536".*target's port.*1 to 65535/, add('-L', '1:db:65536')],
  [64, 'spec.invalid', /"0".*target's port/, add('-L', '1:db:0')],
  [64, 'spec.invalid', /"99999999999999999999"/, add('-R', '99999999999999999999')],
  [64, 'spec.invalid', /"1.5" where the listening port/, add('-D', '1.5')],
  [64, 'spec.invalid', /"0x50"/, add('-D', '0x50')],
  [64, 'spec.invalid', /"８０"/, add('-D', '８０')],
  [64, 'usage.invalid', /--port.*0 to 65535.*not "65536"/, ['edit', 'db', '--port', '65536']],
  [64, 'usage.invalid', /--port.*not "-1"/, ['edit', 'db', '--port', '-1']],
  [64, 'usage.invalid', /--port.*not ""/, ['edit', 'db', '--port', '']],
  [64, 'spec.invalid', /"host:70000" has "70000" where the port belongs/, ['server', 'add', 'x', 'host:70000']],
  [64, 'spec.invalid', /"0" where the port belongs/, ['server', 'add', 'x', 'host:0']],
  // SPECs.
  [64, 'spec.invalid', /is empty/, add('-L', '')],
  [64, 'spec.invalid', /"" where the listening port/, add('-L', ':::')],
  [64, 'spec.invalid', /does not say where to connect/, add('-L', '80')],
  [64, 'spec.invalid', /too many parts/, add('-L', '1:a:2:b:3')],
  [64, 'spec.invalid', /\[ without its \]/, add('-L', '[::1:80:a:1')],
  [64, 'spec.invalid', /\[ without its \]/, add('-L', '[::1]x:80:a:1')],
  [64, 'spec.invalid', /space in its target's host/, add('-L', '1:a b:2')],
  [64, 'spec.invalid', /space in its target's host/, add('-L', '1:a\n:2')],
  [64, 'spec.invalid', /starts with a dash/, add('-L', '80:-oProxyCommand=x:1')],
  [64, 'spec.invalid', /does not start with \//, add('-L', 'run/x:/run/y')],
  [64, 'spec.invalid', /ends with a backslash/, add('-L', '1:a:2\\')],
  [64, 'spec.invalid', /does not expand/, add('-L', '${HOME}/s:a:2')],
  [64, 'spec.invalid', /too long/, add('-L', `1:${long}:2`)],
  [64, 'spec.invalid', /has a target/, add('-D', '80:a:80')],
  [64, 'spec.invalid', /target's port/, ['edit', 'db', '--target', 'db:x']],
  // Names and hosts.
  [1, 'spec.name-taken', /"db" already/, ['add', 'db', '-D', '1', '--server', 'bastion']],
  [1, 'spec.name-taken', /upper and lower case/, ['add', 'DB', '-D', '1', '--server', 'bastion']],
  [1, 'spec.name-taken', /"web" already/, ['edit', 'db', '--rename', 'web']],
  [1, 'spec.name-taken', /"bastion" already/, ['server', 'add', 'bastion', 'h']],
  [64, 'spec.invalid', /name must not be empty/, ['add', ' ', '-D', '1', '--server', 'bastion']],
  [64, 'spec.invalid', /name must not contain control/, ['add', 'a\u001b[31mb', '-D', '1', '--server', 'bastion']],
  [64, 'spec.invalid', /name must not contain control/, ['edit', 'db', '--rename', 'a\nb']],
  [64, 'spec.invalid', /name must have at most 100/, ['add', long, '-D', '1', '--server', 'bastion']],
  [64, 'spec.invalid', /"a b" has a space/, ['server', 'add', 'x', 'a b']],
  [64, 'spec.invalid', /has no host/, ['server', 'add', 'x', 'me@']],
  [64, 'spec.invalid', /empty user name/, ['server', 'add', 'x', '@h']],
  [64, 'spec.invalid', /starts with a dash/, ['server', 'add', 'x', '--', '-oProxyCommand=x']],
  // The other fields of a server.
  [64, 'usage.invalid', /--identity needs a file/, ['server', 'add', 'x', 'h', '--identity', '']],
  [64, 'usage.invalid', /--agent needs/, ['server', 'add', 'x', 'h', '--agent', '']],
  [64, 'spec.invalid', /proxy must start with/, ['server', 'add', 'x', 'h', '--proxy', 'ftp://p']],
  [64, 'spec.invalid', /proxy must not contain spaces/, ['server', 'add', 'x', 'h', '--proxy', 'http://a b:1']],
  [64, 'spec.invalid', /proxy command must not be empty/, ['server', 'add', 'x', 'h', '--proxy-command', '']],
  [64, 'usage.invalid', /ask, accept-new or strict/, ['server', 'add', 'x', 'h', '--host-key', 'maybe']],
  [64, 'usage.invalid', /no password/, ['server', 'add', 'x', 'h', '--password-stdin']],
  [1, 'spec.not-found', /no server "nowhere"/, ['server', 'add', 'x', 'h', '--jump', 'bastion,nowhere']],
  [1, 'spec.in-use', /used by db, inner/, ['server', 'rm', 'bastion']],
  // What is not there.
  [1, 'spec.not-found', /no forward "nope"/, ['up', 'db', 'nope']],
  [1, 'spec.not-found', /Did you mean "db"/, ['up', 'dbb']],
  [1, 'spec.not-found', /has the tag "nope"/, ['up', '--tag', 'nope']],
  [1, 'spec.not-found', /no server "nope"/, ['add', 'new', '-D', '1', '--server', 'nope']],
  [1, 'spec.not-found', /no connection "nope"/, ['kill', 'nope']],
  // Numbers and numbers of things.
  [64, 'usage.invalid', /--wait.*"-5"/, ['up', 'db', '--wait', '-5']],
  [64, 'usage.invalid', /--wait.*"NaN"/, ['up', 'db', '--wait', 'NaN']],
  [64, 'usage.invalid', /--wait.*"1e999"/, ['up', 'db', '--wait', '1e999']],
  [64, 'usage.invalid', /--lines/, ['logs', 'db', '--lines', '10001']],
  [64, 'spec.invalid', /list of tags must have at most 32/, [...add('-D', '1'), ...tags(10_000)]],
  [64, 'spec.invalid', /A tag must not contain commas/, [...add('-D', '1'), '--tag', 'a,b']],
  [64, 'usage.invalid', /say what to do/i, []],
  [64, 'usage.invalid', /unknown command 'frob'/i, ['frob']],
]

describe('a wrong command line', () => {
  it.concurrent.each(cases)('ends with %i and %s: %s', async (exit, code, said, words) => {
    const refusal = await world.refused(...words)
    expect(refusal).toMatchObject({ exit, code })
    expect(`${refusal.message} ${refusal.fix ?? ''}`).toMatch(said)
  })

  it('takes any letters as a name', async () => {
    const name = '日本 🎌 ünïcödé'
    expect(await world.warren('add', name, '-D', '0', '--server', 'bastion')).toMatchObject({ code: 0 })
    expect((await world.warren('status', name)).out).toContain(name)
    expect(await world.warren('rm', name)).toMatchObject({ code: 0 })
  })
})

describe('streams that are closed or full', () => {
  it.each([0, 1, 2])('does its work without stream %i', async (closed) => {
    const words = [join(dirname(daemonScript()), 'warren.mjs'), 'ls']
    const child = spawn('sh', ['-c', `exec "$@" ${closed}>&-`, 'sh', process.execPath, ...words], {
      env: { PATH: process.env['PATH'], HOME: world.home, WARREN_HOME: world.home },
      stdio: 'ignore',
    })
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it.runIf(existsSync('/dev/full'))('says that its output cannot be written', async () => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [join(dirname(daemonScript()), 'warren.mjs'), 'ls'], {
      env: { PATH: process.env['PATH'], HOME: world.home, WARREN_HOME: world.home },
      stdio: ['ignore', full, 'pipe'],
    })
    closeSync(full)
    let err = ''
    child.stderr?.on('data', (part: Buffer) => (err += part.toString()))
    await once(child, 'close')
    expect(child.exitCode).toBe(1)
    expect(err).toMatch(/output cannot be written: ENOSPC/)
  })
})

function tags(count: number): string[] {
  return Array.from({ length: count }, (_, index) => ['--tag', `t${index}`]).flat()
}
