import type { Endpoint } from '@shared/endpoints'
import type { LogEntry } from '@shared/snapshots'
import type { ForwardSpec } from '@shared/specs'
import type { SshSession } from '../ssh/types'
import type { Ledger, Limiter } from '../traffic'
import type { LocalPorts } from '../types'
import type { ProxyLogin } from './_login'

/** What a carrier needs besides its spec. */
export interface CarrierOptions {
  readonly spec: ForwardSpec
  readonly ledger: Ledger
  readonly limiter: Limiter
  readonly ports: LocalPorts
  readonly log: (entry: Pick<LogEntry, 'level' | 'message' | 'code'>) => void
  /** Permission bits taken from a Unix socket here (ssh_config StreamLocalBindMask), where the config names them. */
  readonly socketMask: () => number | undefined
  /** What the clients of a proxy port must give; `null` lets everybody in. Rejects when nobody says. */
  readonly login: () => Promise<ProxyLogin | null>
  /** What is otherwise than asked though it runs; `null` when nothing is any more. */
  readonly onNotice: (notice: Notice | null) => void
  /** A target was reached (`null`), or could not be: what makes a forward `degraded`. */
  readonly onTarget: (failure: Error | null) => void
}

export interface Notice {
  /** A sentence without a full stop. */
  readonly message: string
  /** Whether other machines reach the listener, where it is not as its address says. */
  readonly exposed: boolean | null
}

/** Carries the connections of one forward, over one session after another. */
export interface Carrier {
  /** Begins to carry over `session`; resolves with the bound end. A listener that is open already stays. */
  readonly bind: (session: SshSession) => Promise<Endpoint>
  /** The session is gone: its connections end. A local listener keeps its port and turns clients away until the next bind. */
  readonly unbind: () => void
  /** Ends everything; the port is free when it resolves. May be called twice. */
  readonly close: () => Promise<void>
}
