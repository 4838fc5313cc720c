/** What moved: usage, hours and days, ended connections. Saved by the daemon. */
import type { Endpoint } from './endpoints'

export interface ByteCount {
  readonly up: number
  readonly down: number
}

/** What a forward or relay moved; saved, across restarts. Days and months are those of the machine's time zone. */
export interface Usage {
  readonly id: string
  readonly today: ByteCount
  readonly month: ByteCount
  /** Since it was made. */
  readonly ever: ByteCount
  readonly connections: number
  /** `null` without a quota. `endsAt`: ISO 8601, when its period is over. */
  readonly quota: { readonly used: number; readonly bytes: number; readonly endsAt: string } | null
}

/** One hour or day of one forward or relay. */
export interface TrafficRow {
  readonly id: string
  /** Its name; that of the time when it was deleted. */
  readonly name: string
  /** ISO 8601 with the offset of the machine's zone: the begin of the hour or day. */
  readonly from: string
  readonly up: number
  readonly down: number
  /** Connections that began in it. */
  readonly connections: number
}

/** A connection that is over. Saved, bounded. */
export interface EndedConnection {
  /** Forward or relay. */
  readonly ownerId: string
  readonly source: Endpoint | null
  readonly target: Endpoint | null
  /** ISO 8601. */
  readonly startedAt: string
  readonly endedAt: string
  readonly bytesUp: number
  readonly bytesDown: number
  readonly reason: EndReason
}

export const endReasons = [
  /** Both sides ended in order. */
  'closed',
  /** One side reset it, or its transport failed. */
  'reset',
  'idle',
  /** By a person, from the connection table. */
  'ended',
  /** The forward or relay stopped, or its session went away. */
  'stopped',
  /** The target was not reached. */
  'unreachable',
  'quota',
  /** A UDP session that made room for a newer one. */
  'evicted',
  /** The daemon ended without a word; when is not known exactly. */
  'crash',
] as const
export type EndReason = (typeof endReasons)[number]
