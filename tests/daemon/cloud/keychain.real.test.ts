import { symlinkSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startSessionBus } from '../../../scripts/_desktop.mjs'
import { root } from '../../../scripts/_places.mjs'
import { run } from '../../../scripts/_run.mjs'
import { openKeychain } from '../../../src/daemon/cloud/keychain'
import { alias } from '../../../vite.alias'
import { startKeyring } from '../../support/_desktop-keyring'

const url = 'https://cloud.example.com'
const kept = {
  tokens: { token: `eyJ.${'t'.repeat(400)}`, refreshToken: 'r'.repeat(64) },
  privateKey: 'p'.repeat(43),
}
let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'warren-keychain-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(() => rm(home, { recursive: true, force: true }))

describe('without a desktop', () => {
  it('says that there is no keychain', async () => {
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', '')
    vi.stubEnv('XDG_RUNTIME_DIR', join(home, 'nothing'))
    await expect(openKeychain({ home, url, keep: 'keychain' })).rejects.toMatchObject({
      code: 'secret.no-keyring',
      fix: expect.stringContaining('a file that only you can read') as string,
    })
  })
  it('keeps the login in a file for its owner alone', async () => {
    const keychain = await openKeychain({ home, url, keep: 'file' })
    await keychain.set(kept)
    const file = join(home, 'cloud-login.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await openKeychain({ home, url, keep: 'file' })).get()).toEqual(kept)
    await chmod(file, 0o644)
    await expect(openKeychain({ home, url, keep: 'file' })).rejects.toMatchObject({ code: 'secret.unreadable' })
    await chmod(file, 0o600)
    await keychain.clear()
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(keychain.get()).toEqual({ tokens: null, privateKey: null })
  })
  it('does not quote a damaged file, and a login replaces it', async () => {
    const file = join(home, 'cloud-login.json')
    await writeFile(file, '{"version":1,"tokens":{"token":"half-a-sec', { mode: 0o600 })
    const fault: unknown = await openKeychain({ home, url, keep: 'file' }).catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'secret.unreadable' })
    expect((fault as Error).cause).toBeUndefined()
    const keychain = await openKeychain({ home, url, keep: 'file', isNew: true })
    await keychain.set(kept)
    expect((await openKeychain({ home, url, keep: 'file' })).get()).toEqual(kept)
    await keychain.clear()
  })
  it('has the newest of many writes at the end', async () => {
    const keychain = await openKeychain({ home, url, keep: 'file' })
    const tokens = Array.from({ length: 20 }, (_, at) => ({ token: `token ${at}`, refreshToken: `refresh ${at}` }))
    await Promise.all(tokens.map((each) => keychain.set({ tokens: each })))
    expect((await openKeychain({ home, url, keep: 'file' })).get().tokens).toEqual(tokens.at(-1))
    await keychain.clear()
  })
  it('forgets what was kept in memory with the daemon', async () => {
    const keychain = await openKeychain({ home, url, keep: 'memory' })
    await keychain.set(kept)
    expect(keychain.get()).toEqual(kept)
    expect((await openKeychain({ home, url, keep: 'memory' })).get().tokens).toBeNull()
  })
})

describe.runIf(process.platform === 'linux')('with a real keyring', () => {
  const services: { stop: () => Promise<void> }[] = []
  let env: NodeJS.ProcessEnv
  let child: string

  /** The native part reads the real environment of its process: a process of its own has the bus in it. */
  const inChild = async (given: { home?: string; url?: string; set?: object; clear?: boolean }): Promise<unknown> => {
    const { code, output } = await run(process.execPath, [child, JSON.stringify({ home, url, ...given })], { env })
    if (code !== 0) throw new Error(output)
    return JSON.parse(output)
  }

  beforeAll(async () => {
    const outDir = join(home, 'bundle')
    const ssr = join(import.meta.dirname, '_keychain-child.ts')
    const output = { entryFileNames: 'child.mjs' }
    await build({
      ...{ configFile: false, logLevel: 'error', root, resolve: { alias } },
      build: { ssr, outDir, rolldownOptions: { output } },
    })
    symlinkSync(join(root, 'node_modules'), join(outDir, 'node_modules'))
    child = join(outDir, 'child.mjs')
    env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: join(home, 'data') }
    const bus = await startSessionBus({ env })
    services.push(bus)
    env = { ...env, ...bus.env }
    services.push(await startKeyring(env, 'correct horse'))
  })
  afterAll(async () => {
    for (const service of services.reverse()) await service.stop()
  })

  it('keeps the login across starts, leaves no clear text in a file, and takes it away', async () => {
    expect(await inChild({})).toEqual({ tokens: null, privateKey: null })
    await inChild({ set: { tokens: kept.tokens } })
    await inChild({ set: { privateKey: kept.privateKey } })
    expect(await inChild({})).toEqual(kept)
    // Another data folder, another server: another entry.
    expect(await inChild({ url: `${url}:8443` })).toMatchObject({ tokens: null })
    expect(await inChild({ home: `${home}2` })).toMatchObject({ tokens: null })
    for (const secret of [kept.tokens.token, kept.tokens.refreshToken, kept.privateKey]) {
      const { code } = await run('grep', ['-r', '-a', '-l', '-F', secret, join(home, 'data')])
      expect(code).toBe(1)
    }
    await inChild({ clear: true })
    expect(await inChild({})).toMatchObject({ tokens: null })
  })
})
