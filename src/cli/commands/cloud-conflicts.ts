/** What `warren cloud conflicts` and `resolve` do. */
import { cloudFieldWords, conflictSentence, fieldValue } from '@shared/cloud-words'
import type { CloudConflict, CloudField } from '@shared/cloud-views'
import type { RpcParams } from '@shared/rpc'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { quoteName } from '../quote'
import { findConflict } from '../spaces'
import { printable, table } from '../table'
import { usageError } from '../usage'
import { readField } from './cloud-share'

export interface ResolveOptions {
  readonly mine?: boolean
  readonly theirs?: boolean
  readonly local?: boolean
  readonly field?: readonly string[]
}

export async function cloudConflicts(context: Context): Promise<number> {
  const client = await context.daemon()
  const conflicts = await client.call('cloud.conflicts', {})
  if (context.json) {
    context.document(conflicts)
    return DONE
  }
  if (conflicts.length === 0) context.terminal.err('There is no conflict.\n')
  for (const conflict of conflicts) printConflict(context, conflict, conflicts)
  return DONE
}

export async function cloudResolve(context: Context, which: string, options: ResolveOptions): Promise<number> {
  const { mine = false, theirs = false, local = false, field = [] } = options
  const whole = [mine, theirs, local].filter(Boolean).length
  if (whole > 1) throw usageError('Give one of --mine, --theirs and --local.')
  if (local && field.length > 0) throw usageError('--local is about the whole forward: give no --field.')
  if (whole === 0 && field.length === 0)
    throw usageError('Say what holds: --mine, --theirs, --local or --field NAME=mine.')
  const sides = new Map(field.map(readSide))
  const client = await context.daemon()
  const conflict = await findConflict(client, which)
  const rest = mine ? 'mine' : theirs ? 'theirs' : null
  const choice = sides.size === 0 ? (local ? 'local' : (rest ?? 'mine')) : { fields: perField(conflict, sides, rest) }
  await client.call('cloud.resolve', { id: conflict.id, choice })
  if (context.json) context.document({ id: conflict.id, choice })
  else context.terminal.out(`Settled: ${printable(conflict.name)} in ${printable(conflict.space)}\n`)
  return DONE
}

// --- internal ---

type Side = 'mine' | 'theirs'
type Choice = RpcParams<'cloud.resolve'>['choice']

function readSide(text: string): readonly [CloudField, Side] {
  const [, name = '', side] = /^([^=]*)=(mine|theirs)$/.exec(text) ?? []
  if (side !== 'mine' && side !== 'theirs') throw usageError(`--field needs NAME=mine or NAME=theirs, not "${text}".`)
  return [readField(name), side]
}

function perField(
  conflict: CloudConflict,
  sides: ReadonlyMap<CloudField, Side>,
  rest: Side | null,
): Extract<Choice, object>['fields'] {
  if (conflict.kind !== 'edited') throw usageError('A deletion is settled as a whole: --mine, --theirs or --local.')
  const other = [...sides.keys()].find((field) => !conflict.fields.includes(field))
  if (other !== undefined) {
    throw usageError(`${other} is no field of this conflict.`, `Its fields: ${conflict.fields.join(', ')}.`)
  }
  return Object.fromEntries(
    conflict.fields.map((field) => {
      const side = sides.get(field) ?? rest
      if (side === null) {
        throw usageError(
          `Say what holds for ${field} too.`,
          `Such as --field ${field}=mine, or --theirs for all others.`,
        )
      }
      return [field, side]
    }),
  )
}

const deletionWords = {
  'deleted-there': ['--mine makes it anew for all, --theirs removes it here, --local keeps it on this machine only.'],
  'deleted-here': ['--mine deletes it for all, --theirs brings it back here.'],
} as const

function printConflict({ terminal }: Context, conflict: CloudConflict, all: readonly CloudConflict[]): void {
  const { mine, theirs, base, fields, kind } = conflict
  terminal.out(`${printable(conflictSentence(conflict))}\n`)
  const rows = fields.map((field) =>
    [field, cloudFieldWords[field], ...[mine, theirs, base].map((side) => fieldValue(side, field) ?? '–')].map(
      printable,
    ),
  )
  const head = ['FIELD', '', 'MINE', 'THEIRS', 'BEFORE']
  for (const line of rows.length === 0 ? [] : table(rows, { head })) terminal.out(`    ${line}\n`)
  const isAlone = all.filter(({ name }) => name === conflict.name).length === 1
  const which = isAlone ? quoteName(conflict.name) : conflict.id
  const example = kind === 'edited' && fields.length > 1 ? ` | --field ${fields[0] ?? ''}=mine …` : ''
  // Of what was deleted here there is nothing to keep.
  const local = kind === 'deleted-here' ? '' : ' | --local'
  terminal.out(`    warren cloud resolve ${printable(which)} --mine | --theirs${local}${example}\n`)
  for (const line of kind === 'edited' ? [] : deletionWords[kind]) terminal.out(`    ${line}\n`)
}
