/** What each control API is called and for, and how a call of it looks. Pure. */
import type { ApiName, ApiView } from '@shared/apis'
import { formatEndpoint } from '@shared/endpoints'

export interface ApiWords {
  readonly title: string
  readonly meaning: string
  /** What callers must know. */
  readonly key: string
  readonly keyHint: string
}

export const apiWords: Readonly<Record<ApiName, ApiWords>> = {
  'x-port-forward': {
    title: 'X Port Forward',
    meaning: 'Hosting panels make, limit and count relays over HTTP',
    key: 'Auth key',
    keyHint: 'Callers sign with it: the sign is md5(KEY|PortForward) in small hex letters.',
  },
  metrics: {
    title: 'Metrics',
    meaning: 'Prometheus reads states, connections and bytes at /metrics',
    key: 'Bearer token',
    keyHint: 'Empty: whoever reaches the port may read. With one, callers send it in the Authorization header.',
  },
}

const WILDCARDS: Readonly<Record<string, string>> = { '*': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' }

/** Where callers on this machine reach it: `http://127.0.0.1:2333`. */
export function apiAddress({ listen, tls }: Pick<ApiView, 'listen' | 'tls'>): string {
  const host = WILDCARDS[listen.host] ?? listen.host
  return `${tls === null ? 'http' : 'https'}://${formatEndpoint({ host, port: listen.port })}`
}

/** A call to copy into a shell. The key is a placeholder: Warren never shows the one that is set. */
export function exampleCall(api: Pick<ApiView, 'name' | 'listen' | 'tls' | 'hasKey'>): string {
  const address = apiAddress(api)
  switch (api.name) {
    case 'x-port-forward':
      return [
        `KEY='your auth key'`,
        `SIGN=$(printf '%s|PortForward' "$KEY" | md5sum | cut -c 1-32)`,
        `curl "${address}/?sign=$SIGN&action=server_info"`,
      ].join('\n')
    case 'metrics':
      return api.hasKey ? `curl -H 'Authorization: Bearer your-token' ${address}/metrics` : `curl ${address}/metrics`
  }
}
