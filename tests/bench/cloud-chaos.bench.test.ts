/**
 * Twenty machines edit shared forwards for five minutes, online and offline, while three servers on one PostgreSQL are killed at random.
 * `CHAOS_SEED` repeats what was done, `CHAOS_SECONDS` makes it shorter or longer.
 */
import { expect, it } from 'vitest'
import { runChaos } from '../sync/_chaos'
import { publish } from './_table'

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 300)
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000)

it(
  'loses no edit and doubles none',
  async () => {
    process.stdout.write(`chaos: CHAOS_SEED=${SEED} CHAOS_SECONDS=${SECONDS}\n`)
    const run = await runChaos({ seed: SEED, seconds: SECONDS, people: 4, machinesEach: 5 })
    publish({
      id: 'cloud-chaos',
      title: 'Shared forwards under chaos',
      header: ['what', 'figure'],
      rows: [
        ['machines, servers', `${run.machines}, ${run.instances}`],
        ['seed, seconds', `${run.seed}, ${run.seconds}`],
        ['servers killed, all connections cut', `${run.kills}, ${run.cuts}`],
        ['machines killed in a write, taken offline', `${run.crashes}, ${run.offline}`],
        ['values edited', String(run.first.edits)],
        ['present or in an inbox when the edits ended', String(run.first.present)],
        ['replaced by somebody who saw them', String(run.first.superseded)],
        ['gone with a forward deleted by somebody who saw them', String(run.first.deleted)],
        ['in inboxes then; conflicts decided in all', `${run.first.inInboxes}; ${run.conflictsDecided}`],
        ['lost', String(run.first.lost.length + run.last.lost.length)],
        ['forwards at the end, doubled, missing', `${run.forwards}, ${run.doubled.length}, ${run.missing.length}`],
        ['replicas that differ at the end', String(run.unequal.length)],
        ['seconds until all were equal', run.settleSeconds.toFixed(1)],
      ],
      notes: [
        'No ratio: nothing else does this. The same seed makes the same edits; when a server dies among them is chance.',
      ],
    })
    expect(run.first.lost).toEqual([])
    expect(run.last.lost).toEqual([])
    expect(run.missing).toEqual([])
    expect(run.doubled).toEqual([])
    expect(run.unequal).toEqual([])
  },
  (SECONDS + 300) * 1000,
)
