/** One forward as the engine knows it: whether it is wanted, its life while it is, and what it shows. */
import { toFault, type Fault } from '@shared/errors'
import type { ForwardSnapshot } from '@shared/snapshots'
import type { ForwardSpec } from '@shared/specs'
import type { ServerRoute, SessionPool } from '../ssh/types'
import {
  createLimiter,
  expiryFault,
  quotaFault,
  slowNotice,
  watchExpiry,
  type Budget,
  type Ledger,
  type Limiter,
} from '../traffic'
import type { EnginePorts, LocalPorts, StartOptions } from '../types'
import { Life } from './_life'
import type { Waiting } from './_questions'
import type { ServerRetries } from './_server-retries'
import { Status } from './_status'

export interface SupervisedOptions {
  readonly ports: EnginePorts
  readonly localPorts: LocalPorts
  readonly pool: SessionPool
  readonly ledger: Ledger
  readonly retries: ServerRetries
  readonly onChange: () => void
  /** Its budget is used up. */
  readonly onSpent?: (() => void) | undefined
  /** It waits for a login that it began or joined. */
  readonly onJoin?: (() => void) | undefined
  /** It does not wait any more. */
  readonly onLeave?: (() => void) | undefined
}

export class SupervisedForward implements Waiting {
  private readonly limiter: Limiter
  private budget: Budget | null = null
  private wanted = false
  private readonly status: Status
  private route: ServerRoute | null = null
  private life: Life | null = null
  private ending: Promise<void> | null = null
  private cancelExpiry: (() => void) | null = null
  private startOptions: StartOptions = {}

  constructor(
    private currentSpec: ForwardSpec,
    private readonly options: SupervisedOptions,
  ) {
    this.status = new Status(options.ports.clock.now, options.onChange)
    this.limiter = createLimiter({ onSpent: this.onSpent, date: options.ports.clock.now })
    this.limiter.set(currentSpec.limits)
  }

  get id(): string {
    return this.currentSpec.id
  }

  get spec(): ForwardSpec {
    return this.currentSpec
  }

  /** The servers that this forward goes through. */
  get serverIds(): readonly string[] {
    const route = this.route ?? this.routeOrNull()
    return route === null ? [] : [...route.hops.map(({ id }) => id), route.server.id]
  }

  get isStarting(): boolean {
    return this.status.isStarting
  }

  get isSettled(): boolean {
    return this.status.isSettled
  }

  /** Names, tags and limits change at once; other ends or another server restart a wanted forward. */
  replace(spec: ForwardSpec): void {
    const before = this.currentSpec
    this.currentSpec = spec
    this.limiter.set(spec.limits)
    this.tellSlow()
    if (this.wanted && this.isRefused && this.refusal() === null) this.proceed()
    this.watchExpiry()
    if (!this.wanted || waysOf(spec) === waysOf(before)) {
      if (JSON.stringify(spec.health) !== JSON.stringify(before.health)) this.life?.checkBy(spec)
      this.options.onChange()
      return
    }
    // Who looks right after the edit sees the end that was asked for, not the one that is closing.
    this.status.bound = null
    void this.end()
  }

  /** How many more bytes it may move; a forward that stopped for want of them begins again. */
  setBudget(budget: Budget | null): void {
    this.budget = budget
    this.limiter.setBudget(budget)
    this.tellSlow()
    if (this.wanted && this.isRefused && this.refusal() === null) this.proceed()
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
    this.life?.networkChanged()
  }

  /** Connections came or went. */
  connectionsChanged(): void {
    this.life?.connectionsChanged()
  }

  /** A question that concerns this forward is open; returns the way back when it is settled. */
  needs(needId: string): () => void {
    return this.status.needs(needId)
  }

  snapshot(): ForwardSnapshot {
    const { currentSpec: spec, wanted } = this
    const totals = this.options.ledger.totals()
    const { drops } = this.limiter
    return this.status.snapshot({ spec, wanted, route: this.route ?? this.routeOrNull(), totals, drops })
  }

  // --- internal ---

  private proceed(): void {
    // What is ending looks by itself whether it is wanted again.
    if (this.ending !== null) return
    if (this.life === null) this.begin()
    else this.life.wake()
  }

  private begin(): void {
    const { ports, localPorts, pool, ledger, retries, onJoin } = this.options
    this.status.begin()
    const refusal = this.refusal()
    if (refusal !== null) {
      this.status.refuse(refusal)
      ports.log(this.id, { level: 'error', message: refusal.message, code: refusal.code })
      return
    }
    const life: Life = new Life({
      ...{ ports, localPorts, pool, ledger, limiter: this.limiter, retries, status: this.status },
      spec: this.currentSpec,
      startOptions: this.startOptions,
      log: (level, message, code) => {
        ports.log(this.currentSpec.id, { level, message, code: (code as Fault['code'] | undefined) ?? null })
      },
      onJoin: (route) => {
        this.route = route
        onJoin?.()
      },
      onFailed: () => {
        if (this.life === life) this.life = null
      },
    })
    this.life = life
    this.watchExpiry()
  }

  /** Its time may be over while it runs, or waits to run again. */
  private watchExpiry(): void {
    this.cancelExpiry?.()
    this.cancelExpiry = null
    if (this.life === null || this.ending !== null) return
    this.cancelExpiry = watchExpiry(this.currentSpec.limits, this.options.ports.clock, () => {
      this.cancelExpiry = null
      // It is still wanted, and says by itself why it does not begin again.
      if (this.life !== null) void this.end()
    })
  }

  /** Ends what runs. One at a time: then it begins anew when it is (again) wanted, and is stopped when it is not. */
  private end(): Promise<void> {
    this.ending ??= this.endLife().then(() => {
      this.ending = null
      if (this.wanted) this.begin()
      else this.status.stop()
    })
    return this.ending
  }

  private async endLife(): Promise<void> {
    const { life } = this
    this.cancelExpiry?.()
    this.cancelExpiry = null
    if (life === null) return
    this.options.onLeave?.()
    await life.end()
    if (this.life === life) this.life = null
    this.status.bound = null
  }

  /** Why it may not run, whatever the server says. */
  private refusal(): Fault | null {
    const { limits } = this.currentSpec
    const now = this.options.ports.clock.now()
    const expiresAt = limits?.expiresAt ?? null
    if (expiresAt !== null && Date.parse(expiresAt) <= now) return toFault(expiryFault(expiresAt))
    const isStopped = this.limiter.isSpent && this.budget?.then === 'stop'
    return isStopped ? toFault(quotaFault(limits?.quota ?? null, now)) : null
  }

  private get isRefused(): boolean {
    const code = this.status.reason?.code
    return this.life === null && (code === 'limit.quota' || code === 'limit.expired')
  }

  private readonly onSpent = (): void => {
    if (this.budget?.then === 'stop' && this.life !== null) {
      this.options.ledger.endAll('quota')
      // It is still wanted, and says by itself why it does not begin again.
      void this.end()
    }
    this.tellSlow()
    this.options.onSpent?.()
  }

  private tellSlow(): void {
    const quota = this.currentSpec.limits?.quota ?? null
    const isSlow = this.limiter.isSpent && this.budget?.then === 'slow' && quota !== null
    this.status.saySlow(isSlow ? slowNotice(quota, this.options.ports.clock.now()) : null)
  }

  private routeOrNull(): ServerRoute | null {
    try {
      return this.options.ports.route(this.currentSpec.serverId)
    } catch {
      // A snapshot is asked for at any time; that the server is gone is said by the start that needs it.
      return null
    }
  }
}

/** What a running forward is bound to; a change of it needs a restart. */
function waysOf(spec: ForwardSpec): string {
  const { type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort, serverId } = spec
  const { portCount, onDemand, idleSeconds, proxyUsername, servePac } = spec
  return JSON.stringify([
    ...[type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort, serverId],
    ...[portCount, onDemand, idleSeconds, proxyUsername, servePac],
  ])
}
