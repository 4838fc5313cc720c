/** What the daemon's other parts may ask of the cloud. */
import type { ForwardCloud } from '@shared/cloud-views'
import type { RpcMethod, RpcParsed, RpcResults } from '@shared/rpc'

type CloudMethod = Extract<RpcMethod, `cloud.${string}`>
type NameOf<M extends CloudMethod> = M extends `cloud.${infer Name}` ? Name : never

/** One function for each request `cloud.*`; all but `status`, `login`, `register` and `conflicts` throw `cloud.signed-out` without an account. */
export type CloudRequests = {
  readonly [M in CloudMethod as NameOf<M>]: (params: RpcParsed<M>) => Promise<RpcResults[M]> | RpcResults[M]
}

export interface Cloud extends CloudRequests {
  /** How a forward stands to the cloud; `null` when it is kept on this machine only, or nobody is signed in. */
  readonly viewOf: (forwardId: string) => ForwardCloud | null
  /** Clients can reach the daemon: sync begins. */
  readonly begin: () => Promise<void>
  readonly networkChanged: () => void
  readonly close: () => Promise<void>
}
