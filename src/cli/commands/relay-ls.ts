/** What `warren relay ls` does, and the lines of a relay wherever it is listed. */
import { formatBytes, plural } from '@shared/format'
import { relayRoute } from '@shared/relay-sentence'
import type { RelaySnapshot } from '@shared/relay-snapshots'
import { carries, stateGlyphs, stateWords, statusLine } from '@shared/sentence'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { publicRelay } from '../owners'
import { painter } from '../paint'
import { printable, table } from '../table'

export async function relayLs(context: Context, { tag }: { readonly tag?: string }): Promise<number> {
  const client = await context.daemon()
  const views = await client.call('relays.list', {})
  const snapshots = views.map(({ snapshot }) => snapshot).filter(({ tags }) => tag === undefined || tags.includes(tag))
  if (context.json) {
    context.document(snapshots.map(publicRelay))
    return DONE
  }
  if (snapshots.length === 0) {
    context.terminal.err('No relays yet. Add one: warren relay add NAME tcp PORT HOST:PORT\n')
    return DONE
  }
  printRelays(context, snapshots)
  const running = snapshots.filter(({ state }) => carries(state)).length
  context.terminal.out(`${running} of ${snapshots.length} running\n`)
  return DONE
}

/** A line per relay, and under it why not and what to do. */
export function printRelays({ terminal, now }: Context, snapshots: readonly RelaySnapshot[]): void {
  const paint = painter(terminal.hasColour)
  const rows = snapshots.map((snapshot) => [
    `${stateGlyphs[snapshot.state]} ${printable(snapshot.name)}`,
    snapshot.type,
    printable(relayRoute(snapshot)) + (snapshot.exposed ? ' · reachable from the network' : ''),
    snapshot.state === 'failed' ? stateWords.failed : statusLine(snapshot, { now: now() }),
    traffic(snapshot),
  ])
  const lines = table(rows)
  snapshots.forEach((snapshot, at) => {
    terminal.out(`${paint(snapshot.state, lines[at] ?? '')}\n`)
    if (snapshot.notice !== null && carries(snapshot.state)) terminal.out(`    ${printable(snapshot.notice)}\n`)
    if (snapshot.reason === null || snapshot.state === 'stopped') return
    terminal.out(`    ${printable(snapshot.reason.message)}\n`)
    if (snapshot.reason.fix !== null) terminal.out(`    ${printable(snapshot.reason.fix)}\n`)
  })
}

// --- internal ---

function traffic({ type, connections, bytesUp, bytesDown }: RelaySnapshot): string {
  if (connections === 0 && bytesUp + bytesDown === 0) return ''
  const what = plural(connections, type === 'udp' ? 'session' : 'connection')
  return `${what} ↑${formatBytes(bytesUp)} ↓${formatBytes(bytesDown)}`
}
