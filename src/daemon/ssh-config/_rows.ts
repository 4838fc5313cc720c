/** What a survey of the ssh config makes of the rows of servers and forwards. */
import {
  forwardSpecSchema,
  serverDraftSchema,
  serverSpecSchema,
  type ForwardSpec,
  type ServerSpec,
} from '@shared/specs'
import { suggestName } from '@shared/ssh-command'
import type { ConfigForward } from '@engine'
import type { ConfigOrigin } from '@shared/resolved-config'
import { endsOf, lineOf, listensAt } from './_ends'
import { forwardId } from './_names'
import type { SurveyedServer } from './_survey'

const MAX_NAME = 100
const bare = serverDraftSchema.parse({ name: 'host', host: 'host' })

export interface RowContext {
  /** The row that is there now, by its id. */
  readonly before: (id: string) => ServerSpec | undefined
  readonly freeName: (wanted: string) => string
  readonly at: string
}

/** `null` when the config holds what a server of Warren cannot (a name with blanks in it). */
export function serverRow(found: SurveyedServer, { before, freeName, at }: RowContext): ServerSpec | null {
  const old = before(found.id)
  const fields = found.fields ?? (old === undefined ? { host: found.name } : {})
  const row = serverSpecSchema.safeParse({
    ...(old ?? bare),
    ...fields,
    jump: [...found.jump],
    configHost: found.configHost,
    id: found.id,
    name: old?.name ?? freeName(found.name.slice(0, MAX_NAME)),
    createdAt: old?.createdAt ?? at,
    updatedAt: at,
  })
  if (!row.success) return null
  return old !== undefined && isSame(old, row.data) ? old : row.data
}

export interface ForwardRowContext {
  /** The row that is there now or was there before; what the person said about it stays. */
  readonly before: (id: string) => ForwardSpec | undefined
  readonly freeName: (wanted: string) => string
  readonly at: string
}

export interface ForwardRow {
  readonly spec: ForwardSpec
  readonly origin: ConfigOrigin
}

/** The forwards of one host. Lines that mean what no forward can are left out. */
export function forwardRows(found: SurveyedServer, server: ServerSpec, context: ForwardRowContext): ForwardRow[] {
  const places = new Map<string, number>()
  return found.forwards.flatMap((forward) => {
    const listens = listensAt(forward)
    const place = places.get(listens) ?? 0
    places.set(listens, place + 1)
    const spec = forwardRow({ found, server, forward, id: forwardId(found.configHost, listens, place) }, context)
    return spec === null ? [] : [{ spec, origin: forward.origin }]
  })
}

export function isSame<T extends { readonly updatedAt: string }>(one: T, other: T): boolean {
  const plain = (spec: T): string =>
    JSON.stringify(Object.entries({ ...spec, updatedAt: '' }).sort(([a], [b]) => (a < b ? -1 : 1)))
  return plain(one) === plain(other)
}

/** Names that are given while the catalog does not know the rows yet. */
export function nameGiver(isTaken: (name: string) => boolean, suffix = ' (ssh config)'): (wanted: string) => string {
  const given = new Set<string>()
  const isFree = (name: string): boolean => !given.has(name.toLowerCase()) && !isTaken(name)
  return (wanted) => {
    const candidates = [wanted, `${wanted.slice(0, MAX_NAME - suffix.length)}${suffix}`]
    let name = candidates.find(isFree)
    for (let count = 2; name === undefined; count += 1) {
      const numbered = `${wanted.slice(0, MAX_NAME - 10)} ${count}`
      if (isFree(numbered)) name = numbered
    }
    given.add(name.toLowerCase())
    return name
  }
}

// --- internal ---

function forwardRow(
  { found, server, forward, id }: { found: SurveyedServer; server: ServerSpec; forward: ConfigForward; id: string },
  { before, freeName, at }: ForwardRowContext,
): ForwardSpec | null {
  const ends = endsOf(forward, found.gatewayPorts)
  const old = before(id)
  const row = forwardSpecSchema.safeParse({
    ...old,
    ...ends,
    id,
    name: old?.name ?? freeName(`${server.name}-${suggestName(ends)}`.slice(0, MAX_NAME)),
    serverId: server.id,
    configLine: `${found.configHost} ${lineOf(forward)}`,
    createdAt: old?.createdAt ?? at,
    updatedAt: at,
  })
  if (!row.success) return null
  return old !== undefined && isSame(old, row.data) ? old : row.data
}
