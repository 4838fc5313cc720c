/** What `warren relay up`, `down` and `rm` do. */
import { formatEndpoint } from '@shared/endpoints'
import type { RelaySnapshot } from '@shared/relay-snapshots'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import type { Selection } from '../names'
import { DEFAULT_WAIT_SECONDS, exitCodeOfStart } from '../outcome'
import { publicRelay, selectRelays } from '../owners'
import { quoteName } from '../quote'
import { printable } from '../table'
import { parseSeconds } from '../usage'
import { printRelays } from './relay-ls'

const SECOND_MS = 1000

export async function relayUp(
  context: Context,
  names: readonly string[],
  options: Selection & { readonly wait?: string },
): Promise<number> {
  const seconds = options.wait === undefined ? DEFAULT_WAIT_SECONDS : parseSeconds('--wait', options.wait)
  const client = await context.daemon()
  const ids = (await selectRelays(client, names, options)).map(({ spec }) => spec.id)
  if (ids.length === 0) {
    if (context.json) context.document([])
    context.terminal.err('No relays yet. Add one: warren relay add NAME tcp PORT HOST:PORT\n')
    return DONE
  }
  await client.call('relays.start', { ids })
  const views = await client.call('relays.wait', { ids, timeoutMs: Math.round(seconds * SECOND_MS) })
  const snapshots = views.map(({ snapshot }) => withTypedFix(snapshot))
  if (context.json) context.document(snapshots.map(publicRelay))
  else printRelays(context, snapshots)
  return exitCodeOfStart(snapshots)
}

export async function relayDown(context: Context, names: readonly string[], options: Selection): Promise<number> {
  const client = await context.daemon()
  const ids = (await selectRelays(client, names, options)).map(({ spec }) => spec.id)
  const stopped = await client.call('relays.stop', { ids })
  if (context.json) context.document(stopped.map(({ snapshot }) => publicRelay(snapshot)))
  else
    for (const { snapshot } of stopped) {
      const { name, listen, portCount } = snapshot
      // Port 0 is any: which it was is gone with it.
      const isAny = 'port' in listen && listen.port === 0
      const end = isAny ? '' : `: ${printable(formatEndpoint(listen, portCount))} is free`
      context.terminal.out(`Stopped ${printable(name)}${end}\n`)
    }
  return DONE
}

export async function relayRm(context: Context, names: readonly string[]): Promise<number> {
  const client = await context.daemon()
  const views = await selectRelays(client, names, {})
  await client.call('relays.remove', { ids: views.map(({ spec }) => spec.id) })
  const removed = views.map(({ snapshot }) => publicRelay(snapshot))
  if (context.json) context.document(removed.length === 1 ? removed[0] : removed)
  else for (const { name } of removed) context.terminal.out(`Removed ${printable(name)}\n`)
  return DONE
}

// --- internal ---

/** Says in a fix what can be typed here. */
function withTypedFix(snapshot: RelaySnapshot): RelaySnapshot {
  const { reason, listen } = snapshot
  if (reason?.code !== 'port.in-use' || reason.remedy?.action !== 'use-port' || !('port' in listen)) return snapshot
  const end = formatEndpoint({ host: listen.host, port: reason.remedy.port })
  const fix = `Use another port: warren relay edit ${quoteName(snapshot.name)} --listen ${end}`
  return { ...snapshot, reason: { ...reason, fix } }
}
