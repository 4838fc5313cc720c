import * as fc from 'fast-check'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { copyFixtures } from '../engine/ssh-config/_fixtures'
import { commandOptions, configs, destinations, type SplitConfig } from '../engine/ssh-config/_generate'
import { askSsh, askWarren, compare, differences } from '../engine/ssh-config/_oracle'
import type { CommandOption } from '../../src/engine/ssh-config'

const fixtures = copyFixtures()
const scratch = mkdtempSync(join(tmpdir(), 'warren-config-made-'))

afterAll(() => {
  fixtures.remove()
  rmSync(scratch, { recursive: true, force: true })
})

describe('a hand-written config means what it means to ssh', () => {
  it.each(fixtures.cases.map((each) => [each.name, each.question] as const))('%s', async (_name, question) => {
    expect(await compare(question)).toEqual([])
  })
})

let made = 0

function write(config: SplitConfig): string {
  made += 1
  const included = join(scratch, `${made}.inc`)
  const main = join(scratch, `${made}.conf`)
  const lines = [...config.main]
  if (config.at >= 0) lines.splice(config.at, 0, `Include ${scratch}/${made}.inc*`)
  writeFileSync(included, config.included.join('\n'), { mode: 0o600 })
  writeFileSync(main, `${lines.join('\n')}\n`, { mode: 0o600 })
  return main
}

interface Tally {
  accepted: number
  refused: number
}

async function agrees(
  config: SplitConfig,
  given: { options: readonly CommandOption[]; destination: string; tally: Tally },
): Promise<void> {
  const options: CommandOption[] = [{ flag: 'F', value: write(config) }, ...given.options]
  const question = { options, destination: given.destination, variables: { FOO: '/tmp/foo' } }
  const [ssh, warren] = await Promise.all([askSsh(question), askWarren(question)])
  given.tally[ssh.kind === 'lines' ? 'accepted' : 'refused'] += 1
  expect(differences(ssh, warren)).toEqual([])
}

/** The same 200 configs on every run. */
const FIXED_SEED = 20240612

describe('a generated config means what it means to ssh', () => {
  it('for 200 configs that are always the same', async () => {
    const tally = { accepted: 0, refused: 0 }
    const property = fc.asyncProperty(configs, commandOptions, destinations, (config, options, destination) =>
      agrees(config, { options, destination, tally }),
    )
    await fc.assert(property, { numRuns: 200, seed: FIXED_SEED })
    expect(tally.accepted).toBeGreaterThan(40)
    expect(tally.refused).toBeGreaterThan(20)
  })

  it('for configs that are new on every run', async () => {
    const tally = { accepted: 0, refused: 0 }
    const property = fc.asyncProperty(configs, commandOptions, destinations, (config, options, destination) =>
      agrees(config, { options, destination, tally }),
    )
    // On failure fast-check prints the seed and the smallest config that shows it.
    await fc.assert(property, { numRuns: 150 })
    expect(tally.accepted + tally.refused).toBeGreaterThanOrEqual(150)
  })
})

describe('the usual files', () => {
  it.each(['anything', 'bob@10.0.0.1', 'ssh://[::1]:44', 'Upper.Example.ORG'])(
    'are read for %s without -F',
    async (destination) => {
      expect(await compare({ options: [], destination })).toEqual([])
    },
  )

  it('of an Include without a folder are taken from .ssh of the home folder', async () => {
    const home = join(scratch, 'home')
    mkdirSync(join(home, '.ssh', 'more'), { recursive: true })
    for (const name of ['one.conf', 'more/two.conf', 'more/three.conf']) {
      writeFileSync(join(home, '.ssh', name), `IdentityFile ${name}\n`, { mode: 0o600 })
    }
    const main = join(scratch, 'home.conf')
    writeFileSync(main, 'Include one.conf more/*\nInclude ~/.ssh/more/t[g-i]ree.conf\n', { mode: 0o600 })
    const question = { options: [{ flag: 'F', value: main }] as const, destination: 'x', variables: { HOME: home } }
    const [ssh, warren] = await Promise.all([askSsh(question), askWarren(question)])
    expect(differences(ssh, warren)).toEqual([])
    expect(ssh.kind === 'lines' && ssh.lines.filter((line) => line.startsWith('identityfile'))).toHaveLength(3)
  })

  it('that others may write are refused when included', async () => {
    const open = join(scratch, 'open.inc')
    writeFileSync(open, 'Port 5\n')
    chmodSync(open, 0o666)
    const main = join(scratch, 'open.conf')
    writeFileSync(main, `Include ${open}\n`, { mode: 0o600 })
    const question = { options: [{ flag: 'F', value: main }] as const, destination: 'x' }
    expect(await askSsh(question)).toMatchObject({ kind: 'refused' })
    expect(await askWarren(question)).toMatchObject({ kind: 'refused' })
  })
})

it('knows every option that ssh prints', async () => {
  const question = { options: [{ flag: 'F', value: 'none' }] as const, destination: 'anything' }
  const names = async (ask: typeof askSsh): Promise<string[]> => {
    const answer = await ask(question)
    return answer.kind === 'lines' ? answer.lines.map((line) => line.split(' ', 1)[0] ?? '') : []
  }
  const [known, printed] = [await names(askWarren), await names(askSsh)]
  expect(printed.filter((name) => !known.includes(name))).toEqual([])
  expect(known.filter((name) => !printed.includes(name))).toEqual([])
})
