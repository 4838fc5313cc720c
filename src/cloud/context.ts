/** What routes work with. */
import type { Context, Hono } from 'hono'
import type { Passwords } from './auth/passwords'
import type { Tokens } from './auth/tokens'
import type { CloudConfig } from './config'
import type { Limits } from './limits'
import type { Metrics } from './metrics'
import type { CloudStore, UserRow } from './store'

export interface Services {
  readonly config: CloudConfig
  readonly store: CloudStore
  readonly passwords: Passwords
  readonly tokens: Tokens
  readonly limits: Limits
  readonly metrics: Metrics
  readonly now: () => number
  readonly log: Log
  /** Of a login: asked of at every request and heartbeat of a stream. */
  readonly heard: (session: Session) => Promise<void>
  /** Where people reach the server, for links. */
  readonly publicUrl: () => string
  /** Whether the end has begun: streams close, `/readyz` says no. */
  readonly isStopping: () => boolean
  /** Called when the end begins. Returns the way to forget it. */
  readonly onStopping: (listener: () => void) => () => void
}

/** One line of JSON each. Fields never hold secrets. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

export interface Session {
  readonly user: UserRow
  /** Of the access token. */
  readonly jti: string
  readonly device: string | null
  /** Unix seconds. */
  readonly expiresAt: number
}

export interface Variables {
  session: Session
  requestId: string
}
export interface Env {
  Variables: Variables
}
export type App = Hono<Env>
export type RouteContext = Context<Env>
