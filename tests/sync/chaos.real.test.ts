/** A short run of the chaos that `npm run bench` runs for five minutes. */
import { expect, it } from 'vitest'
import { runChaos } from './_chaos'

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 20)
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000)

it(
  'loses no edit and doubles none while servers and machines are killed',
  async () => {
    process.stdout.write(`chaos: CHAOS_SEED=${SEED} CHAOS_SECONDS=${SECONDS}\n`)
    const figures = await runChaos({ seed: SEED, seconds: SECONDS, people: 4, machinesEach: 5 })
    process.stdout.write(
      `${JSON.stringify({ ...figures, first: { ...figures.first, lost: figures.first.lost.slice(0, 20) } }, null, 2)}\n`,
    )
    expect(figures.kills).toBeGreaterThan(0)
    expect(figures.first.lost).toEqual([])
    expect(figures.last.lost).toEqual([])
    expect(figures.missing).toEqual([])
    expect(figures.doubled).toEqual([])
    expect(figures.unequal).toEqual([])
  },
  (SECONDS + 180) * 1000,
)
