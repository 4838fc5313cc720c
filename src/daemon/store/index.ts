/** The daemon's store: one SQLite file, opened by exactly one process. Every method that changes is one transaction. */
import { sql, type Kysely } from 'kysely'
import type { Fault } from '@shared/errors'
import type { ActivityEvent } from '@shared/snapshots'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import type { Places } from '../places'
import { apiPart, type ApiStore } from './_apis'
import { backUp } from './_backups'
import { cloudPart, purgeCloud, type CloudChange, type CloudStore } from './_cloud'
import type { Sqlite } from '@sqlite'
import { storeFault } from './_faults'
import { forwardPart, serverPart, timePart } from './_forwards'
import { loadRelays, purgeRelays, relayPart, type RelayRecord, type RelayStore } from './_relays'
import { forwardFromRow, serverFromRow } from './_rows'
import type { AllowedCommandRow, Tables, TrustedKeyRow } from './_tables'
import { trafficPart, type TrafficPart } from './_traffic'
import { openDatabase } from './open'
import { xPortForwardPart, type XPortForwardStore } from './_x-port-forward'

export { ensurePrivateFolder } from './folders'
export type { ApiSettingsRecord } from './_apis'
export { outboxKey, type CloudChange, type CloudContent, type CloudStore, type CloudTransaction } from './_cloud'
export { namespaceText, type CloudSpace, type SavedBinding, type SealedSecrets } from './_cloud-rows'
export type { RelayRecord } from './_relays'
export { storeFault } from './_faults'
export { nameKey } from './_rows'
export {
  DAYS_LOADED,
  OWNER_HISTORY_LIMIT,
  type LedgerHook,
  type LiveChanges,
  type SavedTraffic,
  type TrafficDelta,
} from './_traffic'
export { createSlotFile, readSlotFile, type SavedSlot, type SlotFile, type SlotFileContent } from './_traffic-slots'
export { takeLock, type StoreLock } from './lock'
export {
  addToXForwards,
  REPORT_ROWS,
  type XBatch,
  type XForward,
  type XPortForwardStore,
  type XTrafficLog,
} from './_x-port-forward'

export interface ForwardRecord {
  readonly spec: ForwardSpec
  readonly wanted: boolean
  readonly lastUsed: string | null
}

export type TrustedKeyRecord = Readonly<TrustedKeyRow>
export type NewActivity = Omit<ActivityEvent, 'id'>

export interface StoreContent {
  readonly servers: readonly ServerSpec[]
  readonly forwards: readonly ForwardRecord[]
  readonly relays: readonly RelayRecord[]
  readonly trustedKeys: readonly TrustedKeyRecord[]
  /** Rows that this Warren cannot read; they stay in the file. */
  readonly unreadable: readonly string[]
}

export interface Purged {
  readonly forwards: readonly string[]
  readonly relays: readonly string[]
  readonly servers: readonly string[]
}

export interface Store extends RelayStore, ApiStore, XPortForwardStore, TrafficPart, CloudStore {
  readonly warnings: readonly Fault[]
  readonly load: () => Promise<StoreContent>
  readonly saveServer: (spec: ServerSpec, cloud?: CloudChange) => Promise<void>
  readonly deleteServer: (id: string, at: string) => Promise<void>
  /** A deleted server, as long as it is kept. */
  readonly deletedServer: (id: string) => Promise<ServerSpec | null>
  /** Saves all or nothing, restored servers first; `cloud` is what the change means for what is shared. */
  readonly saveForwards: (
    specs: readonly ForwardSpec[],
    servers?: readonly ServerSpec[],
    cloud?: CloudChange,
  ) => Promise<void>
  readonly deleteForwards: (ids: readonly string[], at: string, cloud?: CloudChange) => Promise<void>
  /** Newest first. */
  readonly removedForwards: () => Promise<
    readonly { readonly id: string; readonly name: string; readonly removedAt: string }[]
  >
  readonly deletedForwards: (ids: readonly string[]) => Promise<readonly ForwardSpec[]>
  readonly setWanted: (ids: readonly string[], wanted: boolean) => Promise<void>
  readonly setLastUsed: (ids: readonly string[], at: string) => Promise<void>
  /** When forwards whose time is limited end; `null` takes the limit away. */
  readonly setTimes: (ids: readonly string[], stopsAt: string | null) => Promise<void>
  readonly times: () => Promise<readonly { readonly forwardId: string; readonly stopsAt: string }[]>
  readonly addTrustedKey: (key: TrustedKeyRecord) => Promise<void>
  readonly removeTrustedKey: (id: string) => Promise<void>
  readonly allowCommand: (command: Readonly<AllowedCommandRow>) => Promise<void>
  readonly isCommandAllowed: (key: string) => Promise<boolean>
  readonly addActivity: (event: NewActivity) => Promise<number>
  readonly listActivity: (limit: number, before?: number) => Promise<readonly ActivityEvent[]>
  readonly getMeta: (key: string) => Promise<string | null>
  readonly setMeta: (key: string, value: string) => Promise<void>
  /** Forgets for good what was deleted before `before`, and activity beyond its bound. Returns the ids of what it forgot. */
  readonly purge: (before: string) => Promise<Purged>
  /** Copies the file, once a day under its own name, unless nothing changed since the last copy. */
  readonly backUp: () => void
  readonly close: () => Promise<void>
}

/** How many activity events are kept. */
export const ACTIVITY_LIMIT = 5000

/** Opens the store; the caller holds the lock of the folder. See {@link openDatabase} for what it throws. */
export function openStore(places: Places): Store {
  const { db, raw, warnings } = openDatabase(places)
  const guard = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw storeFault(error, places.home)
    }
  }
  let backedUpChanges = -1
  const parts = {
    ...serverPart(db),
    ...forwardPart(db),
    ...relayPart(db),
    ...apiPart(db),
    ...timePart(db),
    ...trustPart(db),
    ...commandPart(db),
    ...activityPart(db),
    ...metaPart(db),
    ...trafficPart(db),
    ...xPortForwardPart(db),
    ...cloudPart(db),
  }
  const guarded = Object.fromEntries(
    Object.entries(parts).map(([name, method]) => [
      name,
      (...parameters: never[]) => guard((method as (...all: never[]) => Promise<unknown>)(...parameters)),
    ]),
  ) as typeof parts
  return {
    ...guarded,
    warnings,
    load: () => guard(load(db)),
    purge: (before) => guard(purge(db, before)),
    backUp: () => {
      try {
        const changes = changeCount(raw)
        if (changes === backedUpChanges) return
        backUp(raw, places, 'routine')
        backedUpChanges = changes
      } catch (error) {
        throw storeFault(error, places.home)
      }
    },
    close: async () => {
      // libsql leaves the journal behind when statements are not collected yet: everything moves into the file before.
      await guard(sql`pragma wal_checkpoint(truncate)`.execute(db)).catch(() => undefined)
      await db.destroy()
    },
  }
}

/** Rows changed through this connection since it was opened. */
function changeCount(raw: Sqlite): number {
  const [row] = raw.prepare('select total_changes() as changes').all() as { changes: number }[]
  return row?.changes ?? 0
}

async function load(db: Kysely<Tables>): Promise<StoreContent> {
  const serverRows = await db.selectFrom('servers').selectAll().where('deletedAt', 'is', null).execute()
  const forwardRows = await db.selectFrom('forwards').selectAll().where('deletedAt', 'is', null).execute()
  const trustedKeys = await db.selectFrom('trustedKeys').selectAll().orderBy('addedAt').execute()
  const unreadable: string[] = []
  const servers = serverRows.flatMap((row) => {
    const spec = serverFromRow(row)
    if (spec === null) unreadable.push(`server ${row.name}`)
    return spec === null ? [] : [spec]
  })
  const serverIds = new Set(servers.map(({ id }) => id))
  const forwards = forwardRows.flatMap((row) => {
    const spec = forwardFromRow(row)
    if (spec !== null && serverIds.has(spec.serverId)) {
      return [{ spec, wanted: row.wanted === 1, lastUsed: row.lastUsed }]
    }
    unreadable.push(`forward ${row.name}`)
    return []
  })
  const relays = await loadRelays(db)
  unreadable.push(...relays.unreadable)
  return { servers, forwards, relays: relays.relays, trustedKeys, unreadable }
}

function trustPart(db: Kysely<Tables>): Pick<Store, 'addTrustedKey' | 'removeTrustedKey'> {
  return {
    addTrustedKey: async (key) => {
      await db
        .insertInto('trustedKeys')
        .values(key)
        .onConflict((conflict) => conflict.columns(['host', 'key']).doNothing())
        .execute()
    },
    removeTrustedKey: async (id) => {
      await db.deleteFrom('trustedKeys').where('id', '=', id).execute()
    },
  }
}

function commandPart(db: Kysely<Tables>): Pick<Store, 'allowCommand' | 'isCommandAllowed'> {
  return {
    allowCommand: async (command) => {
      await db
        .insertInto('allowedCommands')
        .values(command)
        .onConflict((conflict) => conflict.column('key').doNothing())
        .execute()
    },
    isCommandAllowed: async (key) => {
      const row = await db.selectFrom('allowedCommands').select('key').where('key', '=', key).executeTakeFirst()
      return row !== undefined
    },
  }
}

function activityPart(db: Kysely<Tables>): Pick<Store, 'addActivity' | 'listActivity'> {
  return {
    addActivity: async (event) => {
      const { id } = await db.insertInto('activity').values(event).returning('id').executeTakeFirstOrThrow()
      return id
    },
    listActivity: async (limit, before) => {
      let query = db.selectFrom('activity').selectAll().orderBy('id', 'desc').limit(limit)
      if (before !== undefined) query = query.where('id', '<', before)
      return (await query.execute()) as ActivityEvent[]
    },
  }
}

function metaPart(db: Kysely<Tables>): Pick<Store, 'getMeta' | 'setMeta'> {
  return {
    getMeta: async (key) => {
      const row = await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst()
      return row?.value ?? null
    },
    setMeta: async (key, value) => {
      await db
        .insertInto('meta')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute()
    },
  }
}

async function purge(db: Kysely<Tables>, before: string): Promise<Purged> {
  return db.transaction().execute(async (trx) => {
    const forwards = await trx.deleteFrom('forwards').where('deletedAt', '<', before).returning('id').execute()
    const relays = await purgeRelays(trx, before)
    await purgeCloud(trx, before)
    const servers = await trx
      .deleteFrom('servers')
      .where('deletedAt', '<', before)
      .where('id', 'not in', trx.selectFrom('forwards').select('serverId'))
      .returning('id')
      .execute()
    await trx
      .deleteFrom('activity')
      .where('id', '<=', sql<number>`(select max(id) - ${ACTIVITY_LIMIT} from activity)`)
      .execute()
    return { forwards: forwards.map(({ id }) => id), relays, servers: servers.map(({ id }) => id) }
  })
}
