/** Which targets of the engine's relays lead back to them: asked at each connection, so the answers are kept for a while. */
import type { RelayTarget } from '@shared/relays'
import { findLoop, ownAddresses, type LoopRelay, type OwnAddresses } from './_loop'
import { knownAddresses } from './_resolve'

/** Addresses of this machine and of names may be others by then. */
const KEPT_MS = 5000
/** More answers than that are not kept. */
const MAX_KEPT = 10_000

export class Loops {
  private readonly answers = new Map<string, boolean>()
  /** Whether a relay listens at a port. */
  private readonly ports = new Map<number, boolean>()
  private own: OwnAddresses | null = null
  private keptUntil = 0

  constructor(
    /** Those that listen now, with the ports that they are bound to. */
    private readonly listening: () => readonly LoopRelay[],
    private readonly now: () => number,
  ) {}

  /** What listens, or where it leads, is otherwise. */
  changed(): void {
    this.answers.clear()
    this.ports.clear()
    this.own = null
  }

  /** The way of a relay back to itself, as {@link findLoop} tells it. */
  of(relay: LoopRelay): readonly string[] | null {
    return this.find(relay, relay.targets)
  }

  /** Whether a target of this relay, as an address, leads back to it. Cheap where no relay listens at that port. */
  leadsBack(ends: () => LoopRelay, target: RelayTarget): boolean {
    if (!this.isListenedAt(target.port)) return false
    const relay = ends()
    const key = `${relay.id} ${target.host} ${target.port}`
    const now = this.now()
    if (now >= this.keptUntil || this.answers.size >= MAX_KEPT) {
      this.changed()
      this.keptUntil = now + KEPT_MS
    }
    const known = this.answers.get(key)
    if (known !== undefined) return known
    const found = this.find(relay, [target]) !== null
    this.answers.set(key, found)
    return found
  }

  // --- internal ---

  private find(relay: LoopRelay, targets: readonly RelayTarget[]): readonly string[] | null {
    this.own ??= ownAddresses()
    return findLoop(
      { ...relay, targets: [...targets] },
      { relays: this.listening(), own: this.own, addressesOf: knownAddresses },
    )
  }

  private isListenedAt(port: number): boolean {
    const known = this.ports.get(port)
    if (known !== undefined) return known
    const found = this.listening().some(
      ({ listenPort, portCount }) => port >= listenPort && port < listenPort + portCount,
    )
    this.ports.set(port, found)
    return found
  }
}
