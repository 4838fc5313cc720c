/** The port on which a forward of the cloud listens here. */
import type { CloudField, CloudFields } from '@shared/cloud-views'
import { formatEndpoint, listenEndpoint } from '@shared/endpoints'
import type { ForwardSpec } from '@shared/specs'
import { portField } from './fields'
import type { PortGiver } from './_names'

export interface Ported {
  /** What is otherwise than the cloud says. */
  readonly values: Partial<Pick<CloudFields, 'localPort' | 'bindPort'>>
  readonly remapped: { readonly field: 'localPort' | 'bindPort'; readonly from: number; readonly note: string } | null
}

export interface PortWish {
  readonly values: CloudFields
  /** `null` for one that is not here yet. */
  readonly before: ForwardSpec | null
  /** Fields whose value here is this machine's own. */
  readonly held: ReadonlySet<CloudField>
  /** The value of now is none that anybody chose for this. */
  readonly isArriving: boolean
}

/** The shared port when it is free here, else the one of now, else the next free one. */
export async function portFor(ports: PortGiver, forwardId: string, wish: PortWish): Promise<Ported> {
  const { values, before, held } = wish
  const field = portField(values)
  if (field === null || held.has(field)) return unchanged
  const isSaid = values[field] !== null || values.type === 'dynamic'
  const end = listenEndpoint(isSaid ? values : { ...values, [field]: values.remotePort })
  if ('path' in end) return unchanged
  if (!wish.isArriving && before !== null && isSameEnd(listenEndpoint(before), end)) return unchanged
  if (await ports.isFree(end, forwardId)) return isSaid ? unchanged : { values: { [field]: end.port }, remapped: null }
  // The port of now stays: it is this forward's own.
  const own = wish.isArriving || before === null ? null : before[field]
  if (isSaid && own === end.port) return unchanged
  const to = own ?? (await ports.next(end.host, end.port))
  if (to === null) return unchanged
  const note = `${formatEndpoint(end)} is taken here: on this machine it listens on port ${to}.`
  return { values: { [field]: to }, remapped: isSaid ? { field, from: end.port, note } : null }
}

// --- internal ---

const unchanged: Ported = { values: {}, remapped: null }

function isSameEnd(one: ReturnType<typeof listenEndpoint>, other: ReturnType<typeof listenEndpoint>): boolean {
  return formatEndpoint(one) === formatEndpoint(other)
}
