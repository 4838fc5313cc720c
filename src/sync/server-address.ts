/** `serverAddress` of the document: `host`, `host:port` or `[IPv6]:port`. */
import { formatDestination, parseDestination, DEFAULT_SSH_PORT } from '@shared/ssh-destination'

export interface ServerAddress {
  /** IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** `null` for what is no address: it comes from other machines. */
export function parseServerAddress(text: string): ServerAddress | null {
  if (text.startsWith('ssh:') || text.includes('@')) return null
  try {
    const { host, port } = parseDestination(text)
    return { host, port: port ?? DEFAULT_SSH_PORT }
  } catch {
    return null
  }
}

/** The inverse of {@link parseServerAddress}; port 22 is left out. */
export function formatServerAddress({ host, port }: ServerAddress): string {
  return formatDestination({ username: null, host, port })
}

/** Whether both name the same server: names are compared without case. */
export function isSameServer(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other
  const [first, second] = [parseServerAddress(one), parseServerAddress(other)]
  if (first === null || second === null) return one === other
  return first.port === second.port && first.host.toLowerCase() === second.host.toLowerCase()
}
