/** The two ends of a forward: the port that listens, and what the server lets through to the target. */
import { formatEndpoint, listenEndpoint, targetEndpoint, type Endpoint } from '@shared/endpoints'
import { toFault, WarrenError } from '@shared/errors'
import { carries } from '@shared/sentence'
import { dialHere, touch } from '../forward'
import { listenRange } from '../tcp'
import type { SshSession } from '../ssh/types'
import type { CheckOptions } from './index'
import { ok, type Outcome, type Recorder } from './_recorder'

export interface EndOptions extends CheckOptions {
  readonly record: Recorder
}

/** Listens for a moment where the forward would; what it holds itself is free enough. */
export async function checkListening(options: EndOptions): Promise<void> {
  await options.record.step('listen', () => listens(options))
}

/** Has the server do what the forward needs, once. Without a session there is nothing to ask. */
export async function checkPassage(session: SshSession | null, options: EndOptions): Promise<void> {
  const { record, spec } = options
  if (session === null) {
    record.skip('forwarding', 'target')
    return
  }
  if (spec.type === 'remote') await checkRemote(session, options)
  else await checkOutgoing(session, options)
}

// --- internal ---

async function listens({ spec, snapshot, localPorts }: EndOptions): Promise<Outcome> {
  const at = listenEndpoint(spec)
  if (spec.type === 'remote') return ok(`${formatEndpoint(at)} on the server, see permission`)
  if (holds(snapshot)) return ok(`${formatEndpoint(snapshot.listen)} is held by this forward`)
  const { portCount: count } = spec
  const listener = await listenRange({ at, count, onSocket: (socket) => socket.destroy(), ports: localPorts })
  await listener.close()
  if ('port' in at && at.port === 0) return ok(count === 1 ? 'any free port' : `any ${count} free ports`)
  return ok(
    count === 1 ? `${formatEndpoint(at)} is free` : `${formatEndpoint(at)} and the ${count - 1} after it are free`,
  )
}

/** A forward that waits for its server still holds its port. */
function holds({ state, asleep }: EndOptions['snapshot']): boolean {
  return carries(state) || state === 'waiting' || asleep
}

/** Local and dynamic: channels to a target as the server sees it. */
async function checkOutgoing(session: SshSession, { spec, record }: EndOptions): Promise<void> {
  const target = targetEndpoint(spec)
  const began = performance.now()
  const fault = await open(session, target ?? sshdOf(session))
  const milliseconds = performance.now() - began
  const forbidden = fault?.code === 'forward.refused'
  if (target === null) {
    // No target is known: the server's own SSH port shows whether channels open at all, PermitOpen may still allow others.
    const outcome: Outcome = forbidden
      ? { result: 'warning', detail: `${fault.message} It may allow other targets, or none.` }
      : ok('the server opens connections')
    record.add('forwarding', outcome, milliseconds)
    record.add('target', ok('each client says where to'), 0)
    return
  }
  if (forbidden) {
    record.fail('forwarding', fault, milliseconds)
    record.skip('target')
    return
  }
  record.add('forwarding', ok('the server opens connections'), milliseconds)
  if (fault === null) record.add('target', ok(`${formatEndpoint(target)} answers the server`), milliseconds)
  else record.fail('target', fault, milliseconds)
}

/** Remote: the server listens for a moment, and the target is reached from here. */
async function checkRemote(session: SshSession, options: EndOptions): Promise<void> {
  const { record, snapshot, spec } = options
  await record.step('forwarding', async () => {
    if (carries(snapshot.state)) return ok(`${formatEndpoint(snapshot.listen)} is held by this forward`)
    const listener = await session.listenRemote(listenEndpoint(spec), (channel) => {
      channel.refuse()
    })
    await listener.close()
    return ok(`the server listens at ${formatEndpoint(listener.bound)}`)
  })
  const target = targetEndpoint(spec)
  await record.step('target', async () => {
    if (target === null) return ok('each client says where to')
    const socket = await dialHere(target)
    socket.destroy()
    return ok(`${formatEndpoint(target)} answers here`)
  })
}

async function open(session: SshSession, target: Endpoint): Promise<WarrenError | null> {
  try {
    await touch(session, target)
    return null
  } catch (error) {
    return error instanceof WarrenError ? error : new WarrenError('internal', toFault(error).message, { cause: error })
  }
}

/** Where the server that we are logged in to listens itself. */
function sshdOf(session: SshSession): Endpoint {
  const port = Number(/:(\d+)$/.exec(session.snapshot().remoteAddress ?? '')?.[1] ?? 22)
  return { host: 'localhost', port }
}
