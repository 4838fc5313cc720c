/** Where a forward listens and where its connections go: the table of design §4 as functions. */
import type { ForwardSpec } from './specs'

/** A TCP end, or the path of a Unix socket. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string }

const LOOPBACK = '127.0.0.1'
/** What `ssh -D` users expect, and the default of the cloud document's app. */
export const DEFAULT_SOCKS_PORT = 1080

type Ends = Pick<
  ForwardSpec,
  'type' | 'localHost' | 'localPort' | 'remoteHost' | 'remotePort' | 'bindAddress' | 'bindPort'
>

/** The listening end: on this machine for local and dynamic, on the server for remote. Port 0 means any free port. */
export function listenEndpoint(spec: Ends): Endpoint {
  switch (spec.type) {
    case 'local':
      return endpoint(spec.bindAddress ?? spec.localHost ?? LOOPBACK, spec.bindPort ?? spec.localPort ?? 0)
    case 'remote':
      return endpoint(spec.bindAddress ?? spec.remoteHost ?? 'localhost', spec.remotePort ?? 0)
    case 'dynamic':
      return endpoint(spec.bindAddress ?? LOOPBACK, spec.bindPort ?? DEFAULT_SOCKS_PORT)
  }
}

/** Where each connection goes; `null` when the client says it itself (dynamic, and remote without a local target). */
export function targetEndpoint(spec: Ends): Endpoint | null {
  switch (spec.type) {
    case 'local':
      return endpoint(spec.remoteHost ?? 'localhost', spec.remotePort ?? 0)
    case 'remote': {
      if (spec.localHost === null && spec.localPort === null) return null
      const host = spec.localHost ?? LOOPBACK
      return endpoint(host === '0.0.0.0' || host === '::' ? LOOPBACK : host, spec.localPort ?? 0)
    }
    case 'dynamic':
      return null
  }
}

/** `127.0.0.1:5432`, `[::1]:5432`, `/run/docker.sock`; `*` for every address. With a `count` of ports: `127.0.0.1:8000–8009`. */
export function formatEndpoint(end: Endpoint, count = 1): string {
  if ('path' in end) return end.path
  const host = end.host.includes(':') ? `[${end.host}]` : end.host
  // A range whose first port is not chosen yet has no last one either.
  const last = count > 1 && end.port !== 0 ? `–${end.port + count - 1}` : ''
  return `${host}:${end.port}${last}`
}

/** The end `offset` ports further: of a range, where its nth port is. Port 0, "any", and paths stay. */
export function endpointAt(end: Endpoint, offset: number): Endpoint {
  return offset === 0 || 'path' in end || end.port === 0 ? end : { host: end.host, port: end.port + offset }
}

/** Whether the listener can be reached from other machines. A Unix socket cannot. */
export function isExposed(end: Endpoint): boolean {
  if ('path' in end) return false
  const host = end.host.toLowerCase()
  return !(host === 'localhost' || host === '::1' || /^127\./.test(host))
}

function endpoint(host: string, port: number): Endpoint {
  return host.startsWith('/') ? { path: host } : { host, port }
}
