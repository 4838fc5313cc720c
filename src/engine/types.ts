/** What the engine offers and what it asks of the world. */
import type {
  CheckStep,
  ConnectionSnapshot,
  ForwardSnapshot,
  LogEntry,
  PortHolder,
  SessionSnapshot,
} from '@shared/snapshots'
import type { ForwardSpec, HostKeyPolicy } from '@shared/specs'
import type { NeedAnswer } from '@shared/needs'
import type { RelayEngine } from './relay/types'
import type { Budget, TrafficPort } from './traffic'
import type { Question, ServerRoute, SshPorts } from './ssh/types'

export interface EnginePorts {
  readonly ssh: Omit<SshPorts, 'ask' | 'offer'>
  /** Puts a question to the person. `answer` rejects with `need.unanswered`, `need.cancelled` or the signal's reason. */
  readonly raiseNeed: (question: Question, options: RaiseOptions) => RaisedNeed
  /** The forward's own log. Messages carry no secrets. */
  readonly log: (forwardId: string, entry: Pick<LogEntry, 'level' | 'message' | 'code'>) => void
  /** The servers of a way, for names; throws `spec.not-found` or `ssh.jump-loop`. */
  readonly route: (serverId: string) => ServerRoute
  /** How they are dialled now: asked at every (re)connect, so that edits take effect. `ask` is for a command that wants to run first; absent, it may not. Rejects as `route`, or with `config.…`. */
  readonly plan: (serverId: string, signal: AbortSignal, ask?: SshPorts['ask']) => Promise<ServerRoute>
  readonly clock: Clock
  /** Hears of bytes and of ended connections; absent, nobody keeps books. */
  readonly traffic?: TrafficPort | undefined
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number
}

export interface RaiseOptions {
  /** The forwards that show `needs-you` because of it. */
  readonly forwardIds: readonly string[]
  readonly signal: AbortSignal
}

export interface RaisedNeed {
  readonly id: string
  readonly answer: Promise<NeedAnswer>
  /** Another forward waits for the answer too. */
  readonly concerns?: ((forwardId: string) => void) | undefined
}

export interface Clock {
  readonly now: () => number
  /** Runs `task` after `ms`; returns the way to cancel. */
  readonly after: (ms: number, task: () => void) => () => void
}

export interface StartOptions {
  readonly hostKeyPolicy?: HostKeyPolicy | undefined
}

export interface CheckRequest extends StartOptions {
  readonly signal: AbortSignal
}

export interface Engine {
  /** Makes a forward known, or replaces its spec; a running one whose ends or server changed restarts. */
  readonly define: (spec: ForwardSpec) => void
  /** Stops and forgets; resolves with whether it is gone. One that is defined again before it has stopped stays. */
  readonly remove: (id: string) => Promise<boolean>
  /** Marks it wanted and begins; progress shows in its snapshot. A second start of a running one does nothing. */
  readonly start: (id: string, options?: StartOptions) => void
  /** Marks it not wanted; resolves when its listener is closed and its connections are ended. */
  readonly stop: (id: string) => Promise<void>
  /** Ends a wait early; starts a failed one again. */
  readonly retry: (id: string) => void
  readonly snapshot: (id: string) => ForwardSnapshot
  readonly snapshots: () => readonly ForwardSnapshot[]
  /** Resolves when each is running (or degraded), failed, stopped or waiting with a non-passing reason; or at the time-out. */
  readonly settled: (ids: readonly string[], timeoutMs: number) => Promise<void>
  readonly connections: (forwardId?: string) => readonly ConnectionSnapshot[]
  /** The programs behind local sources, asked of the system only when somebody looks. */
  readonly describeConnections: (forwardId?: string) => Promise<readonly ConnectionSnapshot[]>
  readonly endConnection: (id: string) => boolean
  /** How many more bytes a forward or relay may move before its quota is used up, and what then; `null` takes the bound away. Counts from now. */
  readonly setBudget: (ownerId: string, budget: Budget | null) => void
  /** Relays are run like forwards, and their connections are in the same table. */
  readonly relays: RelayEngine
  readonly sessions: () => readonly SessionSnapshot[]
  readonly onChange: (listener: (event: EngineEvent) => void) => () => void
  /** A preflight; leaves nothing running and nothing trusted. */
  readonly check: (id: string, options: CheckRequest) => Promise<readonly CheckStep[]>
  /** A wake or network change: probe sessions now, retry what waits after {@link NETWORK_SETTLE_MS}. */
  readonly networkChanged: () => void
  readonly close: () => Promise<void>
}

export type EngineEvent =
  | { readonly kind: 'forward'; readonly id: string }
  | { readonly kind: 'relay'; readonly id: string }
  /** The budget of a forward or relay is used up. */
  | { readonly kind: 'budget'; readonly id: string }
  | { readonly kind: 'sessions' }
  | { readonly kind: 'connections'; readonly forwardId: string }

export interface LocalPorts {
  /** Who listens on this port here (TCP unless it is said), where the system tells. */
  readonly holderOf: (port: number, protocol?: 'tcp' | 'udp') => Promise<PortHolder | null>
  /** The next free port above `port` on `host`, or `null`. */
  readonly nextFree: (host: string, port: number, protocol?: 'tcp' | 'udp') => Promise<number | null>
  /** Which forward or relay of ours holds that end: `the relay "web"`. */
  readonly ownerOf?: (at: HostPort, protocol: 'tcp' | 'udp') => string | null
}

export interface HostPort {
  readonly host: string
  readonly port: number
}
