/** Posts a report and reads what the panel says of it. */
import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { WarrenError } from '@shared/errors'

/** A panel that says more is not one. */
export const MAX_ANSWER_BYTES = 64 * 1024
/** Until the whole answer must be there. */
export const ANSWER_MS = 30_000

export interface PostOptions {
  readonly body: string
  readonly signal: AbortSignal
  readonly timeoutMs?: number | undefined
}

/**
 * Resolves when the panel took the report: JSON whose `success` is `true`, whatever its HTTP status. Nobody but a panel says that.
 *
 * Rejects with `report.failed` otherwise. Redirects are not followed: what moved where is told to the one address that was named.
 */
export async function postReport(url: URL, options: PostOptions): Promise<void> {
  const { status, text } = await exchange(url, options)
  const answer = parse(text)
  if (isObject(answer) && answer['success'] === true) return
  if (isObject(answer) && answer['success'] === false) {
    const why = answer['message']
    throw failed(typeof why === 'string' && why !== '' ? `${url.host} said no: ${clip(why)}` : `${url.host} said no.`)
  }
  if (status >= 300 && status < 400) {
    throw failed(`${url.host} sent the report elsewhere (HTTP ${status}); Warren does not follow.`)
  }
  if (status < 200 || status >= 300) throw failed(`${url.host} answered with HTTP ${status}.`)
  const what = text.trim() === '' ? 'answered nothing' : 'answered something that is not {"success":true}'
  throw failed(`${url.host} ${what}.`)
}

// --- internal ---

const SECOND_MS = 1000
const MAX_SHOWN = 200

interface Answered {
  readonly status: number
  readonly text: string
}

function exchange(url: URL, { body, signal, timeoutMs = ANSWER_MS }: PostOptions): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const end = (request: ClientRequest, reason: unknown): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      request.destroy()
      reject(reason instanceof Error ? reason : new Error(String(reason)))
    }
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    // As the original: no content type. A connection of its own, which nobody else waits for.
    const headers = { 'content-length': Buffer.byteLength(body), 'user-agent': 'Warren' }
    const request = send(url, { method: 'POST', headers, agent: false }, (response) => {
      read(response, {
        onText: (text) => {
          clearTimeout(timer)
          signal.removeEventListener('abort', onAbort)
          request.destroy()
          resolve({ status: response.statusCode ?? 0, text })
        },
        onTrouble: (error) => end(request, error),
        host: url.host,
      })
    })
    const onAbort = (): void => end(request, signal.reason)
    request.on('error', (cause) => end(request, failed(`${url.host} was not reached: ${cause.message}.`, cause)))
    const timer = setTimeout(
      () => end(request, failed(`${url.host} did not answer within ${timeoutMs / SECOND_MS} s.`)),
      timeoutMs,
    )
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    request.end(body)
  })
}

interface Reading {
  readonly host: string
  readonly onText: (text: string) => void
  readonly onTrouble: (error: Error) => void
}

function read(response: IncomingMessage, { host, onText, onTrouble }: Reading): void {
  const chunks: Buffer[] = []
  let length = 0
  response.on('data', (chunk: Buffer) => {
    length += chunk.length
    chunks.push(chunk)
    if (length > MAX_ANSWER_BYTES) onTrouble(failed(`${host} answered with more than ${MAX_ANSWER_BYTES} bytes.`))
  })
  response.on('end', () => onText(Buffer.concat(chunks).toString('utf8')))
  response.on('error', (cause) => onTrouble(failed(`${host} broke off its answer.`, cause)))
  response.on('aborted', () => onTrouble(failed(`${host} broke off its answer.`)))
}

function failed(message: string, cause?: Error): WarrenError {
  return new WarrenError('report.failed', message, {
    fix: 'The rows are kept, and reported again at the next interval.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function clip(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
