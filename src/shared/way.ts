/** Through what a server is reached, for people. */
import { proxyLabel } from './proxy-url'
import type { ServerSpec } from './specs'

type Hop = Pick<ServerSpec, 'name' | 'proxy' | 'proxyCommand'>

/**
 * Names in the order in which bytes pass: the proxy or command that the first one is dialled through, the hops, the server.
 *
 * Later ones are dialled through the one before, whatever proxy they have of their own.
 */
export function wayNames({ hops, server }: { readonly hops: readonly Hop[]; readonly server: Hop }): readonly string[] {
  const [first = server] = hops
  const names = [...hops, server].map(({ name }) => name)
  if (first.proxyCommand !== null) return ['proxy command', ...names]
  return first.proxy === null ? names : [proxyLabel(first.proxy), ...names]
}
