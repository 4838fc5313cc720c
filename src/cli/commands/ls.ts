/** `warren ls` */
import type { Command } from 'commander'
import { formatBytes, plural } from '@shared/format'
import { routeLine, stateGlyphs, stateWords, statusLine, summaryLine } from '@shared/sentence'
import type { ForwardSnapshot, ForwardView } from '@shared/snapshots'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { painter } from '../paint'
import { publicForward } from '../snapshots'
import { printable, table, textWidth, wrap } from '../table'
import { remappedWords } from './_cloud-lines'

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
  const all = await client.call('forwards.list', {})
  const views = all.filter(({ snapshot }) => tag === undefined || snapshot.tags.includes(tag))
  if (context.json) {
    context.document(views.map(publicForward))
    return DONE
  }
  if (views.length === 0) {
    context.terminal.err(
      all.length > 0
        ? `No forward has the tag ${printable(tag ?? '')}.\n`
        : 'No forwards yet. Add one: warren add NAME -L PORT:HOST:PORT --server NAME\n',
    )
    return DONE
  }
  for (const line of listLines(context, views)) context.terminal.out(`${line}\n`)
  context.terminal.out(`${summaryLine(views.map(({ snapshot }) => snapshot))}\n`)
  return DONE
}

/**
 * Rows that line up; where they do not fit, what each goes through moves to a second line, as in the window.
 *
 * Whose a forward is has a column of its own as soon as one is shared.
 */
export function listLines(
  { terminal, now }: Pick<Context, 'terminal' | 'now'>,
  views: readonly ForwardView[],
): readonly string[] {
  const paint = painter(terminal.hasColour)
  const isShared = views.some(({ cloud }) => cloud !== null)
  const head = ({ snapshot }: ForwardView): string => `${stateGlyphs[snapshot.state]} ${printable(snapshot.name)}`
  const status = ({ snapshot }: ForwardView): string =>
    snapshot.state === 'failed' ? stateWords.failed : statusLine(snapshot, { now: now() })
  const cells = views.map((view) => [
    ...[head(view), ...(isShared ? [space(view)] : []), printable(routeLine(view.snapshot))],
    ...[via(view.snapshot), status(view), traffic(view.snapshot)],
  ])
  const width = terminal.columns
  const wide = table(cells)
  const fits = width === null || wide.every((line) => textWidth(line) <= width)
  const narrow = views.map((view) => [head(view), printable(routeLine(view.snapshot)), status(view)])
  const lines = fits ? wide : table(narrow)
  return views.flatMap((view, at) => {
    const { snapshot } = view
    const aside = [via(snapshot), space(view), traffic(snapshot)].filter((text) => text !== '').join(' · ')
    const below = [...(fits ? [] : [aside]), ...reasonLines(snapshot, width), ...cloudLines(view, width)]
    return [paint(snapshot.state, lines[at] ?? ''), ...below.filter((text) => text !== '').map((text) => `    ${text}`)]
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
  return reason === null || state === 'stopped' ? [] : wrapped([reason.message, reason.fix ?? ''], width)
}

/** What of the sharing a person has to know or do. */
function cloudLines({ cloud }: ForwardView, width: number | null): readonly string[] {
  if (cloud === null) return []
  const { remapped, fault } = cloud
  return [
    ...(remapped === null ? [] : wrapped([remappedWords(remapped)], width)),
    ...(fault === null ? [] : wrapped([fault.message, fault.fix ?? ''], width)),
  ]
}

function wrapped(sentences: readonly string[], width: number | null): readonly string[] {
  const text = printable(sentences.join(' ').trim())
  return width === null ? [text] : wrap(text, Math.max(20, width - 4))
}

function space({ cloud }: ForwardView): string {
  if (cloud === null) return ''
  return printable(cloud.space) + (cloud.state === 'synced' ? '' : ` (${cloud.state})`)
}
