/** Reaching a target from this machine, for remote forwards. */
import { connect, type Socket } from 'node:net'
import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'

export const TARGET_CONNECT_TIMEOUT_MS = 10_000

/** A connected, paused socket with an error handler; rejects with `target.*`. */
export function dialHere(target: Endpoint): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, allowHalfOpen: true, noDelay: true } as Parameters<typeof connect>[0] & object)
    const timer = setTimeout(() => {
      fail(new WarrenError('target.timeout', `${formatEndpoint(target)} did not answer here.`))
    }, TARGET_CONNECT_TIMEOUT_MS)
    const fail = (error: WarrenError): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    socket.on('error', (error: NodeJS.ErrnoException) => {
      fail(targetFault(target, error))
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.pause()
      resolve(socket)
    })
  })
}

// --- internal ---

function targetFault(target: Endpoint, error: NodeJS.ErrnoException): WarrenError {
  const where = formatEndpoint(target)
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return new WarrenError('target.refused', `Nothing listens at ${where} on this machine.`, {
        fix: 'Start the service, or correct the target.',
        cause: error,
      })
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new WarrenError('target.unresolvable', `The name in ${where} cannot be resolved here.`, { cause: error })
    default:
      return new WarrenError('target.unreachable', `${where} cannot be reached from here: ${error.message}.`, {
        cause: error,
      })
  }
}
