/** Why a target was not reached, as a coded error. */
import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'

/** `code`: the system's. */
export function targetFault(target: Endpoint, code: string): WarrenError {
  const where = formatEndpoint(target)
  const options = { cause: code, field: 'targets' }
  switch (code) {
    case 'ECONNREFUSED':
      return new WarrenError('target.refused', `Nothing listens at ${where}.`, {
        fix: 'Start the service, or correct the target.',
        ...options,
      })
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return new WarrenError('target.unresolvable', `The name in ${where} cannot be resolved.`, {
        fix: 'Correct the name, or write an address.',
        ...options,
      })
    case 'ETIMEDOUT':
      return new WarrenError('target.timeout', `${where} did not answer in time.`, {
        fix: 'A firewall on the way may drop it; or the machine is off.',
        ...options,
      })
    case 'EADDRNOTAVAIL':
      return new WarrenError('target.unreachable', `This machine has no port left to connect to ${where} from.`, {
        fix: 'Wait for connections to end, or add another address of the target.',
        ...options,
      })
    default:
      return new WarrenError('target.unreachable', `${where} cannot be reached: ${code}.`, options)
  }
}

export function loopFault(target: Endpoint): WarrenError {
  return new WarrenError('relay.loop', `The target ${formatEndpoint(target)} leads back to this relay.`, {
    fix: 'Choose another target, or another port to listen at.',
    field: 'targets',
  })
}

/** Known before anybody connects; `over`: the names of the relays on the way. */
export function wayBackFault(over: readonly string[]): WarrenError {
  const way = over.length === 0 ? '' : ` over ${over.map((name) => `"${name}"`).join(', ')}`
  return new WarrenError('relay.loop', `A target of this relay leads back to it${way}.`, {
    fix: 'Choose another target, or another port to listen at.',
    field: 'targets',
  })
}

/** Faults of this machine, which say nothing about the target. */
export function isLocalTrouble(code: string): boolean {
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOBUFS' || code === 'ENOMEM'
}
