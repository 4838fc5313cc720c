/** Why a server could not open a channel, as a coded error (RFC 4254 §5.1; texts as OpenSSH sends them). */
import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'

const ADMINISTRATIVELY_PROHIBITED = 1
const CONNECT_FAILED = 2
const UNKNOWN_CHANNEL_TYPE = 3
const RESOURCE_SHORTAGE = 4

const UNRESOLVABLE =
  /not known|name resolution|no address associated|nodename nor servname|no such host|unknown host|resolve|hostname/i
const REFUSED = /refused/i
const TIMED_OUT = /timed? ?out/i

export interface OpenFailure {
  readonly reason: number
  readonly description: string
}

/** The server's answer to a request for `target`, for the person and for SOCKS reply codes. */
export function openFailure(target: Endpoint, failure: OpenFailure, server: string): WarrenError {
  const where = formatEndpoint(target)
  const cause = `SSH open failure ${failure.reason}: ${failure.description}`
  switch (failure.reason) {
    case ADMINISTRATIVELY_PROHIBITED:
      return new WarrenError('forward.refused', `${server} forbids the connection to ${where}.`, {
        fix: isPath(target)
          ? 'Its administrator can allow it: AllowStreamLocalForwarding in sshd_config.'
          : 'Its administrator can allow it: AllowTcpForwarding and PermitOpen in sshd_config.',
        cause,
      })
    case UNKNOWN_CHANNEL_TYPE:
      return new WarrenError('forward.refused', `${server} does not support this kind of forward.`, { cause })
    case RESOURCE_SHORTAGE:
      return new WarrenError('target.unreachable', `${server} has no room for another connection.`, { cause })
    case CONNECT_FAILED:
    default:
      return connectFailure(where, failure.description, { server, cause })
  }
}

// --- internal ---

function connectFailure(where: string, text: string, context: { server: string; cause: string }): WarrenError {
  const { server, cause } = context
  if (UNRESOLVABLE.test(text)) {
    return new WarrenError('target.unresolvable', `${server} cannot resolve the name in ${where}.`, {
      fix: 'Write the name as the server knows it, or an address.',
      cause,
    })
  }
  if (REFUSED.test(text)) {
    return new WarrenError('target.refused', `${where} refuses connections from ${server}.`, {
      fix: 'Is the service running, and is the port right?',
      cause,
    })
  }
  if (TIMED_OUT.test(text)) {
    return new WarrenError('target.timeout', `${where} does not answer ${server}.`, {
      fix: 'A firewall between the server and the target may drop it.',
      cause,
    })
  }
  return new WarrenError('target.unreachable', `${server} cannot reach ${where}: ${text || 'no reason given'}.`, {
    cause,
  })
}

function isPath(target: Endpoint): boolean {
  return 'path' in target
}
