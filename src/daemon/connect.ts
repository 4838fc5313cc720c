/** How main, the command line and tests reach the daemon. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WarrenError } from '@shared/errors'
import { PROTOCOL_VERSION, type RpcResults } from '@shared/rpc'
import { launchDaemon } from './_launch'
import { isRunning } from './_running'
import { BUILD } from './build'
import { resolvePlaces, type Places } from './places'
import { createCaller, type RpcCaller } from './rpc/call'
import { refuseForeignSocket } from './store/folders'

const START_TIMEOUT_MS = 15_000
const HELLO_TIMEOUT_MS = 10_000
const STOP_TIMEOUT_MS = 15_000
const POLL_MS = 25
/** A daemon that was dying held the lock when the new one asked for it. */
const LAUNCHES_AGAIN = 3

export interface DaemonClient extends RpcCaller {
  readonly daemon: { readonly pid: number; readonly build: string; readonly protocol: number }
}

export interface ReachOptions {
  readonly home?: string | undefined
  readonly client: 'app' | 'cli' | 'test'
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ConnectOptions extends ReachOptions {
  /** Spawn the daemon when none answers. */
  readonly start: boolean
  readonly nodeBinary?: string | undefined
  readonly daemonScript?: string | undefined
  readonly startTimeoutMs?: number | undefined
}

/** A daemon of another build holds the data folder: `daemon.version`. */
export class DaemonVersionError extends WarrenError {
  readonly theirs: string
  readonly ours: string
  readonly pid: number
  /** Forwards that a restart of the daemon interrupts for a moment. */
  readonly running: number

  constructor(hello: RpcResults['daemon.hello']) {
    super('daemon.version', `The daemon is Warren ${hello.build}, this is ${BUILD}.`, {
      fix: 'Quit Warren and start it again: its forwards come back. Or end that daemon: `warren daemon stop`.',
    })
    this.theirs = hello.build
    this.ours = BUILD
    this.pid = hello.pid
    this.running = hello.running
  }
}

/**
 * Connects to the daemon of a data folder and starts it when asked to.
 *
 * Rejects with `daemon.unreachable` when none answers, `daemon.version` ({@link DaemonVersionError}) when it is another build,
 * or the fault that kept it from starting (`store.locked`, `store.newer`, `store.unwritable` …).
 */
export async function connectDaemon(options: ConnectOptions): Promise<DaemonClient> {
  const env = options.env ?? process.env
  const { caller, hello } = await reach(resolvePlaces(env, options.home), env, options)
  if (hello.protocol !== PROTOCOL_VERSION || hello.build !== BUILD) {
    caller.close()
    throw new DaemonVersionError(hello)
  }
  return { ...caller, daemon: { pid: hello.pid, build: hello.build, protocol: hello.protocol } }
}

/**
 * Ends the daemon of a data folder, whatever its version, and waits until its process is gone.
 *
 * With `handover` the forwards stay wanted and the next daemon brings them back. Resolves with `null` when no daemon ran.
 */
export async function stopDaemon(
  options: ReachOptions & { readonly handover?: boolean },
): Promise<{ readonly stopped: number; readonly relays: number } | null> {
  const places = resolvePlaces(options.env ?? process.env, options.home)
  const greeted = await dialAndGreet(places, options)
  if (greeted === null) return null
  const { caller, hello } = greeted
  const limits = { timeoutMs: STOP_TIMEOUT_MS, signal: options.signal }
  const result = await caller
    .call('daemon.stop', { handover: options.handover ?? false }, limits)
    .catch((error: unknown) => {
      // It was asked by somebody else meanwhile, or left by itself; whether it is gone shows below.
      if (error instanceof WarrenError && error.code === 'daemon.unreachable') return null
      throw error
    })
  const deadline = Date.now() + STOP_TIMEOUT_MS
  while (isRunning(hello.pid) && hello.pid !== process.pid) {
    if (Date.now() > deadline)
      throw new WarrenError('daemon.unreachable', `The daemon (pid ${hello.pid}) does not end.`)
    await sleep(POLL_MS, undefined, { signal: options.signal })
  }
  caller.close()
  return result
}

/** Ends a daemon of another build and starts this one; its forwards come back by themselves. */
export async function replaceDaemon(options: ConnectOptions): Promise<DaemonClient> {
  await stopDaemon({ ...options, handover: true })
  return connectDaemon(options)
}

interface Greeted {
  readonly caller: RpcCaller
  readonly hello: RpcResults['daemon.hello']
}

async function reach(places: Places, env: NodeJS.ProcessEnv, options: ConnectOptions): Promise<Greeted> {
  const known = await dialAndGreet(places, options)
  if (known !== null) return known
  if (!options.start) throw noDaemon(places)
  return startAndGreet(places, env, options)
}

/** `null` when none answers, or one that is dying: it takes a connection for a moment longer, and hangs up on it. */
async function dialAndGreet(places: Places, options: ReachOptions): Promise<Greeted | null> {
  const socket = await dial(places)
  if (socket === null) return null
  const caller = createCaller(socket)
  try {
    const hello = await caller.call(
      'daemon.hello',
      { client: options.client, protocol: PROTOCOL_VERSION, build: BUILD, pid: process.pid },
      { timeoutMs: HELLO_TIMEOUT_MS, signal: options.signal },
    )
    return { caller, hello }
  } catch (error) {
    const isHungUp = socket.destroyed || socket.readableEnded
    caller.close()
    if (isHungUp) return null
    throw error
  }
}

interface Launch {
  isSettled: boolean
  fault: Error | null
  readonly settled: Promise<void>
  readonly detach: () => void
}

function launch(places: Places, env: NodeJS.ProcessEnv, { nodeBinary, daemonScript }: ConnectOptions): Launch {
  const { ready, detach } = launchDaemon({ places, env, nodeBinary, daemonScript })
  const settled = ready
    .catch((error: unknown) => {
      state.fault = error instanceof Error ? error : new Error(String(error))
    })
    .then(() => {
      state.isSettled = true
    })
  const state: Launch = { isSettled: false, fault: null, settled, detach }
  return state
}

/** Waits for the new daemon, or for the one that another client started at the same time. */
async function startAndGreet(places: Places, env: NodeJS.ProcessEnv, options: ConnectOptions): Promise<Greeted> {
  const { signal } = options
  const deadline = Date.now() + (options.startTimeoutMs ?? START_TIMEOUT_MS)
  let launched = launch(places, env, options)
  let left = LAUNCHES_AGAIN
  try {
    for (;;) {
      const nextTry = sleep(launched.isSettled ? POLL_MS : 4 * POLL_MS, undefined, { signal })
      await (launched.isSettled ? nextTry : Promise.race([launched.settled, nextTry]))
      const greeted = await dialAndGreet(places, options)
      if (greeted !== null) return greeted
      const { fault } = launched
      const isLocked = fault instanceof WarrenError && fault.code === 'store.locked'
      if ((fault !== null && !isLocked) || Date.now() > deadline) throw fault ?? noDaemon(places)
      // Somebody else won the race for the lock: its socket appears in a moment. Unless it was dying.
      if (isLocked && left > 0) {
        left -= 1
        launched.detach()
        launched = launch(places, env, options)
      }
    }
  } finally {
    launched.detach()
  }
}

/** Rejects with `store.unwritable` where the socket is not ours. */
async function dial(places: Places): Promise<Socket | null> {
  if (places.socketFolder !== null) refuseForeignSocket(places.socketFolder, places.socket)
  return await new Promise((resolve) => {
    const socket = connect(places.socket)
    socket.once('connect', () => resolve(socket))
    socket.on('error', () => resolve(null))
  })
}

function noDaemon(places: Places): WarrenError {
  return new WarrenError('daemon.unreachable', `No daemon answers at ${places.socket}.`, {
    fix: 'Start it with `warren daemon run` or any command.',
  })
}
