import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { build } from 'vite'
import { alias } from '../../vite.alias'

/** Where Debian's openssh-tests puts OpenSSH's own scripts. */
const INSTALLED = '/usr/lib/openssh/regress'
const SECOND = 1000

const root = join(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'warren-regress-'))
const copy = join(scratch, 'regress')
const shim = join(scratch, 'ssh')

/** Without the package there is nothing to drive, and the list is empty. */
const scripts = existsSync(INSTALLED) ? ['cert-hostkey'] : []

beforeAll(async () => {
  if (scripts.length === 0) return
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    resolve: { alias },
    build: {
      ssr: join(root, 'tests/engine/ssh-config/_login-shim.ts'),
      // ssh2 and its native parts stay what they are.
      outDir: join(root, 'tests/.tmp', `login-shim-${process.pid}`),
      emptyOutDir: true,
      rolldownOptions: { external: ['hash-wasm'], output: { entryFileNames: 'shim.mjs' } },
    },
  })
  const bundle = join(root, 'tests/.tmp', `login-shim-${process.pid}`, 'shim.mjs')
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`)
  chmodSync(shim, 0o755)
  cpSync(INSTALLED, copy, { recursive: true })
  // The scripts start sshd, which as root wants this folder.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
})

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
  rmSync(join(root, 'tests/.tmp', `login-shim-${process.pid}`), { recursive: true, force: true })
})

it.each(scripts.map((name) => [name]))(
  "OpenSSH's own %s.sh passes with our SSH layer behind ssh",
  { timeout: 600 * SECOND },
  (name) => {
    const places = ['BUILDDIR', 'OBJ', '.OBJDIR', '.CURDIR'].map((variable) => `${variable}=${copy}`)
    const settings = ['TEST_SSH_UNSAFE_PERMISSIONS=1', `TEST_SSH_SSH=${shim}`, 'TEST_SHELL=sh', 'SUDO=']
    const { status, stdout, stderr } = spawnSync('make', ['t-exec', `LTESTS=${name}`, ...places, ...settings], {
      cwd: copy,
      encoding: 'utf8',
      // ssh asks the system for the home folder, the scripts ask HOME.
      env: { ...process.env, HOME: userInfo().homedir },
    })
    expect(stdout, `${stdout}\n${stderr}`).toMatch(/^ok /m)
    expect(status, stderr).toBe(0)
  },
)
