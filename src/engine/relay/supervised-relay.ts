/** One relay as the engine knows it: whether it is wanted, what carries it while it is, and what it shows. */
import { isTransient, toFault, type Fault, type WarrenError } from '@shared/errors'
import type { RelaySnapshot } from '@shared/relay-snapshots'
import type { RelaySpec, RelayTarget } from '@shared/relays'
import type { EndReason } from '@shared/traffic'
import {
  createLimiter,
  expiryFault,
  quotaFault,
  slowNotice,
  timeLeft,
  watchExpiry,
  type Budget,
  type Ledger,
  type Limiter,
} from '../traffic'
import { NETWORK_SETTLE_MS, retryDelayMs } from '../supervisor'
import type { EnginePorts, LocalPorts } from '../types'
import { createRelayCarrier } from './carrier'
import type { LoopRelay } from './_loop'
import type { RelayMeter } from './_meter'
import { RelayStatus } from './_status'
import { wayBackFault } from './_target-fault'
import type { Over, RelayCarrier } from './types'

export interface SupervisedRelayOptions {
  readonly ports: EnginePorts
  readonly localPorts: LocalPorts
  readonly ledger: Ledger
  readonly meter: RelayMeter
  readonly onChange: () => void
  /** Its budget is used up. */
  readonly onSpent: () => void
  /** The names of the relays on a way from its targets back to it, itself first; `null` when there is none. */
  readonly wayBack: (ends: LoopRelay) => readonly string[] | null
  readonly leadsBack: (ends: () => LoopRelay, target: RelayTarget) => boolean
}

export class SupervisedRelay {
  readonly limiter: Limiter
  private wanted = false
  private readonly status: RelayStatus
  private carrier: RelayCarrier | null = null
  /** What is being closed; the next one binds after it. */
  private closing: Promise<void> | null = null
  private budget: Budget | null = null
  private cancelRetry: (() => void) | null = null
  private cancelExpiry: (() => void) | null = null

  constructor(
    private currentSpec: RelaySpec,
    private readonly options: SupervisedRelayOptions,
  ) {
    this.status = new RelayStatus(options.ports.clock.now, options.onChange)
    this.status.setTargets(currentSpec.targets)
    this.limiter = createLimiter({ onSpent: this.onSpent, date: options.ports.clock.now })
    this.limiter.set(currentSpec.limits)
  }

  get spec(): RelaySpec {
    return this.currentSpec
  }

  /** Where it listens now and where that leads; `null` while it does not listen. */
  get ends(): LoopRelay | null {
    return this.status.isUp ? this.asBound() : null
  }

  get isSettled(): boolean {
    return this.status.isSettled
  }

  replace(spec: RelaySpec): void {
    const before = this.currentSpec
    this.currentSpec = spec
    this.status.setTargets(spec.targets)
    this.limiter.set(spec.limits)
    if (!this.wanted) {
      this.options.onChange()
      return
    }
    if (boundBy(spec) !== boundBy(before)) {
      // Who looks right after the edit sees the end that was asked for, not the one that is closing.
      this.status.bound = null
      this.end('stopped')
      this.begin()
      return
    }
    this.carrier?.replace(spec)
    this.watchExpiry()
    this.tellWayBack()
    this.tellSlow()
    const { reason } = this.status
    const isOver = this.status.state === 'failed' && reason !== null && CURED_BY_EDIT.has(reason.code)
    if (isOver) this.begin()
    else this.options.onChange()
  }

  start(): void {
    this.wanted = true
    if (this.carrier === null) this.begin()
  }

  async stop(reason: EndReason = 'stopped'): Promise<void> {
    this.wanted = false
    this.end(reason)
    while (this.closing !== null) await this.closing
    // Somebody may have started it meanwhile.
    if (!this.isWanted() && this.status.state !== 'stopped') {
      this.status.stop()
      this.log('info', 'Stopped.')
    }
  }

  retry(): void {
    if (this.wanted && this.carrier === null) this.begin()
  }

  /** An address of this machine may have come (back). */
  networkChanged(): void {
    const { state, reason } = this.status
    const isOfAddress = state === 'failed' && reason?.code === 'port.address-unavailable'
    if (this.wanted && (state === 'waiting' || isOfAddress)) this.tryAgainIn(NETWORK_SETTLE_MS)
  }

  setBudget(budget: Budget | null): void {
    this.budget = budget
    this.limiter.setBudget(budget)
    this.tellSlow()
    const { state, reason } = this.status
    if (this.wanted && state === 'failed' && reason?.code === 'limit.quota' && !this.isStopped()) this.begin()
  }

  snapshot(): RelaySnapshot {
    const { currentSpec: spec, wanted } = this
    return this.status.snapshot({
      spec,
      wanted,
      totals: this.totals(),
      drops: this.limiter.drops,
    })
  }

  // --- internal ---

  private totals(): ReturnType<Ledger['totals']> {
    const { ledger, meter } = this.options
    const { bytesUp, bytesDown, totalConnections } = meter
    return { connections: ledger.size, totalConnections, bytesUp, bytesDown }
  }

  private isWanted(): boolean {
    return this.wanted
  }

  private begin(): void {
    this.cancelRetry?.()
    this.cancelRetry = null
    const refusal = this.refusal()
    if (refusal !== null) {
      this.fail(refusal.toFault())
      return
    }
    this.status.nextTryAt = null
    this.status.say('carrier', null)
    this.status.enter('binding')
    this.log('info', 'Starting.')
    const carrier = this.createCarrier()
    this.carrier = carrier
    this.watchExpiry()
    void this.run(carrier)
  }

  /** Never rejects: every fault ends in a state. */
  private async run(carrier: RelayCarrier): Promise<void> {
    const { status } = this
    try {
      while (this.closing !== null) await this.closing
      if (this.carrier !== carrier) return
      const bound = await carrier.bind()
      if (this.carrier !== carrier) return
      status.bound = bound
      const wayBack = this.wayBack()
      if (wayBack !== null) throw wayBack
      status.run(bound)
      this.tellSlow()
      this.log('info', 'Running.')
    } catch (error) {
      if (this.carrier !== carrier) return
      this.end('stopped')
      const fault = toFault(error)
      if (!isTransient(fault)) {
        this.fail(fault)
        return
      }
      this.log('warn', fault.message, fault.code)
      status.attempt += 1
      status.reason = fault
      this.tryAgainIn(retryDelayMs(status.attempt, this.options.ports.random()))
    }
  }

  private tryAgainIn(ms: number): void {
    const { clock } = this.options.ports
    this.cancelRetry?.()
    this.status.nextTryAt = clock.now() + ms
    this.status.enter('waiting')
    this.cancelRetry = clock.after(ms, () => {
      if (this.wanted) this.begin()
    })
  }

  private fail(fault: Fault): void {
    this.log('error', fault.message, fault.code)
    this.status.nextTryAt = null
    this.status.fail(fault)
  }

  /** Lets go of what runs or waits; {@link closing} is until the ports are free. */
  private end(reason: EndReason): void {
    this.cancelRetry?.()
    this.cancelRetry = null
    this.cancelExpiry?.()
    this.cancelExpiry = null
    const { carrier } = this
    if (carrier === null) return
    this.carrier = null
    const closing: Promise<void> = Promise.all([this.closing, carrier.close(reason)]).then(() => {
      if (this.closing === closing) this.closing = null
    })
    this.closing = closing
  }

  private refusal(): WarrenError | null {
    const { limits } = this.currentSpec
    const now = this.options.ports.clock.now()
    const left = timeLeft(limits, now)
    if (left !== null && left <= 0 && limits.expiresAt !== null) return expiryFault(limits.expiresAt)
    return this.isStopped() ? quotaFault(limits.quota, now) : this.wayBack()
  }

  /** Its own targets lead back to it, over other relays that run or at once. */
  private wayBack(): WarrenError | null {
    const way = this.options.wayBack(this.asBound())
    return way === null ? null : wayBackFault(way.slice(1))
  }

  /** A running one goes on with its connections; new ones are refused that way. */
  private tellWayBack(): void {
    const wayBack = this.status.isUp ? this.wayBack() : null
    if (wayBack !== null) this.status.reach(wayBack.toFault())
    else if (this.status.reason?.code === 'relay.loop') this.status.reach(null)
  }

  private readonly asBound = (): LoopRelay => {
    const { bound } = this.status
    const { currentSpec: spec } = this
    return bound === null || 'path' in bound ? spec : { ...spec, listenPort: bound.port }
  }

  /** Its quota is used up, and that ends it. */
  private isStopped(): boolean {
    return this.budget?.then === 'stop' && this.limiter.isSpent
  }

  private readonly onSpent = (): void => {
    if (this.isStopped() && this.carrier !== null) {
      this.end('quota')
      this.fail(quotaFault(this.currentSpec.limits.quota, this.options.ports.clock.now()).toFault())
    }
    this.tellSlow()
    this.options.onSpent()
  }

  private tellSlow(): void {
    const isSlow = this.budget?.then === 'slow' && this.limiter.isSpent && this.status.isUp
    const { quota } = this.currentSpec.limits
    const now = this.options.ports.clock.now()
    this.status.say('quota', isSlow && quota !== null ? slowNotice(quota, now) : null)
  }

  private watchExpiry(): void {
    this.cancelExpiry?.()
    this.cancelExpiry = null
    const { limits } = this.currentSpec
    if (this.carrier === null) return
    this.cancelExpiry = watchExpiry(limits, this.options.ports.clock, () => {
      this.cancelExpiry = null
      this.end('stopped')
      if (limits.expiresAt !== null) this.fail(expiryFault(limits.expiresAt).toFault())
    })
  }

  private createCarrier(): RelayCarrier {
    const { status } = this
    const { ports, localPorts, ledger, meter, leadsBack } = this.options
    return createRelayCarrier({
      spec: this.currentSpec,
      ...{ ledger, limiter: this.limiter, meter, ports: localPorts, clock: ports.clock },
      leadsBack: (host, port) => leadsBack(this.asBound, { host, port }),
      log: (entry) => {
        ports.log(this.currentSpec.id, entry)
      },
      began: () => {
        meter.began()
      },
      ended: this.writeDown,
      onTarget: (target, failure) => {
        status.target(target, failure === null)
      },
      onReach: (failure) => {
        status.reach(failure === null ? null : toFault(failure))
      },
      onNotice: (notice) => {
        status.say('carrier', notice)
      },
    })
  }

  /** Called thousands of times a second: no spreading. */
  private readonly writeDown = (over: Over): void => {
    const { traffic, clock } = this.options.ports
    traffic?.ended({
      ownerId: this.currentSpec.id,
      source: over.source,
      target: over.target,
      startedAt: new Date(over.since).toISOString(),
      endedAt: new Date(clock.now()).toISOString(),
      bytesUp: over.bytesUp,
      bytesDown: over.bytesDown,
      reason: over.reason,
    })
  }

  private log(level: 'info' | 'warn' | 'error', message: string, code: Fault['code'] | null = null): void {
    this.options.ports.log(this.currentSpec.id, { level, message, code })
  }
}

/** Faults that an edit of the limits ends. */
const CURED_BY_EDIT: ReadonlySet<Fault['code']> = new Set(['limit.expired', 'relay.loop'])

/** What a change of needs a restart. */
function boundBy(spec: RelaySpec): string {
  const { protocol, listenHost, listenPort, portCount, acceptProxy, sendProxy } = spec
  return JSON.stringify([protocol, listenHost, listenPort, portCount, acceptProxy, sendProxy])
}
