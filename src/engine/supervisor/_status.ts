/** What is true about one forward now; who looks gets it as a snapshot. */
import { isExposed, listenEndpoint, targetEndpoint, type Endpoint } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import type { LimitDrops } from '@shared/limits'
import type { ForwardSnapshot, ForwardState } from '@shared/snapshots'
import type { ForwardSpec } from '@shared/specs'
import { wayNames } from '@shared/way'
import type { Notice } from '../forward'
import type { ServerRoute } from '../ssh/types'
import type { Totals } from '../traffic'

/** A session is up, whether or not its targets answer. */
const UP: ReadonlySet<ForwardState> = new Set(['running', 'degraded'])
const STARTING: ReadonlySet<ForwardState> = new Set([
  'resolving',
  'connecting',
  'verifying',
  'authenticating',
  'needs-you',
])
const SETTLED: ReadonlySet<ForwardState> = new Set(['running', 'degraded', 'failed', 'stopped'])

export class Status {
  state: ForwardState = 'stopped'
  attempt = 0
  nextTryAt: number | null = null
  reason: Fault | null = null
  bound: Endpoint | null = null
  /** Questions that are open, the latest last: two ways may lead through one server, and each may ask. */
  private needIds: string[] = []
  private beforeNeeds: ForwardState = 'stopped'
  private notice: Notice | null = null
  /** It goes slower than asked, because its quota is used up: a sentence without a full stop. */
  private slow: string | null = null
  asleep = false
  health: ForwardSnapshot['health'] = null
  private since: number
  private targetFault: Fault | null = null
  private healthFault: Fault | null = null

  constructor(
    private readonly now: () => number,
    readonly changed: () => void,
  ) {
    this.since = now()
  }

  /** On the way to a session, an open question included. */
  get isStarting(): boolean {
    return STARTING.has(this.state)
  }

  get isSettled(): boolean {
    return SETTLED.has(this.state)
  }

  enter(state: ForwardState): void {
    if (state !== this.state) this.since = this.now()
    if (state === 'stopped' || state === 'failed') this.notice = null
    this.state = state
    this.changed()
  }

  /** Something is otherwise than asked, or (`null`) nothing is. */
  say(notice: Notice | null): void {
    if (this.notice === notice) return
    this.notice = notice
    this.changed()
  }

  /** Its quota is used up and it goes on slowly, or (`null`) it does not. */
  saySlow(notice: string | null): void {
    if (this.slow === notice) return
    this.slow = notice
    this.changed()
  }

  /** A new life: questions of the one before are not its own. */
  begin(): void {
    this.attempt = 0
    this.needIds = []
  }

  /** It carries bytes: what was wrong before is over. */
  run(): void {
    this.attempt = 0
    this.targetFault = null
    this.healthFault = null
    this.reason = null
    this.enter('running')
  }

  /** It listens and sleeps; `trouble` is why the last client was turned away. */
  sleep(trouble: Fault | null): void {
    this.asleep = true
    this.targetFault = trouble
    this.healthFault = null
    this.reason = trouble
    this.enter(trouble === null ? 'running' : 'degraded')
  }

  /** It does not begin, and only a person or time can help. */
  refuse(reason: Fault): void {
    this.reason = reason
    this.forgetSession()
    this.enter('failed')
  }

  stop(): void {
    this.attempt = 0
    this.reason = null
    this.needIds = []
    this.forgetSession()
    this.enter('stopped')
  }

  /** What was true only of the session that is gone. */
  forgetSession(): void {
    this.asleep = false
    this.health = null
  }

  /** A target was reached (`null`) or could not be. Called for every connection. */
  target(fault: Fault | null): void {
    if ((fault === null && this.targetFault === null) || !UP.has(this.state)) return
    this.targetFault = fault
    this.settle()
  }

  /** The health check said something; a healthy forward reaches its target too. */
  checked(health: NonNullable<ForwardSnapshot['health']>, fault: Fault | null): void {
    if (!UP.has(this.state)) return
    this.health = health
    this.healthFault = fault
    if (health.healthy) this.targetFault = null
    this.settle()
  }

  /** Nobody asks about its health any more. */
  unchecked(): void {
    this.health = null
    this.healthFault = null
    if (UP.has(this.state)) this.settle()
  }

  /** A question is open; returns the way back when it is settled. */
  needs(needId: string): () => void {
    if (this.state !== 'needs-you') this.beforeNeeds = this.state
    this.needIds.push(needId)
    this.enter('needs-you')
    return () => {
      if (!this.needIds.includes(needId)) return
      this.needIds = this.needIds.filter((each) => each !== needId)
      if (this.state === 'needs-you') this.enter(this.needIds.length > 0 ? 'needs-you' : this.beforeNeeds)
      else this.changed()
    }
  }

  snapshot(of: {
    readonly spec: ForwardSpec
    readonly wanted: boolean
    readonly route: ServerRoute | null
    readonly totals: Totals
    readonly drops: LimitDrops
  }): ForwardSnapshot {
    const { spec, wanted, route, totals, drops } = of
    const listen = this.bound ?? listenEndpoint(spec)
    return {
      id: spec.id,
      name: spec.name,
      type: spec.type,
      server: route?.server.name ?? '',
      tags: spec.tags,
      wanted,
      state: this.state,
      since: new Date(this.since).toISOString(),
      listen,
      portCount: spec.portCount,
      target: targetEndpoint(spec),
      attempt: this.attempt,
      nextTryAt: this.nextTryAt === null ? null : new Date(this.nextTryAt).toISOString(),
      reason: this.reason,
      ...totals,
      drops: { ...drops },
      via: route === null ? [] : wayNames(route),
      exposed: this.notice?.exposed ?? isExposed(listen),
      needId: this.needIds.at(-1) ?? null,
      notice: this.notice?.message ?? this.slow,
      health: this.health,
      asleep: this.asleep,
      // Whose time is limited is known to whoever started it.
      stopsAt: null,
    }
  }

  // --- internal ---

  private settle(): void {
    this.reason = this.targetFault ?? this.healthFault
    this.enter(this.reason === null ? 'running' : 'degraded')
  }
}
