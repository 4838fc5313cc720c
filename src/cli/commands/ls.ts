/** `warren ls` */
import type { Command } from 'commander'
import { formatBytes, plural } from '@shared/format'
import { routeLine, stateGlyphs, stateWords, statusLine, summaryLine } from '@shared/sentence'
import type { ForwardSnapshot } from '@shared/snapshots'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { painter } from '../paint'
import { publicSnapshot } from '../snapshots'
import { printable, table, textWidth, wrap } from '../table'

export function defineLs(program: Command, host: Host): void {
  program
    .command('ls')
    .alias('list')
    .description('list the forwards and what each is doing')
    .option('--tag <tag>', 'only the forwards with this tag')
    .action((options: { readonly tag?: string }) => host.run((context) => ls(context, options)))
}

async function ls(context: Context, { tag }: { readonly tag?: string }): Promise<number> {
  const client = await context.daemon()
  const views = await client.call('forwards.list', {})
  const snapshots = views.map(({ snapshot }) => snapshot).filter(({ tags }) => tag === undefined || tags.includes(tag))
  if (context.json) {
    context.document(snapshots.map(publicSnapshot))
    return DONE
  }
  if (snapshots.length === 0) {
    context.terminal.err('No forwards yet. Add one: warren add NAME -L PORT:HOST:PORT --server NAME\n')
    return DONE
  }
  for (const line of listLines(context, snapshots)) context.terminal.out(`${line}\n`)
  context.terminal.out(`${summaryLine(snapshots)}\n`)
  return DONE
}

/** Rows that line up; where they do not fit, what each goes through moves to a second line, as in the window. */
export function listLines(
  { terminal, now }: Pick<Context, 'terminal' | 'now'>,
  snapshots: readonly ForwardSnapshot[],
): readonly string[] {
  const paint = painter(terminal.hasColour)
  const head = (snapshot: ForwardSnapshot): string => `${stateGlyphs[snapshot.state]} ${printable(snapshot.name)}`
  const status = (snapshot: ForwardSnapshot): string =>
    snapshot.state === 'failed' ? stateWords.failed : statusLine(snapshot, { now: now() })
  const cells = snapshots.map((one) => [head(one), printable(routeLine(one)), via(one), status(one), traffic(one)])
  const width = terminal.columns
  const wide = table(cells)
  const fits = width === null || wide.every((line) => textWidth(line) <= width)
  const lines = fits ? wide : table(cells.map(([name = '', route = '', , state = '']) => [name, route, state]))
  return snapshots.flatMap((snapshot, at) => {
    const below = [
      ...(fits ? [] : [[via(snapshot), traffic(snapshot)].filter((text) => text !== '').join(' · ')]),
      ...reasonLines(snapshot, width),
    ].filter((text) => text !== '')
    return [paint(snapshot.state, lines[at] ?? ''), ...below.map((text) => `    ${text}`)]
  })
}

// --- internal ---

function via({ via: hops, exposed }: ForwardSnapshot): string {
  return printable(`via ${hops.join(' → ')}`) + (exposed ? ' · reachable from the network' : '')
}

function traffic(snapshot: ForwardSnapshot): string {
  const { connections, bytesUp, bytesDown } = snapshot
  if (connections === 0 && bytesUp + bytesDown === 0) return ''
  return `${plural(connections, 'connection')} ↑${formatBytes(bytesUp)} ↓${formatBytes(bytesDown)}`
}

function reasonLines({ reason, state }: ForwardSnapshot, width: number | null): readonly string[] {
  if (reason === null || state === 'stopped') return []
  const text = printable([reason.message, reason.fix ?? ''].join(' ').trim())
  return width === null ? [text] : wrap(text, Math.max(20, width - 4))
}
