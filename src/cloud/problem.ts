/** Errors as the document's server tells them: a status and one JSON body (seed-behaviour §C.2, §C.4). */
import type { ContentfulStatusCode } from 'hono/utils/http-status'

export const reasons = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
} as const satisfies Partial<Record<ContentfulStatusCode, string>>
export type ProblemStatus = keyof typeof reasons

export interface ProblemBody {
  /** One sentence, or one for each thing that is wrong with a body. */
  readonly message: string | readonly string[]
  /** The name of the status; absent where the document's server leaves it out. */
  readonly error?: string
  readonly statusCode: number
}

export interface ProblemOptions {
  /** Without the name of the status. */
  readonly bare?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** What a client may need beside the sentence; after the fields of every problem. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** An answer other than success. Thrown anywhere below a route, told by the app. */
export class Problem extends Error {
  readonly body: ProblemBody
  /** The name of the status. */
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>

  constructor(
    readonly status: ProblemStatus,
    message: string | readonly string[],
    options: ProblemOptions = {},
  ) {
    super(typeof message === 'string' ? message : message.join('; '))
    this.name = 'Problem'
    // A missing or bad token is told without the name of the status, as Nest's guard does.
    this.reason = reasons[status]
    const error = options.bare === true ? {} : { error: this.reason }
    this.body = { message, ...error, statusCode: status, ...options.fields }
    this.headers = options.headers ?? {}
  }
}

export const unauthorized = (): Problem =>
  new Problem(401, 'Unauthorized', { bare: true, headers: { 'www-authenticate': 'Bearer' } })
export const notFound = (): Problem => new Problem(404, 'Port forward not found')
