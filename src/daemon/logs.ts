/** A log per forward: a ring in memory, which begins with the end of the file of earlier runs, and a rotated file. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { LogEntry } from '@shared/snapshots'
import { redact } from './redact'
import { createRotatingLog, type RotatingLog } from './rotating-log'

export const RING_SIZE = 500
const FORWARD_LOG_BYTES = 512 * 1024
const FLUSH_MS = 100

export type NewEntry = Pick<LogEntry, 'level' | 'message' | 'code'>

export interface Logs {
  readonly add: (forwardId: string, entry: NewEntry) => void
  /** The newest `limit` entries, oldest first. */
  readonly read: (forwardId: string, limit: number) => readonly LogEntry[]
  readonly forget: (forwardId: string) => void
  readonly flush: () => void
}

export interface LogsOptions {
  readonly folder: string
  readonly now: () => number
  /** Secrets that the daemon holds now. */
  readonly secrets: () => Iterable<string>
  /** New entries, gathered for a moment. */
  readonly onAdded: (forwardId: string, entries: readonly LogEntry[]) => void
}

interface ForwardLog {
  seq: number
  ring: LogEntry[]
  fresh: LogEntry[]
  readonly file: RotatingLog
}

export function createLogs(options: LogsOptions): Logs {
  const logs = new Map<string, ForwardLog>()
  const fresh = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const announce = (): void => {
    timer = undefined
    for (const id of fresh) {
      const log = logs.get(id)
      if (log === undefined) continue
      options.onAdded(id, log.fresh)
      log.fresh = []
    }
    fresh.clear()
  }
  const fileOf = (id: string): string => join(options.folder, `forward-${safeName(id)}.log`)
  const open = (id: string): ForwardLog => {
    const existing = logs.get(id)
    if (existing !== undefined) return existing
    const file = createRotatingLog({ file: fileOf(id), maxBytes: FORWARD_LOG_BYTES })
    const ring = earlierEntries(fileOf(id))
    const made: ForwardLog = { seq: ring.length, ring, fresh: [], file }
    logs.set(id, made)
    return made
  }
  return {
    add: (id, { level, message, code }) => {
      const log = open(id)
      log.seq += 1
      const at = new Date(options.now()).toISOString()
      const entry: LogEntry = { seq: log.seq, at, level, message: redact(message, options.secrets()), code }
      log.ring.push(entry)
      if (log.ring.length > RING_SIZE) log.ring.shift()
      log.file.write(`${at} ${level}${code === null ? '' : ` [${code}]`} ${oneLine(entry.message)}`)
      log.fresh.push(entry)
      fresh.add(id)
      if (timer === undefined) {
        timer = setTimeout(announce, FLUSH_MS)
        timer.unref()
      }
    },
    read: (id, limit) => open(id).ring.slice(-limit),
    forget: (id) => {
      logs.delete(id)
      for (const file of [fileOf(id), `${fileOf(id)}.1`]) rmSync(file, { force: true })
    },
    flush: () => {
      for (const log of logs.values()) log.file.flush()
    },
  }
}

const writtenSchema = z.strictObject({
  at: z.iso.datetime(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  code: z.string().nullable(),
  message: z.string(),
})
const LINE = /^(\S+Z) (debug|info|warn|error)(?: \[([\w.-]+)\])? (.*)$/

/** What an earlier run of the daemon wrote; after a crash it is the only witness. */
function earlierEntries(file: string): LogEntry[] {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .slice(-RING_SIZE - 1)
    return lines
      .map((line) => LINE.exec(line))
      .filter((found) => found !== null)
      .map(([, at, level, code = null, message], index) => ({
        seq: index + 1,
        ...writtenSchema.parse({ at, level, code, message }),
      }))
  } catch {
    // Not written yet, or unreadable: the log begins with this run.
    return []
  }
}

/** Ids are ours, but a file name is built of one: nothing but plain characters gets in. */
function safeName(id: string): string {
  return id.replaceAll(/[^\w-]/g, '_')
}

function oneLine(text: string): string {
  return text.replaceAll(/\r?\n/g, ' ⏎ ')
}
