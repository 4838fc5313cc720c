import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSystemFiles, lookupHost, readSystemNames } from '../../../src/engine/ssh-config'

const folder = mkdtempSync(join(tmpdir(), 'warren-files-'))
const files = createSystemFiles({ uid: process.getuid?.() ?? 0 })

beforeAll(() => {
  mkdirSync(join(folder, 'sub[1]'))
  for (const name of ['b.conf', 'a.conf', 'Z.conf', '.hidden.conf', 'x1', 'x2', 'x9', 'sub[1]/deep.conf']) {
    writeFileSync(join(folder, name), 'Port 1\n', { mode: 0o600 })
  }
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling.conf'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('glob', () => {
  it.each([
    ['*.conf', ['Z.conf', 'a.conf', 'b.conf', 'dangling.conf']],
    ['.*.conf', ['.hidden.conf']],
    ['x?', ['x1', 'x2', 'x9']],
    ['x[1-3]', ['x1', 'x2']],
    ['x[!1-3]', ['x9']],
    ['x[[:digit:]]', ['x1', 'x2', 'x9']],
    ['x[]1]', ['x1']],
    ['x[9-1]', []],
    ['sub\\[1\\]/*', ['sub[1]/deep.conf']],
    ['*/deep.conf', ['sub[1]/deep.conf']],
    ['a.conf', ['a.conf']],
    ['[a.conf', []],
    ['none*', []],
  ])('finds what glob(3) finds for %s', async (pattern, expected) => {
    const found = await files.glob(`${folder}/${pattern}`)
    expect(found).toEqual(expected.map((name) => join(folder, name)))
  })
})

describe('reading', () => {
  it('tells a missing file from a folder and from one that others may write', async () => {
    expect(await files.readFile(join(folder, 'nowhere'))).toEqual({ kind: 'missing' })
    expect(await files.readFile(folder)).toMatchObject({ kind: 'text', text: '' })
    expect(await files.readFile(join(folder, 'a.conf'))).toEqual({ kind: 'text', text: 'Port 1\n', trusted: true })
    chmodSync(join(folder, 'a.conf'), 0o666)
    expect(await files.readFile(join(folder, 'a.conf'))).toMatchObject({ trusted: false })
  })

  it('finds nothing in the null device and does not wait at a pipe', async () => {
    expect(await files.readFile('/dev/null')).toMatchObject({ kind: 'text', text: '' })
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(await files.readFile(join(folder, 'pipe'))).toMatchObject({ kind: 'unreadable' })
  })

  it('says why a file cannot be opened', async () => {
    expect(await files.readFile(join(folder, 'a.conf', 'below'))).toMatchObject({ kind: 'unreadable' })
  })
})

describe('names', () => {
  it('of people and services are those of the system', async () => {
    const { homes, services } = await readSystemNames()
    expect(homes.get(userInfo().username)).toBe(userInfo().homedir)
    expect([services.get('ssh'), services.get('www'), services.get('none such')]).toEqual([22, 80, undefined])
  })

  it('of hosts resolve or do not', async () => {
    expect(await lookupHost('localhost', 'inet')).not.toBeNull()
    expect(await lookupHost('no name', 'any')).toBeNull()
  })
})
