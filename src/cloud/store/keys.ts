/** Keys for end-to-end encryption, as opaque text: members' public keys, and each team's key wrapped for each member. */
import type { Kysely, Transaction } from 'kysely'
import type { Tables, UserKeyRow } from './tables'

export interface TeamKeyState {
  /** Of the newest key; 0 while there is none. */
  readonly epoch: number
  /** The caller's copies, newest first: older ones open what was sealed before. */
  readonly mine: readonly { readonly epoch: number; readonly wrapped: string; readonly createdBy: string }[]
  /** Members that have a public key and no copy of the newest key. */
  readonly missing: readonly { readonly userId: string; readonly publicKey: string }[]
  /** Members that have no public key yet. */
  readonly keyless: readonly string[]
  /** Somebody who has a copy of the newest key is not a member any more: a member makes the next one. */
  readonly stale: boolean
}

export interface Keys {
  readonly ofUser: (userId: string) => Promise<UserKeyRow | null>
  readonly setOfUser: (key: Omit<UserKeyRow, 'createdAt'>) => Promise<void>
  readonly ofTeam: (teamId: string, userId: string) => Promise<TeamKeyState>
  /** Adds copies of the newest key, or makes the next one. False when somebody else was first or a copy is for no member. */
  readonly addCopies: (copies: NewCopies) => Promise<boolean>
}

export interface NewCopies {
  readonly teamId: string
  readonly epoch: number
  readonly createdBy: string
  readonly copies: readonly { readonly userId: string; readonly wrapped: string }[]
}

/** Holds the epoch whose key a removed member knows, per team. */
const staleKey = (teamId: string): string => `team-key-stale:${teamId}`

export function createKeys(db: Kysely<Tables>, now: () => number): Keys {
  return {
    ofUser: async (userId) =>
      (await db.selectFrom('userKeys').selectAll().where('userId', '=', userId).executeTakeFirst()) ?? null,
    setOfUser: async (key) => {
      const row = { ...key, createdAt: new Date(now()).toISOString() }
      const { userId: _id, ...rest } = row
      await db.transaction().execute(async (trx) => {
        await trx
          .insertInto('userKeys')
          .values(row)
          .onConflict((conflict) => conflict.column('userId').doUpdateSet(rest))
          .execute()
        // Copies for the key before open nothing any more.
        await trx.deleteFrom('teamKeys').where('userId', '=', key.userId).execute()
      })
    },
    ofTeam: (teamId, userId) => teamState(db, teamId, userId),
    addCopies: ({ teamId, epoch, createdBy, copies }) =>
      db.transaction().execute(async (trx) => {
        const team = await trx
          .updateTable('teams')
          .set((row) => ({ name: row.ref('name') }))
          .where('id', '=', teamId)
          .where('dissolvedAt', 'is', null)
          .returning('id')
          .executeTakeFirst()
        if (team === undefined) return false
        const { epoch: newest } = await teamState(trx, teamId, createdBy)
        if (epoch !== newest && epoch !== newest + 1) return false
        const members = await trx.selectFrom('members').select('userId').where('teamId', '=', teamId).execute()
        const ids = new Set(members.map(({ userId }) => userId))
        if (copies.some(({ userId }) => !ids.has(userId))) return false
        const createdAt = new Date(now()).toISOString()
        await trx
          .insertInto('teamKeys')
          .values(copies.map((copy) => ({ ...copy, teamId, epoch, createdBy, createdAt })))
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        return true
      }),
  }
}

/** Remembers that somebody who knew the newest key left. */
export async function markStale(db: Transaction<Tables>, teamId: string): Promise<void> {
  const epoch = await newestEpoch(db, teamId)
  await db
    .insertInto('settings')
    .values({ key: staleKey(teamId), value: String(epoch) })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: String(epoch) }))
    .execute()
}

// --- internal ---

async function newestEpoch(db: Kysely<Tables>, teamId: string): Promise<number> {
  const row = await db
    .selectFrom('teamKeys')
    .select(({ fn }) => fn.max('epoch').as('epoch'))
    .where('teamId', '=', teamId)
    .executeTakeFirst()
  const left = await db.selectFrom('settings').select('value').where('key', '=', staleKey(teamId)).executeTakeFirst()
  return Math.max(Number(row?.epoch ?? 0), Number(left?.value ?? 0))
}

async function teamState(db: Kysely<Tables>, teamId: string, userId: string): Promise<TeamKeyState> {
  const epoch = await newestEpoch(db, teamId)
  const mine = await db
    .selectFrom('teamKeys')
    .select(['epoch', 'wrapped', 'createdBy'])
    .where('teamId', '=', teamId)
    .where('userId', '=', userId)
    .orderBy('epoch', 'desc')
    .execute()
  const members = await db
    .selectFrom('members')
    .leftJoin('userKeys', 'userKeys.userId', 'members.userId')
    .select(['members.userId', 'userKeys.publicKey'])
    .where('members.teamId', '=', teamId)
    .execute()
  const holders = await db
    .selectFrom('teamKeys')
    .select('userId')
    .where('teamId', '=', teamId)
    .where('epoch', '=', epoch)
    .execute()
  const has = new Set(holders.map((row) => row.userId))
  const left = await db.selectFrom('settings').select('value').where('key', '=', staleKey(teamId)).executeTakeFirst()
  return {
    epoch,
    mine,
    missing: members.flatMap(({ userId: id, publicKey }) =>
      publicKey === null || has.has(id) ? [] : [{ userId: id, publicKey }],
    ),
    keyless: members.filter(({ publicKey }) => publicKey === null).map(({ userId: id }) => id),
    stale: epoch > 0 && Number(left?.value ?? -1) === epoch,
  }
}
