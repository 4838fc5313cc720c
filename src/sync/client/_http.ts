/** HTTP on axios: bounded in time and size, without redirects, JSON or a fault. */
import type { Readable } from 'node:stream'
import axios, { type AxiosResponse } from 'axios'
import { extensions as known, EXTENSIONS_HEADER, type Extension } from '@shared/cloud'
import { badAnswer, CloudError, faultOfAnswer, faultOfTransport, timedOut } from './_faults'
import type { Extensions } from '../types'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** After the server's address, with its slash. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | null | undefined>>
  readonly body?: unknown
  readonly ifMatch?: string | null
  readonly signal?: AbortSignal | undefined
  /** For many rows at once. */
  readonly isLarge?: boolean
}

export interface Answer {
  readonly status: number
  /** Parsed JSON. */
  readonly body: unknown
  readonly header: (name: string) => string | null
}

export interface Http {
  /** `token: null` asks without one. Throws for every answer that is no 2xx. */
  readonly send: (request: Request, token: string | null) => Promise<Answer>
  /** The body as it comes, of an answer 200. The caller destroys it. */
  readonly open: (request: Request, token: string) => Promise<{ readonly body: Readable; readonly type: string }>
  /** Of the last success. */
  readonly extensions: () => Extensions
  readonly host: string
  /** Of the server, without a slash at its end. */
  readonly url: string
}

export interface HttpOptions {
  readonly url: string
  readonly insecure: boolean
  readonly timeoutMs: number
}

/** 10,000 forwards with sealed keys are some tens. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const LARGE_FACTOR = 4

export function createHttp({ url, insecure, timeoutMs }: HttpOptions): Http {
  const { host, protocol, hostname } = new URL(url)
  const isHere = isLoopback(hostname)
  const base = url.replace(/\/+$/, '')
  let extensions: Extensions = new Set()

  const ask = async (request: Request, token: string | null, how: 'text' | 'stream'): Promise<AxiosResponse> => {
    if (protocol === 'http:' && !isHere && !insecure) throw insecureFault(host)
    const limitMs = timeoutMs * (request.isLarge === true ? LARGE_FACTOR : 1)
    const deadline = deadlineOf(limitMs, request.signal)
    try {
      return await axios.request({
        ...{ method: request.method, url: `${base}${request.path}`, signal: deadline.signal, adapter: 'http' },
        ...(request.query === undefined ? {} : { params: request.query }),
        ...(request.body === undefined ? {} : { data: JSON.stringify(request.body) }),
        headers: headersOf(request, token, how),
        responseType: how,
        // Not parsed by axios, which hands on what it cannot parse.
        transformResponse: [(data: unknown) => data],
        transformRequest: [(data: unknown) => data],
        validateStatus: () => true,
        maxRedirects: 0,
        maxBodyLength: MAX_ANSWER_BYTES,
        maxContentLength: how === 'stream' ? -1 : MAX_ANSWER_BYTES,
        ...(isHere ? { proxy: false as const } : {}),
      })
    } catch (error) {
      if (deadline.isOver()) throw timedOut(host, limitMs)
      throw faultOfTransport(error, host)
    } finally {
      deadline.clear()
    }
  }

  const read = (response: AxiosResponse): Answer => {
    const header = headerOf(response)
    const body = parsed(response.data)
    if (response.status < 200 || response.status >= 300) {
      throw faultOfAnswer({ status: response.status, body: body ?? null, header }, host)
    }
    if (body === undefined)
      throw badAnswer(`${host} answered ${header('content-type') ?? 'something'} in place of JSON.`)
    extensions = readExtensions(header(EXTENSIONS_HEADER))
    return { status: response.status, body, header }
  }

  return {
    host,
    url: base,
    extensions: () => extensions,
    send: async (request, token) => {
      try {
        return read(await ask(request, token, 'text'))
      } catch (error) {
        // A kept connection that the server closed at that moment: the request did not reach it, or may be asked twice.
        if (!isBroken(error) || request.method !== 'GET' || request.signal?.aborted === true) throw error
        return read(await ask(request, token, 'text'))
      }
    },
    open: async (request, token) => {
      const response = await ask(request, token, 'stream')
      const body = response.data as Readable
      if (response.status !== 200) {
        const text = await startOf(body)
        throw faultOfAnswer({ status: response.status, body: parsed(text) ?? null, header: headerOf(response) }, host)
      }
      return { body, type: headerOf(response)('content-type') ?? '' }
    },
  }
}

// --- internal ---

const MAX_PROBLEM_BYTES = 64 * 1024

function headersOf(request: Request, token: string | null, how: 'text' | 'stream'): Record<string, string> {
  return {
    accept: how === 'stream' ? 'text/event-stream' : 'application/json',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(request.ifMatch === undefined || request.ifMatch === null ? {} : { 'if-match': request.ifMatch }),
  }
}

interface Deadline {
  readonly signal: AbortSignal
  readonly isOver: () => boolean
  readonly clear: () => void
}

/** Until the whole answer is there (of a stream: its head), however slowly it comes. */
function deadlineOf(ms: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  let isOver = false
  const abort = (): void => {
    controller.abort()
  }
  const timer = setTimeout(() => {
    isOver = true
    abort()
  }, ms)
  if (outer?.aborted === true) abort()
  outer?.addEventListener('abort', abort, { once: true })
  const clear = (): void => {
    clearTimeout(timer)
    outer?.removeEventListener('abort', abort)
  }
  return { signal: controller.signal, isOver: () => isOver, clear }
}

function isBroken(error: unknown): boolean {
  return error instanceof CloudError && /^(ECONNRESET|EPIPE)/.test(String(error.cause))
}

function headerOf(response: AxiosResponse): (name: string) => string | null {
  return (name) => {
    const value: unknown = (response.headers as Readonly<Record<string, unknown>>)[name]
    return typeof value === 'string' ? value : null
  }
}

/** `undefined`: no JSON. */
function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return undefined
  try {
    return JSON.parse(data) as unknown
  } catch {
    return undefined
  }
}

async function startOf(body: Readable): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  const timer = setTimeout(() => body.destroy(), PROBLEM_MS)
  try {
    for await (const part of body) {
      parts.push(part as Buffer)
      bytes += (part as Buffer).length
      if (bytes > MAX_PROBLEM_BYTES) break
    }
  } catch {
    // Half a problem says as much as none.
  } finally {
    clearTimeout(timer)
    body.destroy()
  }
  return Buffer.concat(parts).toString()
}
const PROBLEM_MS = 5000

function readExtensions(header: string | null): Extensions {
  const named = (header ?? '').split(',').map((name) => name.trim())
  return new Set(known.filter((name: Extension) => named.includes(name)))
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function insecureFault(host: string): CloudError {
  return new CloudError('cloud.insecure', `The address of ${host} is not encrypted: others could read the login.`, {
    fix: 'Use its https address; or allow it without encryption, if the network between is yours.',
  })
}
