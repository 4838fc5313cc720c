/** What a control API is to the host that serves it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiName } from '@shared/apis'

/** One API over HTTP. Listening, TLS, time limits and closing are the host's matter. */
export interface ControlApi {
  readonly name: ApiName
  /** Answers one request; a rejection becomes a 500 without detail, and is logged. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** The API stops being served; its timers end. Idempotent. */
  readonly close: () => void
}

export interface ApiContext {
  /** What callers must know; `null` where none is set. Asked at each request, so that a new key holds at once. */
  readonly key: () => string | null
  /** Notes a call. Never pass a key or a signature. */
  readonly audit: (entry: {
    readonly caller: string
    readonly action: string
    readonly subject: string
    readonly result: string
  }) => void
}
