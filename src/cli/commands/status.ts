/** `warren status NAME` */
import type { Command } from 'commander'
import type { DaemonClient } from '@daemon/client'
import { formatEndpoint } from '@shared/endpoints'
import { formatBytes, plural } from '@shared/format'
import { describeRelay, relaySentence } from '@shared/relay-sentence'
import type { RelayView } from '@shared/relay-snapshots'
import { forwardSentence, needActions, stateGlyphs, statusLine } from '@shared/sentence'
import type { ForwardView } from '@shared/snapshots'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findOwner, publicRelay } from '../owners'
import { quoteName } from '../quote'
import { publicForward } from '../snapshots'
import { printable } from '../table'
import { sharingLines } from './_cloud-lines'
import { fieldsApart } from './_cloud-sides'
import { limitLines } from './_limit-options'

export function defineStatus(program: Command, host: Host): void {
  program
    .command('status')
    .description('show what one forward or relay is doing')
    .argument('<name>')
    .action((name: string) => host.run((context) => status(context, name)))
}

async function status(context: Context, name: string): Promise<number> {
  const client = await context.daemon()
  const owner = await findOwner(client, name)
  if (owner.kind === 'relay') return relayStatus(context, owner.view)
  const { snapshot } = owner.view
  if (context.json) {
    context.document(publicForward(owner.view))
    return DONE
  }
  const needs = snapshot.needId === null ? [] : await client.call('needs.list', {})
  const need = needs.find(({ id }) => id === snapshot.needId)?.kind
  const say = (text: string): void => context.terminal.out(`${printable(text)}\n`)
  const state = snapshot.state === 'failed' ? 'failed' : statusLine(snapshot, { now: context.now(), need })
  say(`${stateGlyphs[snapshot.state]} ${snapshot.name}: ${state}`)
  say(`  ${forwardSentence(snapshot)}`)
  if (snapshot.exposed) say('  It is reachable from the network.')
  if (snapshot.notice !== null) say(`  ${snapshot.notice}.`)
  if (snapshot.reason !== null) {
    say(`  ${snapshot.reason.message}`)
    if (snapshot.reason.fix !== null) say(`  ${snapshot.reason.fix}`)
  }
  if (need !== undefined) say(`  To ${needActions[need]}: warren up ${quoteName(snapshot.name)}`)
  if (snapshot.via.length > 0) say(`  through ${snapshot.via.join(' → ')}`)
  if (snapshot.tags.length > 0) say(`  tags ${snapshot.tags.join(', ')}`)
  for (const line of await sharing(client, owner.view)) say(`  ${line}`)
  const { connections, totalConnections, bytesUp, bytesDown } = snapshot
  say(
    `  ${plural(connections, 'connection')} now, ${totalConnections} in all · ↑${formatBytes(bytesUp)} ↓${formatBytes(bytesDown)}`,
  )
  return DONE
}

async function sharing(client: DaemonClient, view: ForwardView): Promise<readonly string[]> {
  if (view.cloud === null) return []
  const servers = view.cloud.overrides.length === 0 ? [] : await client.call('servers.list', {})
  const server = servers.find(({ id }) => id === view.spec.serverId)
  return sharingLines(view.cloud, fieldsApart(view, server))
}

function relayStatus(context: Context, { spec, snapshot }: RelayView): number {
  if (context.json) {
    context.document(publicRelay(snapshot))
    return DONE
  }
  const say = (text: string): void => context.terminal.out(`${printable(text)}\n`)
  const state = snapshot.state === 'failed' ? 'failed' : statusLine(snapshot, { now: context.now() })
  say(`${stateGlyphs[snapshot.state]} ${snapshot.name}: ${state}`)
  say(`  ${relaySentence(describeRelay(spec, snapshot))}`)
  if (snapshot.exposed) say('  It is reachable from the network.')
  if (snapshot.notice !== null) say(`  ${snapshot.notice}`)
  if (snapshot.reason !== null) {
    say(`  ${snapshot.reason.message}`)
    if (snapshot.reason.fix !== null) say(`  ${snapshot.reason.fix}`)
  }
  for (const { target, reachable } of snapshot.targets) {
    if (reachable === false) say(`  ${formatEndpoint(target, snapshot.portCount)} does not answer.`)
  }
  for (const [what, text] of limitLines(spec.limits)) say(`  limit: ${what}: ${text}`)
  if (snapshot.tags.length > 0) say(`  tags ${snapshot.tags.join(', ')}`)
  const { connections, totalConnections, bytesUp, bytesDown } = snapshot
  const live = plural(connections, snapshot.type === 'udp' ? 'session' : 'connection')
  say(`  ${live} now, ${totalConnections} in all · ↑${formatBytes(bytesUp)} ↓${formatBytes(bytesDown)}`)
  return DONE
}
