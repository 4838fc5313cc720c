/** Between what a client writes and the columns of a forward. */
import { randomUUID } from 'node:crypto'
import type { ForwardChange, ForwardFields } from '../forward-body'
import { scopeOf, type Owner } from './_scope'
import type { ForwardRow } from './tables'

export function newRow(fields: ForwardFields, owner: Owner, { at, rev }: { at: string; rev: number }): ForwardRow {
  const { tags, ...rest } = fields
  return {
    ...rest,
    id: randomUUID(),
    tags: JSON.stringify(tags),
    ...{ status: 'inactive', lastUsed: null, tunnelId: null, connectionId: null },
    ...{ userId: owner.userId, namespace: owner.namespace, scope: scopeOf(owner), rev, version: 1 },
    ...{ createdAt: at, updatedAt: at, deletedAt: null },
  }
}

export function toColumns({ tags, ...rest }: ForwardChange): Partial<ForwardRow> {
  return tags === undefined ? rest : { ...rest, tags: JSON.stringify(tags) }
}
