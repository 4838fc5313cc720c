/** How servers and forwards of the ssh config are called inside. */
import { createHash } from 'node:crypto'
import { formatDestination, type Destination } from '@shared/ssh-destination'
import type { ServerSpec } from '@shared/specs'

const HOST = 'config:'
const HOP = 'config-hop:'
const FORWARD = 'config-forward:'
const MAX_ID = 100

/** The server of a Host line. */
export function hostId(name: string): string {
  return idOf(HOST, name)
}

/** The server of a jump host that is not simply a Host name of the config. */
export function hopId(hop: Destination): string {
  return idOf(HOP, hopText(hop))
}

/** What one would type to reach it: `host`, `user@host`, `ssh://user@host:port`. */
export function hopText(hop: Destination): string {
  const text = formatDestination(hop)
  return hop.port === null ? text : `ssh://${text}${text.endsWith(`:${hop.port}`) ? '' : `:${hop.port}`}`
}

/** One forward line of one host; `place` tells two lines that listen at the same end apart. */
export function forwardId(host: string, listens: string, place: number): string {
  return `${FORWARD}${digest(JSON.stringify([host, listens, place]))}`
}

/** The listing keeps this row: nobody edits it here. */
export function isListed({ id }: Pick<ServerSpec, 'id'>): boolean {
  return isHostRow(id) || id.startsWith(HOP)
}

export function isHostRow(id: string): boolean {
  return id.startsWith(HOST)
}

export function isForwardRow(id: string): boolean {
  return id.startsWith(FORWARD)
}

// --- internal ---

function idOf(kind: string, text: string): string {
  const id = `${kind}${text}`
  return id.length <= MAX_ID ? id : `${kind}${digest(text)}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
