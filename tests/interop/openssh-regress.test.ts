/** OpenSSH's own scripts about the config and the host's certificate, with Warren behind their `ssh`; side by side: each has a folder and a port of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from 'vite'
import { alias, node } from '../../vite.alias'
import { freePort } from '../support/free-port'

/** Where Debian's openssh-tests puts them. */
const INSTALLED = '/usr/lib/openssh/regress'
const SECOND = 1000

const root = join(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'warren-ot-'))
const places = { resolver: join(scratch, 'ssh-resolver'), login: join(scratch, 'ssh-login') }

/** Without the package there is nothing to drive, and the lists are empty. */
const scripts = (names: readonly string[]): readonly [string][] =>
  existsSync(INSTALLED) ? names.map((name): [string] => [name]) : []

beforeAll(async () => {
  if (!existsSync(INSTALLED)) return
  // ssh2 and its native parts stay what they are.
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'))
  await buildShim('_shim.ts', places.resolver)
  await buildShim('_login-shim.ts', places.login)
  // The scripts start sshd, which as root wants this folder.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
}, 60 * SECOND)

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

/** A program called as ssh is. */
async function buildShim(source: string, shim: string): Promise<void> {
  const bundle = `${source.slice(1, -3)}.mjs`
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    resolve: { alias },
    ssr: node,
    build: {
      ssr: join(root, 'tests/engine/ssh-config', source),
      outDir: scratch,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: bundle } },
    },
  })
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${join(scratch, bundle)}' "$@"\n`)
  chmodSync(shim, 0o755)
}

async function passes(name: string, shim: string): Promise<void> {
  // No script's words in its name: they leave lines of their config out by such words.
  const copy = mkdtempSync(join(scratch, 'r'))
  cpSync(INSTALLED, copy, { recursive: true })
  const folders = ['BUILDDIR', 'OBJ', '.OBJDIR', '.CURDIR'].map((variable) => `${variable}=${copy}`)
  const port = await freePort()
  const settings = ['TEST_SSH_UNSAFE_PERMISSIONS=1', `TEST_SSH_SSH=${shim}`, `TEST_SSH_PORT=${port}`]
  const make = spawn('make', ['t-exec', `LTESTS=${name}`, ...folders, ...settings, 'TEST_SHELL=sh', 'SUDO='], {
    cwd: copy,
    // ssh asks the system for the home folder, the scripts ask HOME.
    env: { ...process.env, HOME: userInfo().homedir },
  })
  let said = ''
  for (const stream of [make.stdout, make.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
  const [status] = (await once(make, 'close')) as [number | null]
  expect(said, said).toMatch(/^ok /m)
  expect(status, said).toBe(0)
}

describe.concurrent('OpenSSH’s own scripts', () => {
  it.each(scripts(['cert-hostkey']))('%s.sh passes with our SSH layer behind ssh', { timeout: 600 * SECOND }, (name) =>
    passes(name, places.login),
  )
  it.each(scripts(['percent', 'cfgmatch', 'cfginclude', 'sshcfgparse']))(
    '%s.sh passes with our resolver behind ssh -G',
    { timeout: 600 * SECOND },
    (name) => passes(name, places.resolver),
  )
})

it('says where its scripts come from', () => {
  expect(scripts(['percent']).length === 0 || existsSync(join(INSTALLED, 'percent.sh'))).toBe(true)
})
