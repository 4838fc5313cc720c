/** One forward's life: the states of design §5, what moves it between them, and what it shows. */
import { isExposed, listenEndpoint, targetEndpoint, type Endpoint } from '@shared/endpoints'
import { isTransient, toFault, WarrenError, type Fault } from '@shared/errors'
import type { ForwardSnapshot, ForwardState } from '@shared/snapshots'
import type { ForwardSpec } from '@shared/specs'
import { createCarrier, type Carrier } from '../forward'
import type { ServerRoute, SessionLease, SessionPhase, SessionPool } from '../ssh/types'
import type { Ledger } from '../traffic'
import type { EnginePorts, LocalPorts, StartOptions } from '../types'
import { NETWORK_SETTLE_MS, retryDelayMs, STABLE_MS } from './_retry'
import { untilAborted } from './_until-aborted'

/** How long a server may take to confirm that it listens no more; a silent one must not hold up a stop. */
const CLOSE_TIMEOUT_MS = 2000

export interface SupervisedOptions {
  readonly ports: EnginePorts
  readonly localPorts: LocalPorts
  readonly pool: SessionPool
  readonly ledger: Ledger
  readonly onChange: () => void
}

/** From a start to a stop, or until it failed. */
interface Life {
  readonly abort: AbortController
  readonly carrier: Carrier
  readonly over: Promise<void>
}

export class SupervisedForward {
  private wanted = false
  private state: ForwardState = 'stopped'
  private since: number
  private attempt = 0
  /** Grows with every fault and shrinks only after a stable while, so that a flapping server is not knocked at every 2 s. */
  private backoff = 0
  private nextTryAt: number | null = null
  private reason: Fault | null = null
  private bound: Endpoint | null = null
  private needId: string | null = null
  private route: ServerRoute | null = null
  private life: Life | null = null
  private ending: Promise<void> | null = null
  private startOptions: StartOptions = {}
  private wake: (() => void) | null = null
  private postpone: ((ms: number) => void) | null = null

  constructor(
    private currentSpec: ForwardSpec,
    private readonly options: SupervisedOptions,
  ) {
    this.since = options.ports.clock.now()
  }

  get spec(): ForwardSpec {
    return this.currentSpec
  }

  /** The servers that this forward goes through, while it is on its way or running. */
  get serverIds(): readonly string[] {
    const route = this.route ?? this.routeOrNull()
    return route === null ? [] : [...route.hops.map(({ id }) => id), route.server.id]
  }

  get isStarting(): boolean {
    return ['resolving', 'connecting', 'verifying', 'authenticating', 'needs-you'].includes(this.state)
  }

  get isSettled(): boolean {
    return ['running', 'degraded', 'failed', 'stopped'].includes(this.state)
  }

  /** Names and tags change at once; other ends or another server restart a wanted forward. */
  replace(spec: ForwardSpec): void {
    const restart = this.wanted && waysOf(spec) !== waysOf(this.currentSpec)
    this.currentSpec = spec
    if (!restart) {
      this.options.onChange()
      return
    }
    // Who looks right after the edit sees the end that was asked for, not the one that is closing.
    this.bound = null
    void this.end()
  }

  start(options: StartOptions): void {
    this.wanted = true
    this.startOptions = options
    this.proceed()
  }

  stop(): Promise<void> {
    this.wanted = false
    return this.end()
  }

  retry(): void {
    if (this.wanted) this.proceed()
  }

  /** The network is another one: what waits tries again once it had time to settle. */
  networkChanged(): void {
    this.postpone?.(NETWORK_SETTLE_MS)
  }

  /** A question that concerns this forward is open; returns the way back when it is settled. */
  needs(needId: string): () => void {
    const before = this.state
    this.needId = needId
    this.enter('needs-you')
    return () => {
      if (this.needId !== needId) return
      this.needId = null
      if (this.state === 'needs-you') this.enter(before)
    }
  }

  snapshot(): ForwardSnapshot {
    const spec = this.currentSpec
    const listen = this.bound ?? listenEndpoint(spec)
    const route = this.route ?? this.routeOrNull()
    return {
      id: spec.id,
      name: spec.name,
      type: spec.type,
      server: route?.server.name ?? '',
      tags: spec.tags,
      wanted: this.wanted,
      state: this.state,
      since: new Date(this.since).toISOString(),
      listen,
      target: targetEndpoint(spec),
      attempt: this.attempt,
      nextTryAt: this.nextTryAt === null ? null : new Date(this.nextTryAt).toISOString(),
      reason: this.reason,
      ...this.options.ledger.totals(),
      via: route === null ? [] : [...route.hops, route.server].map(({ name }) => name),
      exposed: isExposed(listen),
      needId: this.needId,
      notice: null,
      health: null,
      asleep: false,
      stopsAt: null,
    }
  }

  // --- internal ---

  private proceed(): void {
    // What is ending looks by itself whether it is wanted again.
    if (this.ending !== null) return
    if (this.life === null) this.begin()
    else this.wake?.()
  }

  /** Ends what runs. One at a time: then it begins anew when it is (again) wanted, and is stopped when it is not. */
  private end(): Promise<void> {
    this.ending ??= this.endLife().then(() => {
      this.ending = null
      if (this.wanted) {
        this.begin()
        return
      }
      this.attempt = 0
      this.reason = null
      this.needId = null
      this.enter('stopped')
    })
    return this.ending
  }

  private begin(): void {
    const { ledger, localPorts, ports } = this.options
    const abort = new AbortController()
    const carrier = createCarrier({
      spec: this.currentSpec,
      ledger,
      ports: localPorts,
      log: (entry) => {
        ports.log(this.currentSpec.id, entry)
      },
      onTarget: this.onTarget,
    })
    this.attempt = 0
    this.backoff = 0
    this.log('info', 'Starting.')
    this.life = { abort, carrier, over: this.live(carrier, abort.signal) }
  }

  private async endLife(): Promise<void> {
    const { life } = this
    if (life === null) return
    life.abort.abort(new WarrenError('cancelled', 'It was stopped.'))
    await this.atMost(CLOSE_TIMEOUT_MS, Promise.all([life.over, life.carrier.close()]))
    if (this.life === life) this.life = null
    this.bound = null
    this.log('info', 'Stopped.')
  }

  /** Never rejects: every fault ends in a state. */
  private async live(carrier: Carrier, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ranSince = { at: null as number | null }
      const fault = await this.once(carrier, { signal, ranSince })
      carrier.unbind()
      if (signal.aborted || fault === null) return
      const now = this.options.ports.clock.now()
      this.log(isTransient(fault) ? 'warn' : 'error', fault.message, fault.code)
      if (!isTransient(fault)) {
        await carrier.close()
        if (signal.aborted) return
        this.life = null
        this.bound = null
        this.reason = fault
        this.enter('failed')
        return
      }
      if (ranSince.at !== null && now - ranSince.at >= STABLE_MS) this.backoff = 0
      this.backoff += 1
      this.attempt += 1
      this.reason = fault
      await this.pause(retryDelayMs(this.backoff, this.options.ports.random()), signal)
    }
  }

  /** One attempt, up to the end of its session. Resolves with what went wrong. */
  private async once(
    carrier: Carrier,
    { signal, ranSince }: { signal: AbortSignal; ranSince: { at: number | null } },
  ): Promise<Fault | null> {
    const { pool, ports } = this.options
    let lease: SessionLease | null = null
    try {
      this.enter('resolving')
      this.route = await ports.plan(this.currentSpec.serverId, signal)
      signal.throwIfAborted()
      lease = await pool.acquire(this.route, { ...this.startOptions, signal, onPhase: this.onPhase })
      signal.throwIfAborted()
      this.enter('binding')
      const bound = await untilAborted(carrier.bind(lease.session), signal)
      if (bound === null) return null
      this.bound = bound
      ranSince.at = ports.clock.now()
      this.attempt = 0
      this.reason = null
      this.enter('running')
      this.log('info', 'Running.')
      const end = await untilAborted(lease.session.closed, signal)
      if (end === null) return null
      return toFault(end.error ?? new WarrenError('ssh.closed', `${this.route.server.name} closed the session.`))
    } catch (error) {
      return signal.aborted ? null : toFault(error)
    } finally {
      lease?.release()
    }
  }

  private readonly onPhase = (phase: SessionPhase): void => {
    if (phase !== 'ready' && this.state !== 'needs-you' && this.life?.abort.signal.aborted !== true) this.enter(phase)
  }

  private readonly onTarget = (failure: Error | null): void => {
    if (failure === null) {
      if (this.state !== 'degraded') return
      this.reason = null
      this.enter('running')
    } else if (this.state === 'running' || this.state === 'degraded') {
      this.reason = toFault(failure)
      if (this.state === 'running') this.enter('degraded')
      else this.options.onChange()
    }
  }

  /** Resolves after `ms`, at "retry now", or when it is stopped. */
  private pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.options.ports
    return new Promise((resolve) => {
      let cancel = (): void => undefined
      const done = (): void => {
        cancel()
        signal.removeEventListener('abort', done)
        this.wake = null
        this.postpone = null
        this.nextTryAt = null
        resolve()
      }
      const schedule = (delay: number): void => {
        cancel()
        this.nextTryAt = clock.now() + delay
        cancel = clock.after(delay, done)
        this.enter('waiting')
      }
      this.wake = done
      this.postpone = (delay) => {
        if (this.nextTryAt !== null && this.nextTryAt > clock.now() + delay) schedule(delay)
      }
      signal.addEventListener('abort', done, { once: true })
      schedule(ms)
    })
  }

  private atMost(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.ports.clock.after(ms, resolve)
      void work.then(() => {
        cancel()
        resolve()
      })
    })
  }

  private enter(state: ForwardState): void {
    if (state !== this.state) this.since = this.options.ports.clock.now()
    this.state = state
    this.options.onChange()
  }

  private routeOrNull(): ServerRoute | null {
    try {
      return this.options.ports.route(this.currentSpec.serverId)
    } catch {
      // A snapshot is asked for at any time; that the server is gone is said by the start that needs it.
      return null
    }
  }

  private log(level: 'info' | 'warn' | 'error', message: string, code: string | null = null): void {
    this.options.ports.log(this.currentSpec.id, { level, message, code })
  }
}

/** What a running forward is bound to; a change of it needs a restart. */
function waysOf(spec: ForwardSpec): string {
  const { type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort, serverId } = spec
  return JSON.stringify([type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort, serverId])
}
