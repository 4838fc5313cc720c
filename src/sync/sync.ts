/** Keeps the shared forwards of one machine and the server the same. */
import type { CloudClient } from './client/types'
import type { Clock, Replica, SyncLog, SyncReport } from './types'

export interface SyncOptions {
  readonly client: CloudClient
  readonly replica: Replica
  readonly clock?: Clock
  readonly log: SyncLog
  readonly pollSeconds: number
  readonly onReport: (report: SyncReport) => void
  /** Members, roles or keys of a team changed, or may have: its stream was opened anew. */
  readonly onTeamNews?: (teamId: string) => void
  /** Uniform in [0, 1), for jitter. */
  readonly random?: () => number
}

export interface Sync {
  readonly begin: () => void
  /** Resolves when a round that began after this call is over; rejects with why it could not be. */
  readonly syncNow: () => Promise<void>
  /** The outbox grew. */
  readonly look: () => void
  readonly networkChanged: () => void
  readonly setPolling: (seconds: number) => void
  readonly report: () => SyncReport
  readonly close: () => Promise<void>
}

export function createSync(_options: SyncOptions): Sync {
  throw new Error('being built')
}
