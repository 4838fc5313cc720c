/** Keys for end-to-end encryption, as opaque text: members' public keys, and each generation of a team's key wrapped for each member. */
import type { Kysely, Transaction } from 'kysely'
import { announced } from './_announced'
import { lockTeam } from './_locked-team'
import { addAudit, type Actor } from './audit'
import type { Changes, Notice } from './changes'
import { scopeOf } from './_scope'
import type { Tables, TeamRow, UserKeyRow } from './tables'

export interface KeyMember {
  readonly userId: string
  readonly email: string
  readonly username: string
  readonly role: string
  /** `null`: none was published yet. */
  readonly publicKey: string | null
  /** The version of their key at the last change of its public half. */
  readonly keyVersion: number | null
  /** That they hold a copy of, newest first. */
  readonly generations: readonly number[]
}

export interface TeamKeyState {
  /** The newest; 0 while there is none. */
  readonly generation: number
  /** Somebody who could hold the newest key is not a member any more: a member who may edit makes the next one. */
  readonly rekeyDue: boolean
  /** There is a key, and nobody holds it: the next one may be made without holding it. */
  readonly lost: boolean
  /** The caller's copies, newest first: older ones open what was sealed before. */
  readonly mine: readonly Copy[]
  readonly members: readonly KeyMember[]
  /** Members that have a public key and no copy of the newest key. */
  readonly missing: readonly string[]
}

export interface Copy {
  readonly generation: number
  readonly wrapped: string
  readonly createdBy: string
  readonly createdAt: string
}

export interface NewCopy {
  readonly userId: string
  /** Of the public key that it was wrapped for. */
  readonly keyVersion: number
  readonly wrapped: string
}

export interface NewKey {
  readonly publicKey: string
  readonly sealedPrivateKey: string
  /** The version that it replaces; 0 for none. */
  readonly replaces: number
}

/** `changed`: the members, a key or the generation is not what the caller saw. `not-holder`: who does not hold a key cannot hand it on. */
export type KeyOutcome =
  { readonly kind: 'done'; readonly state: TeamKeyState } | { readonly kind: 'changed' | 'not-holder' }

export interface Keys {
  readonly ofUser: (userId: string) => Promise<UserKeyRow | null>
  /** `null` when another key than the one that is replaced is there. Copies for another public key before open nothing and are dropped. */
  readonly setOfUser: (by: Actor, key: NewKey) => Promise<UserKeyRow | null>
  readonly ofTeam: (team: TeamRow, userId: string) => Promise<TeamKeyState>
  /** Makes the next generation: of two at once, one. */
  readonly publish: (
    teamId: string,
    by: Actor,
    next: { readonly generation: number; readonly copies: readonly NewCopy[] },
  ) => Promise<KeyOutcome>
  /** Of generations that the caller holds. A copy that is there stays. */
  readonly addCopies: (
    teamId: string,
    by: Actor,
    copies: readonly (NewCopy & { readonly generation: number })[],
  ) => Promise<KeyOutcome>
  /** One's own, which does not open. `null` when there is none. */
  readonly dropCopy: (teamId: string, by: Actor, generation: number) => Promise<TeamKeyState | null>
}

type Trx = Transaction<Tables>

/** SQLite takes 32,766 parameters in one statement; a row has 7. */
const ROWS_PER_INSERT = 2000

export function createKeys(db: Kysely<Tables>, changes: Changes, now: () => number): Keys {
  const at = (): string => new Date(now()).toISOString()
  return {
    ofUser: async (userId) =>
      (await db.selectFrom('userKeys').selectAll().where('userId', '=', userId).executeTakeFirst()) ?? null,
    setOfUser: (by, key) => announced(db, changes, (trx, say) => setOfUser(trx, key, { by, say, at: at() })),
    ofTeam: (team, userId) => teamState(db, team, userId),
    publish: (teamId, by, { generation, copies }) =>
      announced(db, changes, async (trx, say) => {
        const team = await lockTeam(trx, teamId)
        if (team === null || generation !== team.keyGeneration + 1) return { kind: 'changed' }
        const before = await teamState(trx, team, by.id)
        if (!before.lost && team.keyGeneration > 0 && !holds(before, team.keyGeneration)) return { kind: 'not-holder' }
        if (!areCurrent(before, copies)) return { kind: 'changed' }
        const next = { keyGeneration: generation, rekeyDue: 0 }
        await trx.updateTable('teams').set(next).where('id', '=', teamId).execute()
        const createdAt = at()
        const rows = copies.map((copy) => ({ ...copy, generation }))
        await insertCopies(trx, rows, { teamId, createdBy: by.id, createdAt })
        const subject = `generation ${generation}`
        await addAudit(trx, { teamId, by, action: 'key.generation', subject, detail: countOf(copies) }, createdAt)
        say({ news: scopeOf({ userId: '', namespace: teamId }) })
        return { kind: 'done', state: await teamState(trx, { ...team, ...next }, by.id) }
      }),
    addCopies: (teamId, by, copies) =>
      announced(db, changes, async (trx, say) => {
        const team = await lockTeam(trx, teamId)
        if (team === null || copies.some(({ generation }) => generation > team.keyGeneration))
          return { kind: 'changed' }
        const before = await teamState(trx, team, by.id)
        if (copies.some(({ generation }) => !holds(before, generation))) return { kind: 'not-holder' }
        if (!areCurrent(before, copies)) return { kind: 'changed' }
        const createdAt = at()
        const added = await insertCopies(trx, copies, { teamId, createdBy: by.id, createdAt })
        if (added > 0) {
          const subject = [...new Set(copies.map(({ userId }) => emailOf(before, userId)))].join(', ').slice(0, 1000)
          await addAudit(trx, { teamId, by, action: 'key.copies', subject, detail: countOf(copies) }, createdAt)
          say({ news: scopeOf({ userId: '', namespace: teamId }) })
        }
        return { kind: 'done', state: await teamState(trx, team, by.id) }
      }),
    dropCopy: (teamId, by, generation) =>
      announced(db, changes, async (trx, say) => {
        const team = await lockTeam(trx, teamId)
        if (team === null) return null
        const { numDeletedRows } = await trx
          .deleteFrom('teamKeys')
          .where('teamId', '=', teamId)
          .where('userId', '=', by.id)
          .where('generation', '=', generation)
          .executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) return null
        say({ news: scopeOf({ userId: '', namespace: teamId }) })
        return teamState(trx, team, by.id)
      }),
  }
}

/** What the end of a membership means for the team's key, whose row is locked. */
export async function forgetCopies(trx: Trx, team: TeamRow, userId: string): Promise<void> {
  await trx.deleteFrom('teamKeys').where('teamId', '=', team.id).where('userId', '=', userId).execute()
  if (team.keyGeneration === 0) return
  // Who never had a public key cannot have held the team's.
  const key = await trx.selectFrom('userKeys').select('userId').where('userId', '=', userId).executeTakeFirst()
  if (key !== undefined) await trx.updateTable('teams').set({ rekeyDue: 1 }).where('id', '=', team.id).execute()
}

// --- internal ---

interface Setting {
  readonly by: Actor
  readonly at: string
  readonly say: (notice: Notice) => void
}

async function setOfUser(trx: Trx, key: NewKey, { by, at, say }: Setting): Promise<UserKeyRow | null> {
  const { replaces, ...halves } = key
  const version = replaces + 1
  if (replaces === 0) {
    const row = { ...halves, userId: by.id, version, keyVersion: version, createdAt: at, updatedAt: at }
    const made = await trx
      .insertInto('userKeys')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst()
    if (made === undefined) return null
    await tellTeams(trx, null, { by, at, say })
    return made
  }
  const before = await trx.selectFrom('userKeys').selectAll().where('userId', '=', by.id).executeTakeFirst()
  const isReset = before?.publicKey !== key.publicKey
  const set = await trx
    .updateTable('userKeys')
    .set({ ...halves, version, updatedAt: at, ...(isReset ? { keyVersion: version } : {}) })
    .where('userId', '=', by.id)
    .where('version', '=', replaces)
    .returningAll()
    .executeTakeFirst()
  if (set === undefined) return null
  if (isReset) await trx.deleteFrom('teamKeys').where('userId', '=', by.id).execute()
  await tellTeams(trx, isReset ? 'another public key' : null, { by, at, say })
  return set
}

/** `reset`: said in the audit of every team, because its members pin keys. */
async function tellTeams(trx: Trx, reset: string | null, { by, at, say }: Setting): Promise<void> {
  say({ news: scopeOf({ userId: by.id, namespace: null }) })
  const teams = await trx.selectFrom('members').select('teamId').where('userId', '=', by.id).execute()
  for (const { teamId } of teams) {
    const detail = reset ?? 'published or sealed anew'
    await addAudit(trx, { teamId, by, action: 'member.key', subject: by.email, detail }, at)
    say({ news: scopeOf({ userId: '', namespace: teamId }) })
  }
}

function holds({ mine }: TeamKeyState, generation: number): boolean {
  return mine.some((copy) => copy.generation === generation)
}

/** Whether each copy is for a member, with the public key that this one has now. */
function areCurrent({ members }: TeamKeyState, copies: readonly NewCopy[]): boolean {
  const versions = new Map(members.map(({ userId, keyVersion }) => [userId, keyVersion]))
  return copies.every(({ userId, keyVersion }) => versions.get(userId) === keyVersion)
}

function emailOf({ members }: TeamKeyState, userId: string): string {
  return members.find((member) => member.userId === userId)?.email ?? userId
}

function countOf(copies: readonly unknown[]): string {
  return copies.length === 1 ? '1 copy' : `${copies.length} copies`
}

/** Returns how many were not there. A copy for a public key of before makes room. */
async function insertCopies(
  trx: Trx,
  copies: readonly (NewCopy & { readonly generation: number })[],
  common: { readonly teamId: string; readonly createdBy: string; readonly createdAt: string },
): Promise<number> {
  let added = 0
  for (let first = 0; first < copies.length; first += ROWS_PER_INSERT) {
    const { numInsertedOrUpdatedRows = 0n } = await trx
      .insertInto('teamKeys')
      .values(copies.slice(first, first + ROWS_PER_INSERT).map((copy) => ({ ...copy, ...common })))
      .onConflict((conflict) =>
        conflict
          .columns(['teamId', 'generation', 'userId'])
          .doUpdateSet((row) => ({
            wrapped: row.ref('excluded.wrapped'),
            keyVersion: row.ref('excluded.keyVersion'),
            createdBy: row.ref('excluded.createdBy'),
            createdAt: row.ref('excluded.createdAt'),
          }))
          .whereRef('teamKeys.keyVersion', '<>', 'excluded.keyVersion' as never),
      )
      .executeTakeFirstOrThrow()
    added += Number(numInsertedOrUpdatedRows)
  }
  return added
}

/** Copies count for the public key that a member has now, not for one before. */
function copiesOf(db: Kysely<Tables>, teamId: string) {
  return db
    .selectFrom('teamKeys')
    .innerJoin('userKeys', (join) =>
      join.onRef('userKeys.userId', '=', 'teamKeys.userId').onRef('userKeys.keyVersion', '=', 'teamKeys.keyVersion'),
    )
    .where('teamId', '=', teamId)
    .orderBy('generation', 'desc')
}

async function teamState(db: Kysely<Tables>, team: TeamRow, userId: string): Promise<TeamKeyState> {
  const { id, keyGeneration: generation } = team
  const mine = await copiesOf(db, id)
    .select(['generation', 'wrapped', 'createdBy', 'teamKeys.createdAt'])
    .where('teamKeys.userId', '=', userId)
    .execute()
  const held = new Map<string, number[]>()
  for (const copy of await copiesOf(db, id).select(['teamKeys.userId', 'generation']).execute()) {
    held.set(copy.userId, [...(held.get(copy.userId) ?? []), copy.generation])
  }
  const rows = await db
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.userId')
    .leftJoin('userKeys', 'userKeys.userId', 'members.userId')
    .select(['members.userId', 'users.email', 'users.username', 'members.role'])
    .select(['userKeys.publicKey', 'userKeys.keyVersion'])
    .where('members.teamId', '=', id)
    .orderBy('members.joinedAt')
    .execute()
  const members = rows.map((row) => ({ ...row, generations: held.get(row.userId) ?? [] }))
  const has = (member: KeyMember): boolean => member.generations.includes(generation)
  return {
    ...{ generation, rekeyDue: team.rekeyDue !== 0, lost: generation > 0 && !members.some(has), mine, members },
    missing: members.filter((one) => one.publicKey !== null && !has(one)).map((one) => one.userId),
  }
}
