/** Prometheus metrics of forwards and relays at `/metrics`. See docs/metrics.md. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { Services } from '../services'
import { createMetricsRegistry } from './_metrics-registry'
import type { ApiContext, ControlApi } from './types'

const PATH = '/metrics'
/** A caller that is refused again and again is written down once in so long. */
const REFUSED_AGAIN_MS = 60_000
const MAX_REFUSED = 1000

export type MetricsSource = Pick<
  Services,
  'catalog' | 'engine' | 'watch' | 'relays' | 'books' | 'now' | 'startedAt' | 'warnings'
>

export function createMetrics(source: MetricsSource, context: ApiContext): ControlApi {
  const registry = createMetricsRegistry(source)
  const refusals = createRefusals(source.now)
  let underWay: Promise<string> | null = null
  /** Several scrapes at once are one. */
  const collect = (): Promise<string> => {
    underWay ??= registry.metrics().finally(() => {
      underWay = null
    })
    return underWay
  }
  return {
    name: 'metrics',
    close: () => undefined,
    handle: async (request, response) => {
      const refusal = refusalOf(request, context.key())
      if (refusal !== null) {
        const caller = request.socket.remoteAddress ?? ''
        if (refusal.status !== 404 && refusals.isNews(caller)) {
          context.audit({ caller, action: 'scrape', subject: '', result: `${refusal.status} ${refusal.text}` })
        }
        answer(response, refusal)
        return
      }
      const text = await collect()
      answer(response, { status: 200, text, headers: { 'content-type': registry.contentType } })
    },
  }
}

// --- internal ---

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

function answer(response: ServerResponse, { status, text, headers = {} }: Answer): void {
  const body = text.endsWith('\n') ? text : `${text}\n`
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}

function refusalOf(request: IncomingMessage, key: string | null): Answer | null {
  const [path] = (request.url ?? '').split('?')
  if (path !== PATH) return { status: 404, text: `Metrics are at ${PATH}.` }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, text: 'Metrics are read with GET.', headers: { allow: 'GET, HEAD' } }
  }
  if (key !== null) {
    const [, token] = /^bearer +(.*)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token !== undefined && isSame(token, key)) return null
    return { status: 401, text: 'A bearer token is needed.', headers: { 'www-authenticate': 'Bearer' } }
  }
  if (isRebound(request)) return { status: 403, text: 'Ask by address, or set a bearer token.' }
  return null
}

/**
 * A web page can have its own name resolve to 127.0.0.1 and so read what only this machine should (DNS rebinding); its browser says that
 * name. Programs on this machine ask for `localhost` or an address, and whoever has the token may ask as they like.
 */
function isRebound(request: IncomingMessage): boolean {
  if (!isLoopback(request.socket.localAddress ?? '')) return false
  const host = (request.headers.host ?? '').toLowerCase().replace(/:\d*$/, '')
  return host !== '' && host !== 'localhost' && isIP(host.replace(/^\[(.*)\]$/, '$1')) === 0
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

/** In a time that says nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

function createRefusals(now: () => number): { readonly isNews: (caller: string) => boolean } {
  const last = new Map<string, number>()
  return {
    isNews: (caller) => {
      const at = last.get(caller)
      if (at !== undefined && now() - at < REFUSED_AGAIN_MS) return false
      if (last.size >= MAX_REFUSED) last.clear()
      last.set(caller, now())
      return true
    },
  }
}
