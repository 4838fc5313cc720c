import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/_places.mjs'
import { run } from '../../scripts/_run.mjs'

const CHECK_MS = 60_000

/** A copy of the rules beside sources that break them. */
let folder: string
let output: string

const sources: Readonly<Record<string, string>> = {
  'src/sync/index.ts': 'export const openSecret = (): string => ""\n',
  'src/sync/seal/secret.ts': 'export const inner = 1\n',
  'src/shared/plain.ts': 'export const plain = 1\n',
  'src/cloud/honest.ts': "import { plain } from '../shared/plain'\nexport const honest = plain\n",
  'src/cloud/by-door.ts': "import { openSecret } from '@sync'\nexport const opened = openSecret()\n",
  'src/cloud/by-path.ts': "import { inner } from '../sync/seal/secret'\nexport const taken = inner\n",
  'src/cloud/by-type.ts': "import type { inner } from '../sync/seal/secret'\nexport type Taken = typeof inner\n",
  'src/cloud/late.ts': "export const late = () => import('../sync/index')\n",
  'src/cloud/library.ts': "import sodium from 'libsodium-wrappers'\nexport const box = sodium\n",
  'src/cloud/raw-library.ts': "import sodium from 'libsodium'\nexport const raw = sodium\n",
  'src/engine/secrets.ts': "import { openSecret } from '@sync'\nexport const opened = openSecret()\n",
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'warren-layers-'))
  for (const [path, text] of Object.entries(sources)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.base.json', 'package.json']) {
    cpSync(join(root, file), join(folder, file))
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [program, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'err']
  ;({ output } = await run(process.execPath, args, { cwd: folder, timeout: CHECK_MS }))
}, CHECK_MS)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the rule of the layers', () => {
  it.each([
    ['the door of sync', 'cloud-folders: src/cloud/by-door.ts'],
    ['a file of sync', 'cloud-folders: src/cloud/by-path.ts'],
    ['a type of sync', 'cloud-folders: src/cloud/by-type.ts'],
    ['sync at run time', 'cloud-folders: src/cloud/late.ts'],
    ['the library that seals', 'cloud-packages: src/cloud/library.ts'],
    ['what that library is made of', 'src/cloud/raw-library.ts'],
  ])('keeps %s from the cloud, which must not be able to open anything', (_what, line) => {
    expect(output).toContain(line)
  })
  it('keeps sync from the engine', () => {
    expect(output).toContain('engine-folders: src/engine/secrets.ts')
  })
  it('leaves what is allowed alone', () => {
    expect(output).not.toContain('honest')
  })
})
