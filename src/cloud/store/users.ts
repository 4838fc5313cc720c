/** Accounts, their devices' refresh tokens, and tokens that were logged out. */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { sql, type Kysely, type Transaction } from 'kysely'
import { announced } from './_announced'
import { endings, type Changes, type Notice } from './changes'
import type { Tables, UserRow } from './tables'

export interface NewUser {
  readonly email: string
  readonly username: string
  readonly passwordHash: string | null
  readonly external?: string
}

export type RefreshOutcome =
  | { readonly kind: 'fresh'; readonly user: UserRow; readonly token: string; readonly device: string }
  /** `stolen`: the token before the last was shown, so every token of the device is void now. */
  | { readonly kind: 'unknown' | 'stolen' }

export interface TokenIds {
  readonly userId: string
  readonly jti: string
  /** Its refresh chain; `null` for a token without one. */
  readonly device: string | null
}

export interface Users {
  readonly byId: (id: string) => Promise<UserRow | null>
  readonly byEmail: (email: string) => Promise<UserRow | null>
  readonly byExternal: (external: string) => Promise<UserRow | null>
  readonly count: () => Promise<number>
  /** `null` when the address has an account. */
  readonly add: (user: NewUser) => Promise<UserRow | null>
  /** Notes a wrong password; from the tenth in a row on the account is locked for a while. */
  readonly failedLogin: (id: string) => Promise<void>
  readonly goodLogin: (id: string) => Promise<void>
  readonly isLocked: (user: UserRow) => boolean
  /** Every token given before is void. */
  readonly setPassword: (id: string, passwordHash: string) => Promise<UserRow>
  /** Makes a device's first refresh token. */
  readonly openDevice: (userId: string, name: string) => Promise<{ readonly device: string; readonly token: string }>
  readonly refresh: (token: string) => Promise<RefreshOutcome>
  /** Whose token it is, and whether it was voided, in one question: every request asks it. `null` when the account is gone. */
  readonly ofToken: (token: TokenIds) => Promise<{ readonly user: UserRow; readonly isVoid: boolean } | null>
  readonly closeDevice: (device: string) => Promise<void>
  readonly revoke: (jti: string, expiresAt: string) => Promise<void>
  readonly isRevoked: (jti: string) => Promise<boolean>
  /** Forgets tokens whose time is over. */
  readonly purge: () => Promise<void>
}

const FREE_ATTEMPTS = 10
const LOCK_MS = 15 * 60_000
const SECRET_BYTES = 32
/** An answer can get lost: the token before the last one still works so long after it was used. */
const GRACE_MS = 60_000

export interface UsersOptions {
  readonly now: () => number
  readonly refreshMs: number
  readonly changes: Changes
}

export function createUsers(db: Kysely<Tables>, { now, refreshMs, changes }: UsersOptions): Users {
  const at = (ms = 0): string => new Date(now() + ms).toISOString()
  const byId: Users['byId'] = async (id) =>
    (await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  return {
    byId,
    byEmail: async (email) =>
      (await db.selectFrom('users').selectAll().where('emailKey', '=', emailKey(email)).executeTakeFirst()) ?? null,
    byExternal: async (external) =>
      (await db.selectFrom('users').selectAll().where('external', '=', external).executeTakeFirst()) ?? null,
    count: async () => {
      const { count } = await db
        .selectFrom('users')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    add: (user) => insertUser(db, user, at()),
    failedLogin: async (id) => {
      const { failedLogins } = await db
        .updateTable('users')
        .set({ failedLogins: sql`failed_logins + 1` })
        .where('id', '=', id)
        .returning('failedLogins')
        .executeTakeFirstOrThrow()
      if (failedLogins < FREE_ATTEMPTS) return
      await db
        .updateTable('users')
        .set({ lockedUntil: at(LOCK_MS) })
        .where('id', '=', id)
        .execute()
    },
    goodLogin: async (id) => {
      await db.updateTable('users').set({ failedLogins: 0, lockedUntil: null }).where('id', '=', id).execute()
    },
    isLocked: ({ lockedUntil }) => lockedUntil !== null && lockedUntil > at(),
    setPassword: (id, passwordHash) =>
      announced(db, changes, async (trx, say) => {
        say({ ended: endings.user(id) })
        await trx.updateTable('refreshTokens').set({ revokedAt: at() }).where('userId', '=', id).execute()
        return trx
          .updateTable('users')
          .set({ passwordHash, tokenEpoch: sql`token_epoch + 1`, failedLogins: 0, lockedUntil: null })
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow()
      }),
    openDevice: async (userId, name) => {
      const device = randomUUID()
      const secret = newSecret()
      await db
        .insertInto('refreshTokens')
        .values({
          ...{ id: device, userId, hash: hashOf(secret), previousHash: null, device: name },
          ...{ createdAt: at(), usedAt: at(), expiresAt: at(refreshMs), revokedAt: null },
        })
        .execute()
      return { device, token: `${device}.${secret}` }
    },
    refresh: (token) => announced(db, changes, (trx, say) => refresh(trx, token, { now, refreshMs, say })),
    ofToken: async ({ userId, jti, device }) => {
      const row = await db
        .selectFrom('users')
        .leftJoin('revokedTokens', (join) => join.on('revokedTokens.jti', '=', jti))
        .leftJoin('refreshTokens', (join) =>
          join.on('refreshTokens.id', '=', device ?? '').on('refreshTokens.revokedAt', 'is', null),
        )
        .selectAll('users')
        .select(['revokedTokens.jti as voided', 'refreshTokens.id as chain'])
        .where('users.id', '=', userId)
        .executeTakeFirst()
      if (row === undefined) return null
      const { voided, chain, ...user } = row
      return { user, isVoid: voided !== null || (device !== null && chain === null) }
    },
    closeDevice: (device) =>
      announced(db, changes, async (trx, say) => {
        await trx.updateTable('refreshTokens').set({ revokedAt: at() }).where('id', '=', device).execute()
        say({ ended: endings.device(device) })
      }),
    revoke: (jti, expiresAt) =>
      announced(db, changes, async (trx, say) => {
        await trx
          .insertInto('revokedTokens')
          .values({ jti, expiresAt })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        say({ ended: endings.token(jti) })
      }),
    isRevoked: async (jti) => {
      const row = await db.selectFrom('revokedTokens').select('jti').where('jti', '=', jti).executeTakeFirst()
      return row !== undefined
    },
    purge: async () => {
      await db.deleteFrom('revokedTokens').where('expiresAt', '<', at()).execute()
      await db.deleteFrom('refreshTokens').where('expiresAt', '<', at()).execute()
    },
  }
}

/** Addresses are the same without regard to case (RFC 5321 §2.4 leaves the local part to its host; none in use tells them apart). */
export function emailKey(email: string): string {
  return email.trim().normalize('NFC').toLowerCase()
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** `null` when the address, or the identity of the provider, has an account. */
export async function insertUser(db: Kysely<Tables>, user: NewUser, createdAt: string): Promise<UserRow | null> {
  const { email, username, passwordHash, external = null } = user
  const row: UserRow = {
    ...{ id: randomUUID(), email, emailKey: emailKey(email), username, passwordHash, external },
    ...{ tokenEpoch: 0, failedLogins: 0, lockedUntil: null, createdAt },
  }
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('users')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 0n ? null : row
}

// --- internal ---

interface RefreshTerms extends Pick<UsersOptions, 'now' | 'refreshMs'> {
  readonly say: (notice: Notice) => void
}

async function refresh(
  trx: Transaction<Tables>,
  token: string,
  { now, refreshMs, say }: RefreshTerms,
): Promise<RefreshOutcome> {
  const [device = '', secret = ''] = token.split('.', 2)
  const row = await trx
    .selectFrom('refreshTokens')
    .selectAll()
    .where('id', '=', device)
    .where('revokedAt', 'is', null)
    .executeTakeFirst()
  const time = new Date(now()).toISOString()
  if (row === undefined || row.expiresAt <= time) return { kind: 'unknown' }
  const isCurrent = isSame(hashOf(secret), row.hash)
  const isPrevious = row.previousHash !== null && isSame(hashOf(secret), row.previousHash)
  if (!isCurrent && !isPrevious) return { kind: 'unknown' }
  if (isPrevious && now() - Date.parse(row.usedAt) > GRACE_MS) {
    await trx.updateTable('refreshTokens').set({ revokedAt: time }).where('id', '=', device).execute()
    say({ ended: endings.device(device) })
    return { kind: 'stolen' }
  }
  const next = newSecret()
  await trx
    .updateTable('refreshTokens')
    .set({
      hash: hashOf(next),
      previousHash: hashOf(secret),
      usedAt: time,
      expiresAt: new Date(now() + refreshMs).toISOString(),
    })
    .where('id', '=', device)
    .execute()
  const user = await trx.selectFrom('users').selectAll().where('id', '=', row.userId).executeTakeFirst()
  return user === undefined ? { kind: 'unknown' } : { kind: 'fresh', user, token: `${device}.${next}`, device }
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
