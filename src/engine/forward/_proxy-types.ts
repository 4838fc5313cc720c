import type { Duplex } from 'node:stream'
import type { TrafficCounter } from '../ssh/types'
import type { ConnectionLimits } from '../traffic'
import type { ProxyLogin } from './_login'

export interface ProxyTarget {
  readonly host: string
  readonly port: number
}

/** How a proxy port reaches what its clients ask for. */
export interface ProxyWay {
  /** A stream to the target. Rejects with `target.*`, `forward.refused` or what ended the session. */
  readonly open: (target: ProxyTarget) => Promise<Duplex>
  /**
   * Joins the client with the target; `onOpen` comes before the first byte. Resolves when it is over; rejects, leaving the client
   * to the caller, only when the target cannot be reached.
   */
  readonly tunnel: (
    target: ProxyTarget,
    options: { readonly head: Buffer | undefined; readonly onOpen: () => void },
  ) => Promise<unknown>
}

export interface ProxyClientOptions {
  readonly way: ProxyWay
  /** What clients must give; `null` lets everybody in. */
  readonly login: ProxyLogin | null
  readonly servePac: boolean
  /** `host:port` of the port itself, for the PAC file when the client does not say. */
  readonly at: string
  /** Its `target` follows what the client asks for. */
  readonly counter: TrafficCounter & { target: ProxyTarget | object | null }
  /** Hold for what passes between client and target, other than by a tunnel. */
  readonly limits: ConnectionLimits
  /** The client said something that is not a request: why it is turned away. */
  readonly onInvalid: (message: string) => void
  readonly onReached: () => void
  readonly onFailure: (error: Error) => void
}
