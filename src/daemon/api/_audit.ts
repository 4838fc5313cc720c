/** Who called a control API: written down in batches, and bounded whatever callers send. */
import type { ApiName, AuditEntry } from '@shared/apis'
import type { Store } from '../store/index'
import type { Warnings } from '../warnings'

const FLUSH_MS = 200
const MAX_WAITING = 10_000
const MAX_WORD = 200

export interface Audit {
  readonly add: (api: ApiName, entry: Pick<AuditEntry, 'caller' | 'action' | 'subject' | 'result'>) => void
  /** Newest first. */
  readonly list: (limit: number) => Promise<readonly AuditEntry[]>
  /** Resolves when what was added is saved, or could not be. */
  readonly flush: () => Promise<void>
}

export interface AuditOptions {
  readonly store: Pick<Store, 'addAudit' | 'listAudit'>
  readonly warnings: Pick<Warnings, 'tolerate'>
  readonly now: () => number
}

export function createAudit({ store, warnings, now }: AuditOptions): Audit {
  let waiting: Omit<AuditEntry, 'id'>[] = []
  let timer: NodeJS.Timeout | undefined
  let tail: Promise<unknown> = Promise.resolve()
  const flush = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const entries = waiting
    waiting = []
    if (entries.length > 0) tail = tail.then(() => warnings.tolerate(() => store.addAudit(entries)))
    await tail
  }
  return {
    add: (api, { caller, action, subject, result }) => {
      // A caller that is faster than the disk does not fill the memory.
      if (waiting.length >= MAX_WAITING) waiting.shift()
      const at = new Date(now()).toISOString()
      waiting.push({ at, api, caller, action: short(action), subject: short(subject), result: short(result) })
      timer ??= setTimeout(() => void flush(), FLUSH_MS)
    },
    list: async (limit) => {
      await flush()
      return store.listAudit(limit)
    },
    flush,
  }
}

function short(text: string): string {
  return text.length <= MAX_WORD ? text : `${text.slice(0, MAX_WORD - 1)}…`
}
