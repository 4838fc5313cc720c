/** What of a forward's options goes together: a range needs ports, a login needs a proxy port. */
import { listenEndpoint, targetEndpoint } from './endpoints'
import type { ForwardSpec } from './specs'

const MAX_PORT = 65_535

export type Kinds = Pick<
  ForwardSpec,
  | ('type' | 'localHost' | 'localPort' | 'remoteHost' | 'remotePort' | 'bindAddress' | 'bindPort')
  | ('portCount' | 'proxyUsername' | 'servePac')
>

/** Calls `refuse` with the field and what is wrong with it. */
export function checkKinds(spec: Kinds, refuse: (field: string, message: string) => void): void {
  const target = targetEndpoint(spec)
  if (spec.portCount > 1) {
    for (const end of [listenEndpoint(spec), target]) {
      if (end === null) continue
      if ('path' in end) refuse('portCount', 'must be 1 where an end is a Unix socket')
      else if (end.port + spec.portCount - 1 > MAX_PORT) refuse('portCount', `must not go beyond port ${MAX_PORT}`)
    }
  }
  // A login that nobody would be asked for must not look like one.
  if (target !== null && spec.proxyUsername !== null) refuse('proxyUsername', 'is for a forward without a target only')
  if (target !== null && spec.servePac) refuse('servePac', 'is for a forward without a target only')
}
