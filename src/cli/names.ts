/** From names to what they name. */
import { WarrenError } from '@shared/errors'
import type { DaemonClient } from '@daemon/client'
import type { ForwardView } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import { usageError } from './usage'

export interface Selection {
  readonly all?: boolean | undefined
  readonly tag?: string | undefined
}

/** The forwards that `NAME… | --all | --tag T` means. */
export async function selectForwards(
  client: DaemonClient,
  names: readonly string[],
  { all = false, tag }: Selection,
): Promise<readonly ForwardView[]> {
  const ways = [names.length > 0, all, tag !== undefined].filter(Boolean).length
  if (ways !== 1) throw usageError('Give names, or --all, or --tag.')
  const views = await client.call('forwards.list', {})
  if (all) return views
  if (tag === undefined) return [...new Set(names.map((name) => pickForward(views, name)))]
  const tagged = views.filter(({ spec }) => spec.tags.includes(tag))
  if (tagged.length === 0) throw notFound(`No forward has the tag "${tag}".`, '`warren ls` shows the tags.')
  return tagged
}

export async function findForward(client: DaemonClient, name: string): Promise<ForwardView> {
  return pickForward(await client.call('forwards.list', {}), name)
}

export async function findServer(client: DaemonClient, name: string): Promise<ServerSpec> {
  return pickServer(await client.call('servers.list', {}), name)
}

export function pickServer(servers: readonly ServerSpec[], name: string): ServerSpec {
  const found = servers.find((server) => server.name === name) ?? servers.find((server) => server.id === name)
  if (found !== undefined) return found
  throw notFound(`There is no server "${name}".`, suggest(name, servers, '`warren server ls` shows the names.'))
}

function pickForward(views: readonly ForwardView[], name: string): ForwardView {
  const found = views.find(({ spec }) => spec.name === name) ?? views.find(({ spec }) => spec.id === name)
  if (found !== undefined) return found
  const specs = views.map(({ spec }) => spec)
  throw notFound(`There is no forward "${name}".`, suggest(name, specs, '`warren ls` shows the names.'))
}

export function notFound(message: string, fix: string): WarrenError {
  return new WarrenError('spec.not-found', message, { fix })
}

export function suggest(name: string, named: readonly { readonly name: string }[], otherwise: string): string {
  const wanted = name.toLowerCase()
  const near = named.find((one) => {
    const has = one.name.toLowerCase()
    return has.startsWith(wanted) || wanted.startsWith(has) || isOneEditAway(has, wanted)
  })
  return near === undefined ? otherwise : `Did you mean "${near.name}"?`
}

/** One letter added, left out, changed, or two neighbours swapped. */
function isOneEditAway(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false
  let start = 0
  while (start < one.length && one[start] === other[start]) start++
  let end = 0
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end++
  const left = one.slice(start, one.length - end)
  const right = other.slice(start, other.length - end)
  if (left.length <= 1 && right.length <= 1) return true
  return left.length === 2 && left[0] === right[1] && left[1] === right[0] && right.length === 2
}
