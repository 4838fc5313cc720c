/** How a person is told why no TCP connection could be made. */
import { WarrenError } from '@shared/errors'
import type { AddressFamily } from '@shared/specs'

/** What was to be reached; see the options of connectTcp. */
interface At {
  readonly host: string
  readonly port: number
  readonly what: string
  readonly timeoutMs: number
  readonly family?: AddressFamily | undefined
  readonly sourceAddress?: string | null | undefined
}

/** One address that was tried; no error: it has not answered. */
export interface Tried {
  readonly address: string
  error: NodeJS.ErrnoException | null
}

/** Every address of the name failed. */
export function connectFault(at: At, tried: readonly Tried[]): WarrenError {
  const errors = tried.flatMap(({ error }) => error ?? [])
  const [only] = tried
  const isSource = errors.length > 0 && errors.every(isBindError)
  const why =
    tried.length === 1 && only !== undefined
      ? `${reasonOf(only.error)} (${only.address} port ${at.port})`
      : listed(tried, at.port)
  return new WarrenError('ssh.unreachable', `${at.what} cannot be reached: ${why}.`, {
    fix: isSource ? 'Is the network of that address up?' : fixFor(errors),
    field: isSource ? 'sourceAddress' : null,
    cause: errors.length > 1 ? new AggregateError(errors, listed(tried, at.port)) : errors[0],
  })
}

/** `tried` is `null` when the name was not even resolved. */
export function timeoutFault(at: At, tried: readonly Tried[] | null): WarrenError {
  const seconds = Math.round(at.timeoutMs / 1000)
  if (tried === null) {
    return new WarrenError('ssh.dns', `The name ${at.host} was not resolved within ${seconds} s.`, {
      fix: 'Is the network up, and does its name server answer?',
      field: 'host',
    })
  }
  return new WarrenError('ssh.timeout', `${at.what} did not answer within ${seconds} s (${listed(tried, at.port)}).`, {
    fix: 'Check the address and that no firewall drops the connection.',
  })
}

export function nameFault(at: At, cause: NodeJS.ErrnoException): WarrenError {
  const { family = 'any', host } = at
  const isPassing = cause.code === 'EAI_AGAIN'
  const kind = family === 'any' ? '' : family === 'inet' ? ' to an IPv4 address' : ' to an IPv6 address'
  return new WarrenError('ssh.dns', `The name ${host} cannot be resolved${kind}.`, {
    fix: isPassing
      ? 'Is the network up?'
      : family === 'any'
        ? 'Check the spelling of the host.'
        : 'Check the spelling of the host, or allow any address family.',
    field: 'host',
    cause,
  })
}

/** The server has no address of the family of the one to dial from. */
export function noSourceFault(at: At, addresses: readonly { readonly address: string }[]): WarrenError {
  const all = addresses.map(({ address }) => address).join(', ')
  return new WarrenError(
    'ssh.unreachable',
    `${at.what} cannot be reached from ${at.sourceAddress ?? 'here'}: its addresses are of another family (${all}).`,
    { fix: 'Dial from an address of that family, or from any.', field: 'sourceAddress' },
  )
}

// --- internal ---

function listed(tried: readonly Tried[], port: number): string {
  return tried.map(({ address, error }) => `${address} port ${port}: ${reasonOf(error)}`).join('; ')
}

function isBindError(error: NodeJS.ErrnoException): boolean {
  return error.syscall === 'bind'
}

function fixFor(errors: readonly NodeJS.ErrnoException[]): string {
  return errors.some(({ code }) => code === 'ECONNREFUSED')
    ? 'Is the port right, and is an SSH server running there?'
    : 'Is the network up, and does it need a VPN or a jump host?'
}

function reasonOf(error: NodeJS.ErrnoException | null): string {
  if (error === null) return 'no answer'
  if (isBindError(error)) {
    return `this machine cannot dial from ${(error as { address?: string }).address ?? 'that address'}`
  }
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused'
    case 'EHOSTUNREACH':
      return 'no route to host'
    case 'ENETUNREACH':
      return 'network is unreachable'
    case 'ETIMEDOUT':
      return 'no answer'
    case 'ECONNRESET':
      return 'connection reset'
    default:
      return error.message
  }
}
