/** Preflight: what a start would meet, step by step, leaving nothing running. */
import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { formatEndpoint, listenEndpoint, targetEndpoint } from '@shared/endpoints'
import { toFault, WarrenError } from '@shared/errors'
import type { CheckStep, ForwardSnapshot } from '@shared/snapshots'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import { dialHere, listenHere } from './forward'
import type { ServerRoute, SessionLease, SessionPool, SshSession } from './ssh/types'
import type { EnginePorts, LocalPorts } from './types'

const MS_PER_SECOND = 1000

export interface CheckOptions {
  readonly spec: ForwardSpec
  readonly snapshot: ForwardSnapshot
  readonly ports: EnginePorts
  readonly pool: SessionPool
  readonly localPorts: LocalPorts
  readonly signal: AbortSignal
}

type Outcome = Pick<CheckStep, 'result' | 'detail'>

/** Steps after a failed one that depend on it are skipped, not guessed. */
export async function checkForward(options: CheckOptions): Promise<readonly CheckStep[]> {
  const { spec, ports, pool, signal } = options
  const steps: CheckStep[] = []
  const step = async (name: CheckStep['step'], title: string, work: () => Promise<Outcome>): Promise<boolean> => {
    const began = performance.now()
    const milliseconds = (): number => Math.round(performance.now() - began)
    try {
      signal.throwIfAborted()
      const outcome = await work()
      steps.push({ step: name, title, ...outcome, milliseconds: milliseconds(), fault: null })
      return outcome.result !== 'failed'
    } catch (error) {
      const fault = toFault(error)
      steps.push({ step: name, title, result: 'failed', detail: fault.message, milliseconds: milliseconds(), fault })
      return false
    }
  }
  const skip = (name: CheckStep['step'], title: string): void => {
    steps.push({
      step: name,
      title,
      result: 'skipped',
      detail: 'An earlier step failed.',
      milliseconds: 0,
      fault: null,
    })
  }

  let route: ServerRoute | null = null
  let lease: SessionLease | null = null
  await step('server', 'Server is defined', async () => {
    route = await ports.plan(spec.serverId, signal)
    return ok([...route.hops, route.server].map(({ name }) => name).join(' › '))
  })
  const way = route as ServerRoute | null
  const first = way?.hops[0] ?? way?.server
  const direct = first !== undefined && first.proxy === null && first.proxyCommand === null ? first : null
  if (direct !== null) {
    if (await step('dns', 'Name resolves', () => resolves(direct.host))) {
      await step('tcp', 'Server answers', () => reaches(direct))
    } else skip('tcp', 'Server answers')
  }
  const reached = way !== null && steps.every(({ result }) => result !== 'failed')
  if (reached) {
    await step('login', 'Host key and login', async () => {
      lease = await pool.acquire(way, { signal, onPhase: () => undefined })
      return ok(loginDetail(lease.session))
    })
  } else skip('login', 'Host key and login')
  await step('listen', 'Listening end is free', () => listens(options))
  const session = (lease as SessionLease | null)?.session
  if (session === undefined) skip('forwarding', 'Server permits it')
  else
    await step(spec.type === 'remote' ? 'forwarding' : 'target', 'Server permits it, target answers', () =>
      carries(options, session),
    )
  ;(lease as SessionLease | null)?.release()
  return steps
}

// --- internal ---

function ok(detail: string): Outcome {
  return { result: 'ok', detail }
}

async function resolves(host: string): Promise<Outcome> {
  if (isIP(host) !== 0) return ok(`${host} is an address`)
  try {
    const found = await lookup(host, { all: true })
    return ok(found.map(({ address }) => address).join(', '))
  } catch (error) {
    throw new WarrenError('ssh.dns', `The name ${host} cannot be resolved.`, {
      fix: 'Check the spelling of the host, and the network.',
      field: 'host',
      cause: error,
    })
  }
}

function reaches(server: ServerSpec): Promise<Outcome> {
  const where = formatEndpoint({ host: server.host, port: server.port })
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.host, port: server.port, autoSelectFamily: true })
    const timeoutMs = server.connectTimeoutSeconds * MS_PER_SECOND
    const timer = setTimeout(() => {
      fail(new WarrenError('ssh.timeout', `${where} did not answer within ${server.connectTimeoutSeconds} s.`))
    }, timeoutMs)
    const fail = (error: WarrenError): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    socket.on('error', (error) => {
      fail(new WarrenError('ssh.unreachable', `${where} cannot be reached: ${error.message}.`, { cause: error }))
    })
    socket.once('data', (banner: Buffer) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(ok(banner.toString('latin1').split(/\r?\n/, 1)[0] ?? ''))
    })
  })
}

function loginDetail(session: SshSession): string {
  const { algorithms, serverVersion } = session.snapshot()
  if (algorithms === null) return serverVersion ?? 'logged in'
  const quantum = algorithms.postQuantum ? '' : ' (not post-quantum)'
  return `${serverVersion ?? 'logged in'}, ${algorithms.kex}${quantum}, ${algorithms.hostKey}, ${algorithms.cipher}`
}

async function listens({ spec, snapshot, localPorts }: CheckOptions): Promise<Outcome> {
  const at = listenEndpoint(spec)
  if (spec.type === 'remote') return ok(`${formatEndpoint(at)} on the server: see the next step`)
  if (['running', 'degraded', 'waiting'].includes(snapshot.state))
    return ok(`${formatEndpoint(snapshot.listen)} is held by this forward`)
  const listener = await listenHere({ at, onSocket: (socket) => socket.destroy(), ports: localPorts })
  await listener.close()
  return ok(`${formatEndpoint(at)} is free`)
}

async function carries({ spec, snapshot }: CheckOptions, session: SshSession): Promise<Outcome> {
  const target = targetEndpoint(spec)
  if (spec.type === 'remote') {
    if (snapshot.state !== 'running' && snapshot.state !== 'degraded') {
      const listener = await session.listenRemote(listenEndpoint(spec), (channel) => {
        channel.refuse()
      })
      await listener.close()
    }
    if (target === null) return ok('the server listens')
    const socket = await dialHere(target)
    socket.destroy()
    return ok(`the server listens, ${formatEndpoint(target)} answers here`)
  }
  if (target === null) return ok('clients say where to')
  const channel = await session.openChannel(target, { host: '127.0.0.1', port: 0 })
  channel.on('error', () => undefined)
  channel.destroy()
  return ok(`${formatEndpoint(target)} answers the server`)
}
