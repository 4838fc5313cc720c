/** `warren limits NAME [what they are from now on]` */
import type { Command } from 'commander'
import { noLimits, type Limits } from '@shared/limits'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findOwner } from '../owners'
import { printable, table } from '../table'
import { usageError } from '../usage'
import { defineLimitOptions, hasLimitOptions, limitLines, readLimits, type LimitOptions } from './_limit-options'

interface LimitsOptions extends LimitOptions {
  readonly clear?: boolean
}

export function defineLimits(program: Command, host: Host): void {
  const command = program
    .command('limits')
    .description('show or change what the connections of a forward or relay may use; none is dropped by a change')
    .argument('<name>')
    .option('--clear', 'no limits from now on')
  defineLimitOptions(command).action((name: string, options: LimitsOptions) =>
    host.run((context) => limits(context, name, options)),
  )
}

async function limits(context: Context, name: string, options: LimitsOptions): Promise<number> {
  const changes = hasLimitOptions(options)
  if (options.clear === true && changes) throw usageError('Give --clear alone.')
  // What cannot be read is refused before a daemon is started for it.
  if (changes && options.quotaThen === undefined) readLimits(options, noLimits)
  const client = await context.daemon()
  const owner = await findOwner(client, name)
  const before = owner.view.spec.limits
  let now = before
  if (changes || options.clear === true) {
    now = options.clear === true ? null : readLimits(options, before ?? noLimits)
    now = await save(client, { owner, limits: now })
  }
  if (context.json) context.document(now ?? noLimits)
  else print(context, owner.view.spec.name, now)
  return DONE
}

// --- internal ---

async function save(
  client: Awaited<ReturnType<Context['daemon']>>,
  { owner, limits: next }: { readonly owner: Awaited<ReturnType<typeof findOwner>>; readonly limits: Limits | null },
): Promise<Limits | null> {
  const { id } = owner.view.spec
  if (owner.kind === 'relay') {
    return (await client.call('relays.update', { id, patch: { limits: next ?? noLimits } })).spec.limits
  }
  return (await client.call('forwards.update', { id, patch: { limits: next } })).spec.limits
}

function print({ terminal }: Context, name: string, now: Limits | null): void {
  const lines = now === null ? [] : limitLines(now)
  if (lines.length === 0) {
    terminal.out(`${printable(name)} has no limits\n`)
    return
  }
  terminal.out(`${printable(name)}\n`)
  for (const line of table(lines.map(([what, text]) => [`  ${what}`, text]))) terminal.out(`${line}\n`)
}
