/** What `warren add` does. */
import type { DaemonClient } from '@daemon/client'
import { forwardSentence } from '@shared/sentence'
import type { ForwardView } from '@shared/snapshots'
import { forwardDraftSchema, forwardTypes, type ForwardDraft } from '@shared/specs'
import { parseSpec, specFlags, type ForwardEnds } from '@shared/ssh-spec'
import { checked } from '../checked'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { findServer } from '../names'
import { publicSnapshot } from '../snapshots'
import { printable } from '../table'
import { usageError } from '../usage'
import { serverOfCommand } from './_command-server'
import { keepProxyPassword, needsLogin, readKindOptions, readProxyPassword, type KindOptions } from './_kind-options'

export interface AddOptions extends KindOptions {
  readonly L?: string
  readonly R?: string
  readonly D?: string
  readonly server?: string
  readonly command?: string
  readonly tag?: readonly string[]
  readonly autoStart?: boolean
}

export async function addForward(context: Context, what: AddOptions & { readonly name: string }): Promise<number> {
  const { terminal } = context
  const specs = forwardTypes.flatMap((type) => {
    const spec = what[specFlags[type].slice(1) as 'L' | 'R' | 'D']
    return spec === undefined ? [] : [{ type, spec }]
  })
  const [only] = specs
  if (what.command !== undefined) {
    if (only !== undefined || what.server !== undefined)
      throw usageError('Give --command alone, without -L, -R, -D or --server.')
    return await addFromCommand(context, what, what.command)
  }
  if (only === undefined || specs.length > 1) throw usageError('Give one of -L, -R and -D, or --command.')
  if (what.server === undefined)
    throw usageError('Say through which server: --server NAME.', '`warren server ls` shows the names.')
  const ends = parseSpec(only.type, only.spec)
  // Before a server is looked for, and a password is read for nothing.
  draftOf(what, { name: what.name, ends, serverId: 'new' })
  needsLogin(what, null)
  const password = await readProxyPassword(context, what)
  const client = await context.daemon()
  const server = await findServer(client, what.server)
  const view = await client.call('forwards.add', draftOf(what, { name: what.name, ends, serverId: server.id }))
  await keepProxyPassword(context, client, { id: view.spec.id, password })
  if (context.json) context.document(publicSnapshot(view.snapshot))
  else terminal.out(added(view))
  return DONE
}

// --- internal ---

async function addFromCommand(
  context: Context,
  what: AddOptions & { readonly name: string },
  command: string,
): Promise<number> {
  const { parseSshCommand } = await import('@shared/ssh-command')
  const parsed = parseSshCommand(command)
  if (parsed.forwards.length === 0) {
    throw usageError('The ssh command has no forward.', 'It needs -L, -R or -D.')
  }
  // Before a server is made for nothing.
  for (const { name: _suggested, ...ends } of parsed.forwards) draftOf(what, { name: what.name, ends, serverId: 'new' })
  needsLogin(what, null)
  const password = await readProxyPassword(context, what)
  const client = await context.daemon()
  await refuseTakenNames(client, what.name)
  const { server, isNew, twin } = await serverOfCommand(context, client, parsed)
  const views: ForwardView[] = []
  for (const [at, { name: _suggested, ...ends }] of parsed.forwards.entries()) {
    const name = at === 0 ? what.name : `${what.name}-${at + 1}`
    const view = await client.call('forwards.add', draftOf(what, { name, ends, serverId: server.id }))
    await keepProxyPassword(context, client, { id: view.spec.id, password })
    views.push(view)
  }
  for (const text of parsed.ignored) context.terminal.err(`warren: ignored ${printable(text)}\n`)
  if (context.json) {
    const snapshots = views.map(({ snapshot }) => publicSnapshot(snapshot))
    context.document(snapshots.length === 1 ? snapshots[0] : snapshots)
    return DONE
  }
  const other = twin === null ? '' : `: ${printable(twin.name)} is the same login with other keys`
  if (isNew) context.terminal.out(`Added the server ${printable(server.name)}${other}\n`)
  for (const view of views) context.terminal.out(added(view))
  return DONE
}

async function refuseTakenNames(client: DaemonClient, name: string): Promise<void> {
  const views = await client.call('forwards.list', {})
  if (!views.some(({ spec }) => spec.name === name)) return
  const { WarrenError } = await import('@shared/errors')
  throw new WarrenError('spec.name-taken', `There is a forward "${name}" already.`, {
    field: 'name',
    fix: 'Choose another name.',
  })
}

function draftOf(
  what: AddOptions,
  { name, ends, serverId }: { name: string; ends: ForwardEnds; serverId: string },
): ForwardDraft {
  const tags = [...(what.tag ?? [])]
  const kinds = readKindOptions(what)
  return checked(forwardDraftSchema, { ...ends, ...kinds, name, serverId, tags, autoStart: what.autoStart ?? false })
}

function added({ snapshot }: ForwardView): string {
  return `Added ${printable(snapshot.name)}: ${printable(forwardSentence(snapshot))}\n`
}
