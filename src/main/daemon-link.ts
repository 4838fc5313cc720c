/**
 * The line to the daemon: made at start, kept up, and honest about it.
 *
 * When the daemon dies it is started again, at once and then with growing pauses; what was subscribed is subscribed again. A
 * daemon of another build is left alone until a person says otherwise.
 */
import { DaemonVersionError, type DaemonClient } from '@daemon/client'
import { toFault, WarrenError, type Fault } from '@shared/errors'
import type { DaemonLink } from '@shared/ipc'
import {
  topicOf,
  type RpcMethod,
  type RpcNotification,
  type RpcNotifications,
  type RpcParams,
  type RpcResults,
} from '@shared/rpc'
import { sameSubscription, type Subscription } from './subscriptions'

/** The first retry is at once; the last pause repeats. */
const RETRY_PAUSES_MS = [0, 250, 500, 1000, 2000, 5000, 10_000] as const
const SUBSCRIBE_TIMEOUT_MS = 10_000

export interface Link {
  readonly state: () => DaemonLink
  /** Waits for an attempt that is under way; rejects at once with the reason while the daemon is lost. */
  readonly call: <M extends RpcMethod>(method: M, params: RpcParams<M>) => Promise<RpcResults[M]>
  readonly subscribe: (subscription: Subscription) => Promise<void>
  readonly onState: (listener: (state: DaemonLink) => void) => void
  /** Hears a notification from whichever daemon is connected. */
  readonly on: <N extends RpcNotification>(name: N, listener: (payload: RpcNotifications[N]) => void) => void
  /** Ends a daemon of another build and starts this one. */
  readonly replace: () => Promise<void>
  /** Stops every forward and ends the daemon; no other is started. */
  readonly stop: () => Promise<void>
  /** No further attempt; the daemon goes on. */
  readonly close: () => void
}

export interface LinkPorts {
  readonly connect: () => Promise<DaemonClient>
  readonly replace: () => Promise<DaemonClient>
  readonly after: (ms: number, task: () => void) => () => void
  readonly log: (message: string, cause?: unknown) => void
}

export function createLink(ports: LinkPorts): Link {
  const stateListeners: ((state: DaemonLink) => void)[] = []
  const listeners = new Map<RpcNotification, ((payload: never) => void)[]>()
  let state: DaemonLink = { state: 'connecting' }
  let client: DaemonClient | null = null
  let attempt: Promise<DaemonClient> | null = null
  let subscription: Subscription | null = null
  let failures = 0
  let cancelRetry: (() => void) | null = null
  let isClosed = false

  const setState = (next: DaemonLink): void => {
    state = next
    for (const listener of stateListeners) listener(next)
  }

  const adopt = async (found: DaemonClient): Promise<DaemonClient> => {
    if (isClosed) {
      found.close()
      throw new WarrenError('cancelled', 'Warren is closing.')
    }
    for (const name of Object.keys(topicOf) as RpcNotification[]) {
      found.on(name, (payload) => {
        for (const listener of listeners.get(name) ?? []) listener(payload as never)
      })
    }
    if (subscription !== null) await subscribeAt(found, subscription)
    client = found
    failures = 0
    void found.closed.then(() => {
      if (client === found) lose(daemonEnded())
    })
    setState({ state: 'connected' })
    return found
  }

  const reach = (connect: () => Promise<DaemonClient>): Promise<DaemonClient> => {
    const mine = connect().then(adopt)
    attempt = mine
    mine.then(
      () => {
        if (attempt === mine) attempt = null
      },
      (error: unknown) => {
        if (attempt === mine) attempt = null
        if (!isClosed) fail(error)
      },
    )
    return mine
  }

  const fail = (error: unknown): void => {
    if (error instanceof DaemonVersionError) {
      setState({ state: 'other-version', theirs: error.theirs, ours: error.ours, running: error.running })
      return
    }
    const fault = toFault(error)
    // Once per cause: the attempts go on for as long as the app runs.
    const isNews = state.state !== 'lost' || state.fault.message !== fault.message
    if (isNews) ports.log('The daemon cannot be reached', error)
    lose(fault)
  }

  const lose = (fault: Fault): void => {
    client = null
    if (isClosed) return
    setState({ state: 'lost', fault })
    const pause = RETRY_PAUSES_MS[Math.min(failures, RETRY_PAUSES_MS.length - 1)] ?? 0
    failures += 1
    cancelRetry = ports.after(pause, () => {
      cancelRetry = null
      void reach(ports.connect).catch(() => undefined)
    })
  }

  const current = (): Promise<DaemonClient> => {
    if (client !== null) return Promise.resolve(client)
    if (attempt !== null) return attempt
    return Promise.reject(notConnected(state))
  }

  void reach(ports.connect).catch(() => undefined)

  return {
    state: () => state,
    call: async (method, params) => (await current()).call(method, params),
    subscribe: async (wanted) => {
      if (isClosed) return
      if (subscription !== null && sameSubscription(subscription, wanted)) return
      subscription = wanted
      if (client !== null) await subscribeAt(client, wanted)
    },
    onState: (listener) => {
      stateListeners.push(listener)
    },
    on: (name, listener) => {
      listeners.set(name, [...(listeners.get(name) ?? []), listener])
    },
    replace: async () => {
      cancelRetry?.()
      cancelRetry = null
      client?.close()
      client = null
      setState({ state: 'connecting' })
      await reach(ports.replace)
    },
    stop: async () => {
      isClosed = true
      cancelRetry?.()
      const running = client
      if (running === null) return
      await running.call('daemon.stop', {})
      await running.closed
    },
    close: () => {
      isClosed = true
      cancelRetry?.()
      client?.close()
    },
  }
}

async function subscribeAt(client: DaemonClient, { topics, forwardId }: Subscription): Promise<void> {
  await client.call('events.subscribe', { topics: [...topics], forwardId }, { timeoutMs: SUBSCRIBE_TIMEOUT_MS })
}

function daemonEnded(): Fault {
  return new WarrenError('daemon.unreachable', 'The background process of Warren ended; it is being started again.', {
    fix: 'Forwards that were running come back by themselves.',
  }).toFault()
}

function notConnected(state: DaemonLink): WarrenError {
  switch (state.state) {
    case 'lost':
      return new WarrenError(state.fault.code, state.fault.message, { fix: state.fault.fix })
    case 'other-version':
      return new WarrenError('daemon.version', `The daemon is Warren ${state.theirs}, this is ${state.ours}.`, {
        fix: 'Restart the daemon.',
      })
    case 'connecting':
    case 'connected':
      return new WarrenError('daemon.unreachable', 'The daemon is not connected yet.', { fix: 'Try again.' })
  }
}
