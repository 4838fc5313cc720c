/** Which addresses a server really bound: it does not say, and GatewayPorts of its sshd_config may overrule what was asked. */
import { isExposed, type Endpoint } from '@shared/endpoints'
import { toFault } from '@shared/errors'
import type { SshSession } from '../ssh/types'
import { touch } from './_permission'
import type { Notice } from './types'

/**
 * Loopback, but not where a listener on 127.0.0.1 is: only one on every address answers there. On systems whose loopback is this
 * one address nobody refuses either, so that a refusal always means what it says.
 */
const OTHER_LOOPBACK = '127.0.0.2'

/**
 * Asks the server to listen at another port of the same address, and reaches for that from the server's other addresses. The
 * port of the forward, with its clients and its target, is left alone. Resolves with `null` when all is as asked, `unknown` when
 * the server gives no answer that could be trusted. Never rejects.
 */
export async function probeGateway(session: SshSession, asked: Endpoint): Promise<Notice | 'unknown' | null> {
  if ('path' in asked) return null
  const where = probeAddress(asked.host)
  if (where === null) return 'unknown'
  try {
    const listener = await session.listenRemote({ host: asked.host, port: 0 }, (incoming) => {
      incoming.refuse()
    })
    try {
      const reached = 'port' in listener.bound && (await answers(session, { host: where, port: listener.bound.port }))
      return judge(asked, reached)
    } finally {
      await listener.close()
    }
  } catch {
    // It may permit listening at single ports only, or no connections from itself.
    return 'unknown'
  }
}

// --- internal ---

const WILDCARDS = new Set(['', '*', '0.0.0.0'])

function probeAddress(host: string): string | null {
  if (WILDCARDS.has(host) || !isExposed({ host, port: 0 })) return OTHER_LOOPBACK
  // Every IPv6 address: its only loopback is the one that is always bound.
  return host === '::' ? null : host
}

function judge(asked: { host: string }, reached: boolean): Notice | null {
  const wasOpen = isExposed({ host: asked.host, port: 0 })
  if (wasOpen === reached) return null
  return wasOpen
    ? { message: 'The server bound 127.0.0.1 only: GatewayPorts in its sshd_config is no', exposed: false }
    : { message: 'The server opened the port to its network: GatewayPorts in its sshd_config is yes', exposed: true }
}

/** Rejects when neither "yes" nor "refused" is the answer. */
async function answers(session: SshSession, at: Endpoint): Promise<boolean> {
  try {
    await touch(session, at)
    return true
  } catch (error) {
    if (toFault(error).code === 'target.refused') return false
    throw error
  }
}
