/** The way to the server: every hop's name, connection, key and login, with sessions of the check's own. */
import { WarrenError } from '@shared/errors'
import { connectSession } from '../ssh'
import type { Question, ServerPlan, ServerRoute, SessionLease, SessionPool, SshPorts, SshSession } from '../ssh/types'
import type { EnginePorts } from '../types'
import type { CheckOptions } from './index'
import { LoginSteps } from './_login-steps'
import { resolveName } from './_name'
import { ok, type Recorder } from './_recorder'

export interface WayOptions extends CheckOptions {
  readonly record: Recorder
}

export interface Way {
  /** Logged in to the last server; `null` when that failed. */
  readonly session: SshSession | null
  /** Ends the sessions that the check opened. */
  readonly leave: () => Promise<void>
}

type OwnSession = Awaited<ReturnType<typeof connectSession>>

/** A session that is up is used, so that nobody is asked for a code again; what is missing is dialled outside of the pool. */
export async function checkWay(route: ServerRoute | null, options: WayOptions): Promise<Way> {
  const { pool, record } = options
  if (route === null) {
    record.skip('tcp', 'login')
    return { session: null, leave: () => Promise.resolve() }
  }
  const chain = [...route.hops, route.server]
  const found = longestLive(chain, pool)
  const own: OwnSession[] = []
  let session: SshSession | null = found?.lease.session ?? null
  for (const [index, server] of chain.entries()) {
    if (found !== null && index < found.index) continue
    record.server = chain.length > 1 ? server.name : null
    if (index === found?.index) await reportLive(server, { record, session: found.lease.session })
    else if (index > 0 && session === null) record.skip('login')
    else {
      const opened = await logIn(server, { ...options, through: session })
      if (opened !== null) own.push(opened)
      session = opened
    }
  }
  record.server = null
  return {
    session,
    leave: async () => {
      for (const each of own.reverse()) {
        each.end(null)
        await each.closed
      }
      found?.lease.release()
    },
  }
}

// --- internal ---

/** The session that leads furthest along the way. */
function longestLive(
  chain: readonly ServerPlan[],
  pool: SessionPool,
): { readonly lease: SessionLease; readonly index: number } | null {
  for (let index = chain.length - 1; index >= 0; index -= 1) {
    const server = chain[index]
    const lease = server === undefined ? null : pool.live({ server, hops: chain.slice(0, index) })
    if (lease !== null) return { lease, index }
  }
  return null
}

/** Direct: the name is resolved by us. A proxy, a command or the hop before resolves it otherwise. */
function isDirect(server: ServerPlan): boolean {
  return server.jump.length === 0 && server.proxy === null && server.proxyCommand === null
}

async function reportLive(
  server: ServerPlan,
  { record, session }: { readonly record: Recorder; readonly session: SshSession },
): Promise<void> {
  if (isDirect(server)) await record.step('dns', () => resolveName(server))
  const { algorithms, remoteAddress, serverVersion, since } = session.snapshot()
  record.add('tcp', ok(`connected to ${remoteAddress ?? server.host}`), 0)
  if (serverVersion !== null) record.add('banner', ok(serverVersion), 0)
  if (algorithms !== null) record.add('key-exchange', ok(LoginSteps.describeAlgorithms(algorithms)), 0)
  record.add('host-key', ok('trusted when the session began'), 0)
  record.add('login', ok(`already logged in, since ${new Date(since).toLocaleTimeString()}`), 0)
}

async function logIn(
  server: ServerPlan,
  options: WayOptions & { readonly through: SshSession | null },
): Promise<OwnSession | null> {
  const { hostKeyPolicy, ports, record, signal, spec, through } = options
  if (through === null && isDirect(server) && !(await record.step('dns', () => resolveName(server)))) {
    record.skip('tcp', 'banner', 'key-exchange', 'host-key', 'login')
    return null
  }
  const steps = new LoginSteps(server, { record, through: through?.snapshot().server ?? null })
  try {
    const session = await connectSession(server, {
      through,
      ports: harmless(ports, spec.id),
      policy: hostKeyPolicy,
      signal,
      onPhase: () => undefined,
      leases: () => 1,
      onEvent: steps.onEvent,
    })
    steps.loggedIn()
    return session
  } catch (error) {
    steps.failed(error)
    return null
  }
}

/** The world without what a check must not do: trust a key, or ask whether to. A password may be asked for. */
function harmless(ports: EnginePorts, forwardId: string): SshPorts {
  return {
    ...ports.ssh,
    pins: { ...ports.ssh.pins, add: () => undefined, remove: () => undefined },
    offer: () => Promise.reject(new WarrenError('cancelled', 'A check trusts no new keys.')),
    ask: (question, signal) => {
      if (question.kind === 'host-key') return Promise.reject(notTrustedYet(question))
      return ports.raiseNeed(question, { forwardIds: [forwardId], signal }).answer
    },
  }
}

function notTrustedYet(question: Extract<Question, { kind: 'host-key' }>): WarrenError {
  const { certificate, fingerprint, keyType, server } = question
  // A certificate that cannot be used is the reason then; nobody answering makes it the fault.
  if (certificate !== null) return new WarrenError('need.cancelled', 'A check does not ask for trust.')
  return new WarrenError(
    'ssh.host-key-unknown',
    `The ${keyType} key of ${server} is not trusted yet: ${fingerprint}.`,
    {
      fix: 'Compare the fingerprint with its administrator; a start asks whether to trust it.',
    },
  )
}
