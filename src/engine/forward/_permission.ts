/** Whether the server lets this login forward at all, asked before anybody relies on it. */
import { formatEndpoint, targetEndpoint, type Endpoint } from '@shared/endpoints'
import { toFault, WarrenError } from '@shared/errors'
import type { SshSession } from '../ssh/types'
import type { CarrierOptions } from './types'

/** A server that does not answer to the question is asked no further: the first client will tell. */
export const PROBE_TIMEOUT_MS = 5000
const ORIGIN = { host: '127.0.0.1', port: 0 }
/** Nothing can listen there, so asking for it touches nobody; a server that forbids forwarding says so before it tries. */
const NOWHERE: Endpoint = { host: '127.0.0.1', port: 0 }

/**
 * Rejects with `forward.refused` when the server forbids what a local or dynamic forward is for.
 *
 * Port 0 is asked first. A server that forbids it may still permit single targets (PermitOpen); only then the target itself is
 * asked, which touches it with one connection that is closed at once. A dynamic forward has no target to ask: it gets a notice.
 */
export async function checkPermission(session: SshSession, options: CarrierOptions): Promise<void> {
  const target = targetEndpoint(options.spec)
  // sshd answers for Unix sockets with the same words whether they are forbidden or nobody listens.
  if (target !== null && 'path' in target) return
  const general = await ask(session, NOWHERE)
  if (general === null) return
  if (target === null) {
    const message = 'The server forbids some or all targets: AllowTcpForwarding or PermitOpen in its sshd_config'
    options.onNotice({ message, exposed: null })
    return
  }
  const own = await ask(session, target)
  if (own !== null) {
    throw new WarrenError('forward.refused', `The server forbids the connection to ${formatEndpoint(target)}.`, {
      fix: toFault(own).fix ?? 'Its administrator can allow it: AllowTcpForwarding and PermitOpen in sshd_config.',
      cause: own,
    })
  }
}

/** Opens a channel and closes it; `late` ones are closed when they come. Rejects as `openChannel`, or with `target.timeout`. */
export function touch(session: SshSession, target: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new WarrenError('target.timeout', `${formatEndpoint(target)} does not answer.`))
    }, PROBE_TIMEOUT_MS)
    session
      .openChannel(target, ORIGIN)
      .then((channel) => {
        channel.on('error', () => undefined)
        channel.destroy()
        resolve()
      }, reject)
      .finally(() => {
        clearTimeout(timer)
      })
  })
}

// --- internal ---

/** The refusal by policy; `null` for any other answer. Rejects when the session ended. */
async function ask(session: SshSession, target: Endpoint): Promise<Error | null> {
  try {
    await touch(session, target)
  } catch (error) {
    const { code } = toFault(error)
    if (code === 'forward.refused') return error as Error
    if (!code.startsWith('target.')) throw error
  }
  return null
}
