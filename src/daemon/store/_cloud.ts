/** What the cloud keeps in the store: account, lists, bindings, what waits, conflicts. */
import type { Kysely, Transaction } from 'kysely'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import type { Conflict, OutboxEntry, Pin } from '@sync'
import type { AccountRecord } from '../cloud/types'
import {
  accountFromRow,
  accountToRow,
  bindingFromJson,
  bindingFromRow,
  bindingToRow,
  conflictFromRow,
  entryFromRow,
  namespaceText,
  spaceFromRow,
  type CloudSpace,
  type SavedBinding,
} from './_cloud-rows'
import type { CloudTeamKeyRow, Tables } from './_tables'
import { chunks, upsertForwards, upsertServers } from './_upserts'

/** Rows of one statement: SQLite takes a bounded number of values. */
const ROWS = 500

export interface CloudContent {
  readonly account: AccountRecord | null
  readonly spaces: readonly CloudSpace[]
  readonly bindings: readonly SavedBinding[]
  readonly outbox: readonly OutboxEntry[]
  readonly conflicts: readonly Conflict[]
  /** Servers that were made for forwards that arrived. */
  readonly madeServers: readonly string[]
  /** Rows that this Warren cannot read; they stay in the file. */
  readonly unreadable: number
}

/** Written in one transaction with the forwards it belongs to. What is absent stays. */
export interface CloudChange {
  readonly bindings?: readonly SavedBinding[]
  /** Forwards that are bound no more. */
  readonly unbound?: readonly string[]
  /** Bindings of forwards that are removed here, kept as long as these can be brought back. */
  readonly buried?: { readonly bindings: readonly SavedBinding[]; readonly at: string }
  readonly outbox?: readonly OutboxEntry[]
  /** `seq` of entries that are done. */
  readonly done?: readonly number[]
  readonly conflicts?: readonly Conflict[]
  readonly settled?: readonly string[]
  readonly spaces?: readonly CloudSpace[]
  readonly spacesGone?: readonly string[]
  readonly madeServers?: readonly string[]
}

export interface CloudTransaction extends CloudChange {
  readonly servers?: readonly ServerSpec[]
  readonly forwards?: readonly ForwardSpec[]
  readonly deleted?: { readonly forwards: readonly string[]; readonly servers: readonly string[]; readonly at: string }
}

export interface CloudStore {
  readonly loadCloud: () => Promise<CloudContent>
  readonly changeCloud: (change: CloudTransaction) => Promise<void>
  readonly saveAccount: (account: AccountRecord) => Promise<void>
  /** Forgets everything of the account before: bindings, lists, what waits, pins. */
  readonly replaceAccount: (account: AccountRecord) => Promise<void>
  readonly buriedBindings: (forwardIds: readonly string[]) => Promise<readonly SavedBinding[]>
  readonly pins: () => Promise<readonly Pin[]>
  readonly savePin: (pin: Pin) => Promise<void>
  /** Of one member, or all about the team, its keys too. */
  readonly forgetPins: (teamId: string, userId?: string) => Promise<void>
  readonly teamKeys: () => Promise<readonly Readonly<CloudTeamKeyRow>[]>
  readonly saveTeamKey: (key: Readonly<CloudTeamKeyRow>) => Promise<void>
}

export function cloudPart(db: Kysely<Tables>): CloudStore {
  return {
    loadCloud: () => load(db),
    changeCloud: (change) => db.transaction().execute((trx) => writeAll(trx, change)),
    saveAccount: (account) => writeAccount(db, account),
    replaceAccount: (account) =>
      db.transaction().execute(async (trx) => {
        for (const table of accountTables) await trx.deleteFrom(table).execute()
        await writeAccount(trx, account)
      }),
    buriedBindings: async (ids) => {
      const rows = await db.selectFrom('cloudBuried').selectAll().where('forwardId', 'in', ids).execute()
      return rows.map(({ binding }) => bindingFromJson(binding)).filter((binding) => binding !== null)
    },
    pins: () => db.selectFrom('cloudPins').selectAll().execute(),
    savePin: async (pin) => {
      const { teamId: _team, userId: _user, ...rest } = pin
      await db
        .insertInto('cloudPins')
        .values({ ...pin })
        .onConflict((conflict) => conflict.columns(['teamId', 'userId']).doUpdateSet(rest))
        .execute()
    },
    forgetPins: (teamId, userId) =>
      db.transaction().execute(async (trx) => {
        const query = trx.deleteFrom('cloudPins').where('teamId', '=', teamId)
        await (userId === undefined ? query : query.where('userId', '=', userId)).execute()
        if (userId === undefined) await trx.deleteFrom('cloudTeamKeys').where('teamId', '=', teamId).execute()
      }),
    teamKeys: () => db.selectFrom('cloudTeamKeys').selectAll().execute(),
    saveTeamKey: async (key) => {
      await db.replaceInto('cloudTeamKeys').values(key).execute()
    },
  }
}

/** The cloud's half of a transaction that somebody else began. */
export async function writeCloud(trx: Transaction<Tables>, change: CloudChange): Promise<void> {
  for (const ids of chunked(change.unbound ?? [])) {
    await trx.deleteFrom('cloudBindings').where('forwardId', 'in', ids).execute()
  }
  for (const rows of chunked((change.bindings ?? []).map(bindingToRow))) {
    await trx.replaceInto('cloudBindings').values(rows).execute()
  }
  const at = change.buried?.at ?? ''
  for (const bindings of chunked(change.buried?.bindings ?? [])) {
    const rows = bindings.map((binding) => ({ forwardId: binding.forwardId, binding: JSON.stringify(binding), at }))
    await trx.replaceInto('cloudBuried').values(rows).execute()
  }
  for (const seqs of chunked(change.done ?? [])) {
    await trx.deleteFrom('cloudOutbox').where('seq', 'in', seqs).execute()
  }
  for (const entries of chunked(change.outbox ?? [])) {
    await trx.replaceInto('cloudOutbox').values(entries.map(entryToRow)).execute()
  }
  for (const ids of chunked(change.settled ?? [])) {
    await trx.deleteFrom('cloudConflicts').where('id', 'in', ids).execute()
  }
  for (const conflicts of chunked(change.conflicts ?? [])) {
    const rows = conflicts.map((conflict) => ({
      ...{ id: conflict.id, namespace: namespaceText(conflict.namespace), conflict: JSON.stringify(conflict) },
    }))
    await trx.replaceInto('cloudConflicts').values(rows).execute()
  }
  const gone = change.spacesGone ?? []
  if (gone.length > 0) await trx.deleteFrom('cloudSpaces').where('namespace', 'in', gone).execute()
  for (const space of change.spaces ?? []) {
    const row = { ...space, namespace: namespaceText(space.namespace) }
    await trx.replaceInto('cloudSpaces').values(row).execute()
  }
  for (const ids of chunked(change.madeServers ?? [])) {
    await trx
      .replaceInto('cloudServers')
      .values(ids.map((serverId) => ({ serverId })))
      .execute()
  }
}

/** Of what changes one entry is kept. */
export function outboxKey(entry: OutboxEntry): string {
  const owner = entry.kind === 'delete' ? `${namespaceText(entry.namespace)} ${entry.localId}` : entry.forwardId
  return `${entry.kind} ${owner}`
}

/** Forgets the bindings of forwards that are gone for good. */
export async function purgeCloud(trx: Transaction<Tables>, before: string): Promise<void> {
  await trx.deleteFrom('cloudBuried').where('at', '<', before).execute()
}

// --- internal ---

const accountTables = [
  ...(['cloudSpaces', 'cloudBindings', 'cloudBuried', 'cloudOutbox', 'cloudConflicts', 'cloudServers'] as const),
  ...(['cloudPins', 'cloudTeamKeys'] as const),
] as const

async function writeAll(trx: Transaction<Tables>, change: CloudTransaction): Promise<void> {
  const { forwards = [], servers = [], at = '' } = change.deleted ?? {}
  for (const ids of chunked(forwards)) {
    await trx.updateTable('forwards').set({ deletedAt: at, wanted: 0 }).where('id', 'in', ids).execute()
    // Brought back, it is this machine's alone: where it was bound before an earlier removal is over.
    await trx.deleteFrom('cloudBuried').where('forwardId', 'in', ids).execute()
  }
  for (const ids of chunked(servers)) {
    await trx.updateTable('servers').set({ deletedAt: at }).where('id', 'in', ids).execute()
    await trx.deleteFrom('cloudServers').where('serverId', 'in', ids).execute()
  }
  await upsertServers(trx, change.servers ?? [])
  await freeNames(trx, change.forwards ?? [])
  await upsertForwards(trx, change.forwards ?? [])
  await writeCloud(trx, change)
}

/** Forwards may exchange their names. */
async function freeNames(trx: Transaction<Tables>, specs: readonly ForwardSpec[]): Promise<void> {
  if (specs.length < 2) return
  for (const ids of chunked(specs.map(({ id }) => id))) {
    await trx
      .updateTable('forwards')
      .set((row) => ({ nameKey: row.ref('id') }))
      .where('id', 'in', ids)
      .execute()
  }
}

async function writeAccount(db: Kysely<Tables>, account: AccountRecord): Promise<void> {
  await db.replaceInto('cloudAccount').values(accountToRow(account)).execute()
}

async function load(db: Kysely<Tables>): Promise<CloudContent> {
  let unreadable = 0
  const read = <R, T>(rows: readonly R[], from: (row: R) => T | null): readonly T[] =>
    rows.flatMap((row) => {
      const value = from(row)
      if (value === null) unreadable += 1
      return value === null ? [] : [value]
    })
  const account = read(await db.selectFrom('cloudAccount').selectAll().execute(), accountFromRow)[0] ?? null
  const spaces = read(await db.selectFrom('cloudSpaces').selectAll().execute(), spaceFromRow)
  const bindings = read(await db.selectFrom('cloudBindings').selectAll().execute(), bindingFromRow)
  const outbox = read(await db.selectFrom('cloudOutbox').selectAll().orderBy('seq').execute(), entryFromRow)
  const conflicts = read(await db.selectFrom('cloudConflicts').selectAll().execute(), conflictFromRow)
  const made = await db.selectFrom('cloudServers').selectAll().execute()
  return { account, spaces, bindings, outbox, conflicts, madeServers: made.map(({ serverId }) => serverId), unreadable }
}

function entryToRow(entry: OutboxEntry): Tables['cloudOutbox'] {
  const { seq, at } = entry
  return { key: outboxKey(entry), seq, namespace: namespaceText(entry.namespace), at, entry: JSON.stringify(entry) }
}

function chunked<T>(all: readonly T[]): T[][] {
  return chunks(all, ROWS)
}
