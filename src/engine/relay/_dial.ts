/** The way of one connection to a target: target after target, and of each the addresses of its name. */
import { endpointAt, type Endpoint } from '@shared/endpoints'
import type { WarrenError } from '@shared/errors'
import type { RelayTarget } from '@shared/relays'
import { resolveName } from './_resolve'
import { isLocalTrouble, loopFault, targetFault } from './_target-fault'
import type { Targets } from './_targets'
import type { Connect, ConnectWaiter, EndOwner, TcpEnd } from './_tcp-end'

/** How often who is under way is looked after: the grain of the connect time-out. */
export const TICK_MS = 100
/** RFC 8305 §5 asks for 250 ms that one address is tried alone before the next is tried beside it. */
const TICKS_ALONE = 3

/** What a dial needs of the carrier. */
export interface DialHome {
  readonly targets: Targets
  readonly connect: Connect
  /** Rounds of {@link Dial.tick} until a target counts as not answering. */
  readonly connectTicks: () => number
  readonly leadsBack: (address: string, port: number) => boolean
  /** `list` is the one that `at` was taken from. */
  readonly onTarget: (list: readonly RelayTarget[], at: number, failure: Error | null) => void
}

/** Who is looked after every {@link TICK_MS}. */
export interface Ticking {
  readonly isOver: boolean
  readonly tick: () => void
}

export interface Dialled extends EndOwner {
  /** `end` is connected, and paused. */
  readonly reached: (end: TcpEnd, target: Endpoint) => void
  /** It takes a while: called every {@link TICK_MS}. */
  readonly dialling: () => void
  /** No target answers; `isLocal` when the reason is this machine. */
  readonly unreached: (fault: WarrenError, isLocal: boolean) => void
}

export class Dial implements ConnectWaiter, Ticking {
  private readonly list: readonly RelayTarget[]
  private readonly order: readonly number[]
  private place = 0
  private at = 0
  private target: { host: string; port: number } = { host: '', port: 0 }
  private addresses: readonly string[] = []
  private nextAddress = 0
  private readonly trying: TcpEnd[] = []
  private ticks = 0
  private ticksAlone = 0
  private fault: WarrenError | null = null
  isOver = false

  constructor(
    private readonly home: DialHome,
    private readonly dialled: Dialled,
    private readonly offset: number,
  ) {
    this.list = home.targets.list
    this.order = home.targets.order()
  }

  /** May end within the call. */
  start(): void {
    const at = this.order[this.place]
    const target = at === undefined ? undefined : this.list[at]
    if (at === undefined || target === undefined) {
      this.giveUp(false)
      return
    }
    this.place += 1
    this.at = at
    this.target = endpointAt(target, this.offset) as RelayTarget
    this.ticks = 0
    this.nextAddress = 0
    if (this.home.targets.isAddress(target)) {
      this.addresses = [target.host]
      this.tryNext()
    } else this.lookUp(target.host)
  }

  /** Called every {@link TICK_MS}. */
  tick(): void {
    this.ticks += 1
    this.ticksAlone += 1
    this.dialled.dialling()
    if (this.isOver) return
    if (this.ticks > this.home.connectTicks()) this.failed('ETIMEDOUT')
    else if (this.ticksAlone > TICKS_ALONE && this.nextAddress < this.addresses.length) this.tryNext()
  }

  connected(end: TcpEnd, code: string | null): void {
    if (this.isOver) return
    const { trying } = this
    trying.splice(trying.indexOf(end), 1)
    if (code !== null) {
      end.reset()
      this.tryNext(code)
      return
    }
    this.cancel()
    this.home.targets.answered(this.list, this.at)
    this.home.onTarget(this.list, this.at, null)
    this.dialled.reached(end, this.target)
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.isOver = true
    for (const end of this.trying) end.reset()
    this.trying.length = 0
  }

  // --- internal ---

  private lookUp(name: string): void {
    this.addresses = []
    const { place } = this
    const isStale = (): boolean => this.isOver || this.place !== place
    resolveName(name).then(
      (addresses) => {
        if (isStale()) return
        this.addresses = addresses
        this.tryNext('ENOTFOUND')
      },
      (error: NodeJS.ErrnoException) => {
        if (!isStale()) this.failed(error.code ?? 'ENOTFOUND')
      },
    )
  }

  /** `code`: why the try before this one failed. */
  private tryNext(code = 'EHOSTUNREACH'): void {
    this.ticksAlone = 0
    if (isLocalTrouble(code)) {
      this.fault = targetFault(this.target, code)
      this.giveUp(true)
      return
    }
    const address = this.addresses[this.nextAddress]
    if (address === undefined) {
      if (this.trying.length === 0) this.failed(code)
      return
    }
    this.nextAddress += 1
    const { port } = this.target
    if (this.home.leadsBack(address, port)) {
      this.failed('ELOOP')
      return
    }
    this.trying.push(this.home.connect({ address, port }, this.dialled, this))
  }

  /** This target does not answer. */
  private failed(code: string): void {
    const fault = code === 'ELOOP' ? loopFault(this.target) : targetFault(this.target, code)
    this.fault = fault
    for (const end of this.trying) end.reset()
    this.trying.length = 0
    this.home.targets.failed(this.list, this.at)
    this.home.onTarget(this.list, this.at, fault)
    this.start()
  }

  private giveUp(isLocal: boolean): void {
    this.cancel()
    this.dialled.unreached(this.fault ?? targetFault(this.target, 'EHOSTUNREACH'), isLocal)
  }
}
