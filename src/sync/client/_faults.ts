/** What went wrong with a request, as faults for people. */
import { WarrenError, type ErrorCode, type WarrenErrorOptions } from '@shared/errors'
import { z } from 'zod'
import { tlsWords } from './_tls-words'

/** With what a caller may need of the answer. */
export class CloudError extends WarrenError {
  /** `null`: there was no answer. */
  readonly status: number | null
  /** The server asked to wait so long. */
  readonly retryAfterMs: number | null

  constructor(
    code: ErrorCode,
    message: string,
    options: WarrenErrorOptions & { readonly status?: number; readonly retryAfterMs?: number | null } = {},
  ) {
    super(code, message, options)
    this.status = options.status ?? null
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

export interface Refusal {
  readonly status: number
  /** `null` when the body is no JSON. */
  readonly body: unknown
  readonly header: (name: string) => string | null
}

const MAX_TEXTS = 5
const MAX_TEXT = 300
const MAX_RETRY_AFTER_S = 3600
const SECOND = 1000

/** The fault of an answer that is no success. */
export function faultOfAnswer(answer: Refusal, host: string): CloudError {
  const { status } = answer
  const texts = textsOf(answer.body)
  const retryAfterMs = retryAfterOf(answer.header('retry-after'))
  const make = (code: ErrorCode, message: string, fix: string | null = null): CloudError =>
    new CloudError(code, message, { status, retryAfterMs, fix, ...(texts.length > 0 && { cause: texts.join('; ') }) })
  if (status >= 300 && status < 400) return redirected(answer, host)
  if (status === 429) return make('cloud.busy', `${host} wants fewer requests.`)
  // A proxy speaks so of a cloud server that it does not reach.
  if (texts.length === 0 && isGateway(status)) {
    return make(
      'cloud.server-fault',
      `${host} answered ${status}.`,
      'Try again. When it stays so, look at the server, or at the proxy before it.',
    )
  }
  if (status === 413) return make('cloud.refused', `${host} finds it too large.`, 'Make it smaller.')
  // Not of a cloud server: a portal, a proxy, or another program at that address.
  if (texts.length === 0) {
    return make('cloud.bad-answer', `${host} answered ${status}, not as a cloud server does.`, CHECK_ADDRESS)
  }
  if (status >= 500) return make('cloud.server-fault', `${host} answered ${status}${quoted(texts)}.`)
  if (status === 401) return make('cloud.login-needed', `${host} wants a login again.`, 'Sign in again.')
  if (status === 403 && isClosed(answer.body)) {
    return make('cloud.no-new-accounts', `${host} makes no new accounts.`, ASK_FOR_ACCOUNT)
  }
  if (status === 403) return make('cloud.forbidden', `${host} does not allow it${quoted(texts)}.`)
  if (status === 404 && /^Cannot [A-Z]+ /.test(texts[0] ?? '')) {
    return make('cloud.no-extension', `${host} does not know this request.`)
  }
  if (status === 404 || status === 410) return make('cloud.not-found', `${host} does not have it${quoted(texts)}.`)
  if (status === 409 || status === 412) {
    return make('cloud.changed-meanwhile', `It was changed at ${host} meanwhile${quoted(texts)}.`)
  }
  return make('cloud.refused', `${host} refused it${quoted(texts)}.`)
}

/** The fault of a request without an answer, from what Node or axios threw. */
export function faultOfTransport(error: unknown, host: string): CloudError {
  const { code, message } = codeOf(error)
  // The error of axios holds the request with its token: it goes no further than here.
  const cause = code === null ? message : `${code}: ${message}`
  const tls = tlsWords({ code: code ?? '', message }, host)
  if (tls !== null) return new CloudError(tls.code, tls.message, { fix: tls.fix, cause })
  if (/maxContentLength/.test(message)) return badAnswer(`${host} answered far too much.`, cause)
  if (/aborted|Parse Error|premature|incorrect header check|unexpected end/i.test(message) || code === 'HPE_INVALID') {
    return badAnswer(`${host} broke its answer off.`, cause)
  }
  const { sentence, fix } = ways[code ?? ''] ?? elsewise
  return new CloudError('cloud.unreachable', sentence(host), { fix, cause })
}

export function timedOut(host: string, ms: number): CloudError {
  return new CloudError('cloud.timeout', `${host} did not answer within ${Math.ceil(ms / SECOND)} s.`)
}

export function badAnswer(message: string, cause?: unknown): CloudError {
  return new CloudError('cloud.bad-answer', message, {
    fix: 'Check that the address is that of a cloud server, and that no proxy changes what it says.',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** For a server that does not know how to be entered. */
export function noServer(
  { host, url }: { readonly host: string; readonly url: string },
  cause: CloudError,
): CloudError {
  const { origin, pathname } = new URL(url)
  const fix = pathname === '/' ? CHECK_ADDRESS : `Check the address: its path may be too much. Without it: ${origin}`
  return new CloudError('cloud.bad-answer', `There is no cloud server at ${pathname === '/' ? host : url}.`, {
    ...{ fix, field: 'url' },
    ...(cause.cause === undefined ? {} : { cause: cause.cause }),
  })
}

/** What the server said, as a sentence's end; bounded, in one line. */
export function textsOf(body: unknown): readonly string[] {
  const parsed = z.looseObject({ message: z.union([z.string(), z.array(z.string())]) }).safeParse(body)
  if (!parsed.success) return []
  const texts = Array.isArray(parsed.data.message) ? parsed.data.message : [parsed.data.message]
  return texts.slice(0, MAX_TEXTS).map((text) => text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, MAX_TEXT))
}

/** ` (text; text)`, or nothing. */
export function quoted(texts: readonly string[]): string {
  return texts.length === 0 ? '' : ` (${texts.join('; ')})`
}

/** ` (text; text)` of an answer that is a fault by now. */
export function saidBy({ cause }: CloudError): string {
  return quoted(typeof cause === 'string' ? textsOf({ message: cause }) : [])
}

// --- internal ---

const CHECK_ADDRESS = 'Check the address: its host, its port, and that no path is too much in it.'

/** Neither an invitation nor another address helps: accounts are made on that server's command line alone. */
const ASK_FOR_ACCOUNT =
  'Ask whoever runs the server to make the account there (npm run cloud -- user add), then sign in to it. The link of a team can be used after that.'

/** Of `POST /auth/register`; a server of somebody else may know other words. */
function isClosed(body: unknown): boolean {
  return z.looseObject({ registration: z.literal('closed') }).safeParse(body).success
}

/** Bad gateway, out of service, gateway time-out; and what some proxies have beyond the standard. */
function isGateway(status: number): boolean {
  return (status >= 502 && status <= 504) || status >= 520
}

/** How a server can be out of reach. */
interface Unreachable {
  readonly sentence: (host: string) => string
  readonly fix: string
}

const refused: Unreachable = {
  sentence: (host) => `${host} refused the connection.`,
  fix: 'Check the address, and that the server runs there: npm run cloud starts it.',
}
const nameless: Unreachable = {
  sentence: (host) => `The name of ${host} cannot be resolved.`,
  fix: 'Check the address, and that this machine is online.',
}
const wayless: Unreachable = {
  sentence: (host) => `There is no way to ${host} from here.`,
  fix: 'Check that this machine is online, in a network that reaches the server.',
}
const cutOff: Unreachable = {
  sentence: (host) => `${host} closed the connection without an answer.`,
  fix: 'Try again. When it stays so, look at the log of the server, or of the proxy before it.',
}
const elsewise: Unreachable = {
  sentence: (host) => `${host} cannot be reached.`,
  fix: 'Check the address, that the server runs, and that this machine is online.',
}
const ways: Readonly<Record<string, Unreachable>> = {
  ECONNREFUSED: refused,
  ...{ ENOTFOUND: nameless, EAI_AGAIN: nameless },
  ...{ EHOSTUNREACH: wayless, ENETUNREACH: wayless, ENETDOWN: wayless },
  ...{ ECONNRESET: cutOff, EPIPE: cutOff },
}

function redirected(answer: Refusal, host: string): CloudError {
  const location = answer.header('location')
  const to = location === null ? '' : ` to ${originOf(location)}`
  return new CloudError('cloud.redirected', `${host} sends${to}, and was not followed: the login stays here.`, {
    status: answer.status,
    fix: 'Sign in with the address it sends to, if you trust it.',
  })
}

function originOf(location: string): string {
  try {
    return new URL(location).origin
  } catch {
    return 'another path'
  }
}

/** Seconds or a date (RFC 9110 §10.2.3); a date is held against nobody's clock, so only seconds count. */
function retryAfterOf(value: string | null): number | null {
  if (value === null || !/^\d{1,9}$/.test(value.trim())) return null
  return Math.min(Number(value), MAX_RETRY_AFTER_S) * SECOND
}

function codeOf(error: unknown): { readonly code: string | null; readonly message: string } {
  if (!(error instanceof Error)) return { code: null, message: 'unknown' }
  const { code } = error as { code?: unknown }
  return { code: typeof code === 'string' ? code : null, message: error.message }
}
