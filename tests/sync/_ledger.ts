/**
 * Every edit of a run, and whose place it took: at the end each must be there, in an inbox, or have given way to one that was made by
 * somebody who saw it.
 */
import type { CloudField, CloudFields } from '../../src/shared/cloud-views'

/** The fields that are edited, each time to a value that was never there before. */
export const editedFields = ['name', 'description', 'tags', 'remoteHost', 'remotePort', 'serverAddress'] as const
export type EditedField = (typeof editedFields)[number] & CloudField

export interface Ledger {
  readonly made: (localId: string, fields: CloudFields) => void
  readonly edited: (localId: string, before: CloudFields, after: CloudFields) => void
  /** Who deleted it saw these values. */
  readonly deleted: (localId: string, seen: CloudFields) => void
  /** Whether each edit reaches a value that `holds` (it is there, or waits in an inbox) or that was deleted by who saw it. */
  readonly judge: (holds: (localId: string, field: EditedField, value: string) => boolean) => Judgement
  readonly births: () => ReadonlySet<string>
  readonly wasDeleted: (localId: string) => boolean
}

export interface Judgement {
  readonly edits: number
  readonly present: number
  /** Gave way to an edit, or a decision, of somebody who saw it. */
  readonly superseded: number
  /** Went with a forward that was deleted by somebody who saw it, or what came of it. */
  readonly deleted: number
  readonly lost: readonly string[]
}

export function createLedger(): Ledger {
  /** By forward and field: value → the values that took its place. */
  const next = new Map<string, Map<string, Set<string>>>()
  const seenByDeletion = new Map<string, Set<string>>()
  const values = new Map<string, { readonly localId: string; readonly field: EditedField; readonly value: string }>()
  const born = new Set<string>()
  const gone = new Set<string>()

  const link = (key: string, from: string, to: string): void => {
    const links = next.get(key) ?? new Map<string, Set<string>>()
    next.set(key, links.set(from, (links.get(from) ?? new Set()).add(to)))
  }
  const note = (localId: string, field: EditedField, value: string): void => {
    values.set(`${localId} ${field} ${value}`, { localId, field, value })
  }
  const reaches = (key: string, from: string, isEnd: (value: string) => boolean): boolean => {
    const seen = new Set([from])
    for (const value of seen) {
      if (isEnd(value)) return true
      for (const one of next.get(key)?.get(value) ?? []) seen.add(one)
    }
    return false
  }
  return {
    made: (localId, fields) => {
      born.add(localId)
      for (const field of editedFields) note(localId, field, textOf(fields[field]))
    },
    edited: (localId, before, after) => {
      for (const field of editedFields) {
        const [from, to] = [textOf(before[field]), textOf(after[field])]
        if (from === to) continue
        note(localId, field, to)
        link(`${localId} ${field}`, from, to)
      }
    },
    deleted: (localId, seen) => {
      gone.add(localId)
      for (const field of editedFields) {
        const key = `${localId} ${field}`
        seenByDeletion.set(key, (seenByDeletion.get(key) ?? new Set()).add(textOf(seen[field])))
      }
    },
    judge: (holds) => {
      const count = { present: 0, superseded: 0, deleted: 0 }
      const lost: string[] = []
      for (const { localId, field, value } of values.values()) {
        const key = `${localId} ${field}`
        if (holds(localId, field, value)) count.present += 1
        else if (reaches(key, value, (one) => holds(localId, field, one))) count.superseded += 1
        else if (reaches(key, value, (one) => seenByDeletion.get(key)?.has(one) === true)) count.deleted += 1
        else lost.push(`${localId} ${field} = ${value}`)
      }
      return { edits: values.size, ...count, lost }
    },
    births: () => born,
    wasDeleted: (localId) => gone.has(localId),
  }
}

export function textOf(value: CloudFields[CloudField]): string {
  return JSON.stringify(value)
}
