/** What the proxy itself answers, in plain text. */
import { toFault } from '@shared/errors'
import { formatHead, type Field } from './_http-head'

export const CONNECTED = 'HTTP/1.1 200 Connection established\r\n\r\n'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly type?: string | undefined
  readonly fields?: readonly Field[] | undefined
  /** Whether the client may ask again on the same connection. */
  readonly keep?: boolean | undefined
  /** For HEAD: everything but the text itself. */
  readonly headOnly?: boolean | undefined
}

/** The whole answer, in latin1 (the text is sent as UTF-8). */
export function formatAnswer({ status, text, type = 'text/plain; charset=utf-8', ...rest }: Answer): string {
  const body = Buffer.from(text, 'utf8').toString('latin1')
  const head = formatHead(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}`, [
    ['Content-Type', type],
    ['Content-Length', String(body.length)],
    ['Cache-Control', 'no-store'],
    ...(rest.fields ?? []),
    ...(rest.keep === true ? [] : [['Connection', 'close'] as const]),
  ])
  return rest.headOnly === true ? head : head + body
}

/** Asks for the login (RFC 9110 §11.7.1). */
export function loginAnswer(keep: boolean): Answer {
  return {
    status: 407,
    text: 'This proxy asks for a name and a password.\n',
    fields: [['Proxy-Authenticate', 'Basic realm="Warren", charset="UTF-8"']],
    keep,
  }
}

/** Why the target was not reached. */
export function failureAnswer(error: unknown): Answer {
  const { code, message, fix } = toFault(error)
  return { status: statusOf(code), text: fix === null ? `${message}\n` : `${message}\n${fix}\n` }
}

// --- internal ---

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

function statusOf(code: string): number {
  switch (code) {
    case 'target.timeout':
      return 504
    case 'forward.refused':
      return 403
    default:
      return code.startsWith('target.') ? 502 : 503
  }
}
