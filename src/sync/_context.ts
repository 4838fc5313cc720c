/** What the parts of a round share. */
import type { CloudFields } from '@shared/cloud-views'
import type { CloudClient, UnreadableRow } from './client/types'
import type { Namespace, Replica, SyncLog } from './types'

export interface Context {
  readonly client: CloudClient
  readonly replica: Replica
  readonly log: SyncLog
  /** ISO 8601. */
  readonly now: () => string
  readonly memory: Memory
}

/** What helps while the daemon runs and may be forgotten: without it more is asked of a person, and nothing is lost. */
export interface Memory {
  /** By id of the row: changes that were sent, and whose answer never came. What comes back of them is mine. */
  readonly unconfirmed: Map<string, Partial<CloudFields>[]>
  /** `localId` of forwards that were deleted before the server confirmed them: one may still arrive. */
  readonly unborn: Set<string>
  /** What was said once. */
  readonly told: Set<string>
  /** Lists that lost everything at once. */
  readonly vanished: Set<Namespace>
}

export function newMemory(): Memory {
  return { unconfirmed: new Map(), unborn: new Set(), told: new Set(), vanished: new Set() }
}

const MAX_TOLD = 10_000
/** Lines of one answer. */
const MAX_SAID = 100

/** Says that a row is left alone; once for each reason. */
export function tellUnreadable({ memory, log }: Context, rows: readonly UnreadableRow[]): void {
  let said = 0
  for (const { id, name, reason } of rows) {
    const key = `${id} ${reason}`
    if (memory.told.has(key)) continue
    if (memory.told.size >= MAX_TOLD) memory.told.clear()
    memory.told.add(key)
    said += 1
    if (said > MAX_SAID) continue
    log('warning', `The cloud's forward "${name}" (${id}) cannot be used here and is left alone: ${reason}.`)
  }
  if (said > MAX_SAID) log('warning', `${said - MAX_SAID} more forwards of the cloud are left alone.`)
}
