/** What is true about one relay now; who looks gets it as a snapshot. */
import { isExposed, type Endpoint } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import type { LimitDrops, RelaySnapshot, RelayState } from '@shared/relay-snapshots'
import type { RelaySpec, RelayTarget } from '@shared/relays'
import type { Totals } from '../traffic'

const SETTLED: ReadonlySet<RelayState> = new Set(['running', 'degraded', 'failed', 'stopped'])

export class RelayStatus {
  state: RelayState = 'stopped'
  attempt = 0
  nextTryAt: number | null = null
  reason: Fault | null = null
  bound: Endpoint | null = null
  private since: number
  private notices = new Map<string, string>()
  private targets: readonly RelayTarget[] = []
  private reachable: (boolean | null)[] = []

  constructor(
    private readonly now: () => number,
    readonly changed: () => void,
  ) {
    this.since = now()
  }

  get isSettled(): boolean {
    return SETTLED.has(this.state)
  }

  get isUp(): boolean {
    return this.state === 'running' || this.state === 'degraded'
  }

  enter(state: RelayState): void {
    if (state !== this.state) this.since = this.now()
    this.state = state
    this.changed()
  }

  run(bound: Endpoint): void {
    this.bound = bound
    this.attempt = 0
    this.reason = null
    this.enter('running')
  }

  stop(): void {
    this.attempt = 0
    this.reason = null
    this.bound = null
    this.notices.clear()
    this.reachable.fill(null)
    this.enter('stopped')
  }

  fail(reason: Fault): void {
    this.bound = null
    this.reason = reason
    this.notices.clear()
    this.enter('failed')
  }

  /** What is known of a target that stays is kept. */
  setTargets(targets: readonly RelayTarget[]): void {
    const known = new Map(this.targets.map((target, at) => [keyOf(target), this.reachable[at] ?? null]))
    this.reachable = targets.map((target) => known.get(keyOf(target)) ?? null)
    this.targets = targets
  }

  /** Told at every connection. */
  target(at: number, answered: boolean): void {
    if (this.reachable[at] === answered || at >= this.reachable.length) return
    this.reachable[at] = answered
    this.changed()
  }

  /** The last connection found a target (`null`) or none. Told at every connection. */
  reach(fault: Fault | null): void {
    if (!this.isUp || (fault === null && this.state === 'running')) return
    const isNews = fault?.code !== this.reason?.code || fault?.message !== this.reason?.message
    this.reason = fault
    if (isNews) this.enter(fault === null ? 'running' : 'degraded')
  }

  /** Something of that kind is otherwise than asked, or (`null`) is not any more. */
  say(kind: string, notice: string | null): void {
    if ((this.notices.get(kind) ?? null) === notice) return
    if (notice === null) this.notices.delete(kind)
    else this.notices.set(kind, notice)
    this.changed()
  }

  snapshot(of: {
    readonly spec: RelaySpec
    readonly wanted: boolean
    readonly totals: Totals
    readonly drops: LimitDrops
  }): RelaySnapshot {
    const { spec, wanted, totals, drops } = of
    const listen = this.bound ?? { host: spec.listenHost, port: spec.listenPort }
    const [first] = spec.targets
    if (first === undefined) throw new TypeError('A relay has a target.')
    return {
      id: spec.id,
      name: spec.name,
      type: spec.protocol,
      tags: spec.tags,
      wanted,
      state: this.state,
      since: new Date(this.since).toISOString(),
      listen,
      target: first,
      portCount: spec.portCount,
      targets: spec.targets.map((target, at) => ({ target, reachable: this.reachable[at] ?? null })),
      attempt: this.attempt,
      nextTryAt: this.nextTryAt === null ? null : new Date(this.nextTryAt).toISOString(),
      reason: this.reason,
      ...totals,
      drops: { ...drops },
      exposed: isExposed(listen),
      notice: this.notices.size === 0 ? null : [...this.notices.values()].join('; '),
    }
  }
}

// --- internal ---

function keyOf({ host, port }: RelayTarget): string {
  return `${host} ${port}`
}
