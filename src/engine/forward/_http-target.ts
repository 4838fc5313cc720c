/** What an HTTP request wants of a proxy: the three forms of a request target (RFC 9112 §3.2). */
import { HttpRefusal, type RequestHead } from './_http-head'

export interface TargetAddress {
  readonly host: string
  readonly port: number
}

export type Wish =
  | { readonly kind: 'tunnel'; readonly target: TargetAddress }
  /** `path`: the target as the origin server wants it; `authority`: for its Host field. */
  | { readonly kind: 'request'; readonly target: TargetAddress; readonly authority: string; readonly path: string }
  /** Meant for the proxy itself. */
  | { readonly kind: 'own'; readonly path: string }

/** Throws {@link HttpRefusal}. */
export function wishOf({ method, target }: Pick<RequestHead, 'method' | 'target'>): Wish {
  if (method === 'CONNECT') return { kind: 'tunnel', target: parseAuthority(target, null) }
  if (target.startsWith('/') || target === '*') return { kind: 'own', path: target }
  const [, scheme = '', authority = '', rest = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([/?][^#]*)?$/i.exec(target) ?? []
  if (scheme === '') throw new HttpRefusal(400, 'The address is not valid.')
  if (scheme.toLowerCase() !== 'http') {
    throw new HttpRefusal(400, `A proxy opens ${scheme}: addresses by CONNECT, not by ${method}.`)
  }
  const path = rest === '' ? (method === 'OPTIONS' ? '*' : '/') : rest.startsWith('?') ? `/${rest}` : rest
  return { kind: 'request', target: parseAuthority(authority, HTTP_PORT), authority, path }
}

/** `host:port` or `[v6]:port`; `usual` is the port when none is written, `null` when one must be. */
export function parseAuthority(text: string, usual: number | null): TargetAddress {
  const [, inBrackets, plain, digits] =
    /^(?:\[([0-9a-f:.]+(?:%[\w.~-]+)?)\]|([^\s:@[\]/?#\\]+))(?::(\d{0,5}))?$/i.exec(text) ?? []
  const host = inBrackets ?? plain
  const port = digits === undefined || digits === '' ? usual : Number(digits)
  if (host === undefined || host.length > MAX_HOST || port === null || port < 1 || port > MAX_PORT) {
    throw new HttpRefusal(400, 'The address has no valid host and port.')
  }
  return { host, port }
}

// --- internal ---

const HTTP_PORT = 80
const MAX_HOST = 255
const MAX_PORT = 65_535
