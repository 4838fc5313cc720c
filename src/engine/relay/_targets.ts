/** Which target is tried first, and which are left alone for a moment because they did not answer. */
import { isIP } from 'node:net'
import type { RelaySpec, RelayTarget } from '@shared/relays'
import type { Clock } from '../types'

/** A target that did not answer is tried after all others for so long. */
export const AVOID_MS = 10_000

export class Targets {
  private targets: readonly RelayTarget[] = []
  /** Each possible order, one for each turn of a round robin. */
  private orders: readonly (readonly number[])[] = []
  private readonly addresses = new WeakSet<RelayTarget>()
  private turn = 0
  private balance: RelaySpec['balance'] = 'failover'
  /** The ways to forget that they failed. */
  private readonly avoided = new Map<number, () => void>()

  constructor(
    private readonly clock: Clock,
    spec: RelaySpec,
  ) {
    this.replace(spec)
  }

  get list(): readonly RelayTarget[] {
    return this.targets
  }

  /** Whether that target is written as an address. */
  isAddress(target: RelayTarget): boolean {
    return this.addresses.has(target)
  }

  replace({ targets, balance }: Pick<RelaySpec, 'targets' | 'balance'>): void {
    const isSame = JSON.stringify(targets) === JSON.stringify(this.targets)
    this.targets = targets
    this.balance = balance
    for (const target of targets) if (isAddress(target.host)) this.addresses.add(target)
    if (!isSame) this.forget()
    this.arrange()
  }

  /** Places in {@link list}, in the order in which a connection tries them. */
  order(): readonly number[] {
    const { orders } = this
    if (orders.length > 1) this.turn = (this.turn + 1) % orders.length
    return orders[this.turn % orders.length] ?? []
  }

  /** `list` is the one that `at` was taken from. */
  failed(list: readonly RelayTarget[], at: number): void {
    if (list !== this.targets || list.length < 2) return
    const wasAvoided = this.avoided.get(at)
    wasAvoided?.()
    this.avoided.set(
      at,
      this.clock.after(AVOID_MS, () => {
        this.avoided.delete(at)
        this.arrange()
      }),
    )
    if (wasAvoided === undefined) this.arrange()
  }

  answered(list: readonly RelayTarget[], at: number): void {
    if (this.avoided.size === 0 || list !== this.targets) return
    this.avoided.get(at)?.()
    if (this.avoided.delete(at)) this.arrange()
  }

  /** Forgets what failed, and its timers. */
  forget(): void {
    for (const cancel of this.avoided.values()) cancel()
    this.avoided.clear()
  }

  private arrange(): void {
    const places = this.targets.map((_, at) => at)
    const good = places.filter((at) => !this.avoided.has(at))
    const bad = places.filter((at) => this.avoided.has(at))
    const turns = this.balance === 'round-robin' ? Math.max(1, good.length) : 1
    this.orders = Array.from({ length: turns }, (_, turn) => [...good.slice(turn), ...good.slice(0, turn), ...bad])
  }
}

export function isAddress(host: string): boolean {
  return isIP(host) !== 0
}
