import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { madeOf } from '../../src/renderer/src/screens/settings/made-of'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const names = (): readonly string[] => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  return Object.keys({ ...dependencies, ...devDependencies })
}

it('names every package that the sources import, and no other', () => {
  // The cloud server is a program of its own and no part of the app.
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.tsx?$/.test(file) && !file.startsWith('cloud/'),
  )
  const sources = files.map((file) => read(join('src', file))).join('\n')
  const imported = new Set(
    [...sources.matchAll(/(?:from |import\(|library: )'((?:@[^/']+\/)?[^/'.][^/']*)/g)].map(([, name]) => name),
  )
  const expected = names().filter((name) => imported.has(name))
  expect(madeOf.map(({ packageName }) => packageName).sort()).toEqual(expected.sort())
})

interface Licensed {
  readonly license?: string
  /** How packages said it before npm 2. */
  readonly licenses?: readonly { readonly type: string }[]
}

it('says the licence that each package says itself', () => {
  const said = madeOf.map(({ packageName }) => {
    const { license, licenses } = JSON.parse(read(`node_modules/${packageName}/package.json`)) as Licensed
    return [packageName, license ?? licenses?.[0]?.type]
  })
  expect(madeOf.map(({ licence, packageName }) => [packageName, licence])).toEqual(said)
})
