/** Passwords of proxies: written in an address by whoever pastes one, but secrets, and so neither saved nor shown. */
import { parseProxy, proxyIssue, proxyLogin, splitProxyPassword } from '@shared/proxy-url'
import type { ServerSpec } from '@shared/specs'
import type { Secrets } from './secrets'
import type { Store } from './store/index'

/** The server without the password in its proxy's address, which is kept in memory: later daemons ask for it. */
export function withoutProxyPassword(spec: ServerSpec, secrets: Secrets): ServerSpec {
  if (spec.proxy === null) return spec
  // What cannot be read has no password to keep, and whatever login it holds is of no use.
  if (proxyIssue(spec.proxy) !== null) return withProxy(spec, spec.proxy.replace(/\/\/.*@/, '//'))
  const { proxy, password } = splitProxyPassword(spec.proxy)
  if (password === null) return spec
  secrets.accepted(spec.id, 'proxy', { subject: proxyLogin(parseProxy(proxy)), value: password })
  return { ...spec, proxy }
}

function withProxy(spec: ServerSpec, proxy: string): ServerSpec {
  return proxy === spec.proxy ? spec : { ...spec, proxy }
}

/** Takes the passwords out of a store that an earlier Warren wrote them into. */
export async function moveProxyPasswords(
  servers: readonly ServerSpec[],
  { store, secrets }: { readonly store: Pick<Store, 'saveServer'>; readonly secrets: Secrets },
): Promise<readonly ServerSpec[]> {
  const clean: ServerSpec[] = []
  for (const spec of servers) {
    const next = withoutProxyPassword(spec, secrets)
    if (next !== spec) await store.saveServer(next)
    clean.push(next)
  }
  return clean
}
