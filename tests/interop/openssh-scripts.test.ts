/** OpenSSH's own scripts about connections, with Warren behind their `ssh`: docs/openssh-tests.md says what each one drives. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { build } from 'vite'
import { alias, node } from '../../vite.alias'
import { freePort } from '../support/free-port'

/** Where Debian's openssh-tests puts them. */
const INSTALLED = '/usr/lib/openssh/regress'
const SECOND = 1000

const root = join(import.meta.dirname, '../..')
// No script's words in its name: they leave lines of their config out by such words.
const scratch = mkdtempSync(join(tmpdir(), 'warren-ot-'))
const shim = join(scratch, 'ssh')

interface Call {
  readonly mode: 'ssh' | 'config' | 'login' | 'forwards'
  readonly agreed?: boolean
}

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    resolve: { alias },
    ssr: node,
    build: {
      ssr: join(root, 'tests/interop/_openssh-shim.ts'),
      outDir: scratch,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'shim.mjs' } },
    },
  })
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'))
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${join(scratch, 'shim.mjs')}' "$@"\n`)
  chmodSync(shim, 0o755)
  // The scripts start sshd, which as root wants this folder.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
}, 60 * SECOND)

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

it.each([
  ['forwarding', { logins: 5, forwards: 20 }],
  ['knownhosts', { logins: 3, forwards: 0 }],
])('%s.sh passes with Warren behind its ssh', async (name, least) => {
  const copy = join(scratch, name === 'knownhosts' ? 'k' : 'f')
  const log = join(scratch, `${name}.log`)
  cpSync(INSTALLED, copy, { recursive: true })
  const places = ['BUILDDIR', 'OBJ', '.OBJDIR', '.CURDIR'].map((variable) => `${variable}=${copy}`)
  const port = await freePort()
  const settings = [`TEST_SSH_SSH=${shim}`, `TEST_SSH_PORT=${port}`, 'TEST_SSH_UNSAFE_PERMISSIONS=1']
  const make = spawn('make', ['t-exec', `LTESTS=${name}`, ...places, ...settings, 'TEST_SHELL=sh', 'SUDO='], {
    cwd: copy,
    // ssh asks the system for the home folder, the scripts ask HOME.
    env: { ...process.env, HOME: userInfo().homedir, WARREN_SHIM_LOG: log },
  })
  let said = ''
  for (const stream of [make.stdout, make.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
  const [status] = (await once(make, 'close')) as [number | null]
  expect(said).toMatch(/^ok /m)
  expect(status).toBe(0)
  const calls = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Call & { forwards?: number })
  const logins = calls.filter(({ mode }) => mode === 'login')
  expect(logins.filter(({ agreed }) => agreed !== true)).toEqual([])
  expect(logins.length).toBeGreaterThanOrEqual(least.logins)
  const forwards = calls.reduce((sum, call) => sum + (call.mode === 'forwards' ? (call.forwards ?? 0) : 0), 0)
  expect(forwards).toBeGreaterThanOrEqual(least.forwards)
})

it('finds the scripts', () => {
  expect(existsSync(join(INSTALLED, 'forwarding.sh'))).toBe(true)
})
