/** The login that the clients of a forward's proxy port must give: kept by the daemon, or asked of a person once. */
import { formatEndpoint, listenEndpoint } from '@shared/endpoints'
import { toFault, WarrenError } from '@shared/errors'
import type { ForwardSpec } from '@shared/specs'
import type { ProxyLogin } from '../forward'
import type { EnginePorts } from '../types'

export interface ProxyLoginOptions {
  readonly ports: Pick<EnginePorts, 'ssh' | 'raiseNeed'>
  /** Name of the server. */
  readonly server: string
  readonly signal: AbortSignal
  /** Shows that a question is open; returns the way back. */
  readonly onNeed: (needId: string) => () => void
}

/** `null` for a forward without a login. Rejects as the question does. */
export async function proxyLogin(spec: ForwardSpec, options: ProxyLoginOptions): Promise<ProxyLogin | null> {
  const { proxyUsername: username } = spec
  if (username === null) return null
  const { ports, server, signal } = options
  // The secrets of a forward are kept beside those of servers, under a name that no server has.
  const owner = `forward:${spec.id}`
  const kept = await ports.ssh.secrets.get(owner, 'password', username)
  if (kept !== null) return { username, password: kept }
  const login = `${username}@${formatEndpoint(listenEndpoint(spec), spec.portCount)}`
  const raised = ports.raiseNeed(
    { kind: 'password', serverId: owner, server, login, username, forward: spec.name, refused: false },
    { forwardIds: [spec.id], signal },
  )
  const settle = options.onNeed(raised.id)
  const answer = await raised.answer.finally(settle).catch((error: unknown) => {
    throw toFault(error).code.startsWith('need.') ? noPassword(spec, error) : error
  })
  if (answer.kind !== 'password' || answer.password === '') throw noPassword(spec, null)
  ports.ssh.secrets.accepted(owner, 'password', { subject: username, value: answer.password })
  return { username, password: answer.password }
}

// --- internal ---

function noPassword(spec: ForwardSpec, cause: unknown): WarrenError {
  const code = cause !== null && toFault(cause).code === 'need.unanswered' ? 'need.unanswered' : 'need.cancelled'
  return new WarrenError(code, `The clients of ${spec.name} must give a password, and nobody said which.`, {
    fix: 'Start it again to be asked, write the password in its form, or give it by warren edit NAME --proxy-password-stdin.',
    field: 'proxyUsername',
    cause: cause ?? undefined,
  })
}
