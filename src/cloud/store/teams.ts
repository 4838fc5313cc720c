/** Teams, their members, and invitations. A role is checked by the routes; what must hold always is held here. */
import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { InviteRow, Tables, TeamRow } from './tables'
import { hashOf, newSecret } from './users'
import { announced } from './_announced'
import { joinTeam, useInvite, type Acceptance } from './_invites'
import { endings, type Changes } from './changes'
import { removeScope, scopeOf } from './forwards'
import { markStale } from './keys'

export const roles = ['owner', 'developer', 'user'] as const
export type Role = (typeof roles)[number]

export interface Membership {
  readonly team: TeamRow
  readonly role: Role
}

export interface Member {
  readonly userId: string
  readonly email: string
  readonly username: string
  readonly role: Role
  readonly joinedAt: string
}

export type AcceptOutcome =
  | { readonly kind: 'joined'; readonly team: TeamRow; readonly role: Role }
  /** `used`: by somebody else; who accepted it before joins nothing twice. */
  | { readonly kind: 'unknown' | 'used' | 'expired' | 'dissolved' | 'member' }

export interface Teams {
  readonly create: (name: string, ownerId: string) => Promise<TeamRow>
  readonly ofUser: (userId: string) => Promise<readonly Membership[]>
  /** `null`: no such team, a dissolved one, or not a member. */
  readonly membership: (teamId: string, userId: string) => Promise<Membership | null>
  readonly members: (teamId: string) => Promise<readonly Member[]>
  /** `teamId` `null`: an invitation to make an account. The token is told once. */
  readonly invite: (invite: NewInvite) => Promise<{ readonly row: InviteRow; readonly token: string }>
  readonly invites: (teamId: string) => Promise<readonly InviteRow[]>
  readonly withdraw: (teamId: string, inviteId: string) => Promise<boolean>
  /** Whether it would let somebody in now. */
  readonly isOpen: (token: string) => Promise<boolean>
  readonly accept: (token: string, userId: string) => Promise<AcceptOutcome>
  /** Its key is to be made anew then. False when the team would be left without an owner, or there is no such member. */
  readonly remove: (teamId: string, userId: string) => Promise<boolean>
  /** As {@link remove}. */
  readonly setRole: (teamId: string, userId: string, role: Role) => Promise<boolean>
  /** With its forwards. */
  readonly dissolve: (teamId: string) => Promise<void>
}

export interface NewInvite {
  readonly teamId: string | null
  readonly role: Role | null
  readonly createdBy: string | null
  readonly days: number
}

const DAY_MS = 86_400_000

export function createTeams(db: Kysely<Tables>, changes: Changes, now: () => number): Teams {
  const at = (ms = 0): string => new Date(now() + ms).toISOString()
  const open = (token: string) =>
    db
      .selectFrom('invites')
      .selectAll()
      .where('hash', '=', hashOf(token))
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', at())
  return {
    create: (name, ownerId) =>
      db.transaction().execute(async (trx) => {
        const team: TeamRow = { id: randomUUID(), name, createdAt: at(), dissolvedAt: null }
        await trx.insertInto('teams').values(team).execute()
        await trx
          .insertInto('members')
          .values({ teamId: team.id, userId: ownerId, role: 'owner', joinedAt: at() })
          .execute()
        return team
      }),
    ofUser: async (userId) => (await memberships(db, userId).execute()).map(toMembership),
    membership: async (teamId, userId) => {
      const row = await memberships(db, userId).where('teams.id', '=', teamId).executeTakeFirst()
      return row === undefined ? null : toMembership(row)
    },
    members: async (teamId) => {
      const rows = await db
        .selectFrom('members')
        .innerJoin('users', 'users.id', 'members.userId')
        .select(['members.userId', 'users.email', 'users.username', 'members.role', 'members.joinedAt'])
        .where('members.teamId', '=', teamId)
        .orderBy('members.joinedAt')
        .execute()
      return rows.map((row) => ({ ...row, role: row.role as Role }))
    },
    invite: async ({ teamId, role, createdBy, days }) => {
      const token = newSecret()
      const row: InviteRow = {
        ...{ id: randomUUID(), teamId, role, hash: hashOf(token), createdBy, createdAt: at() },
        ...{ expiresAt: at(days * DAY_MS), usedAt: null, usedBy: null },
      }
      await db.insertInto('invites').values(row).execute()
      return { row, token }
    },
    invites: async (teamId) =>
      await db
        .selectFrom('invites')
        .selectAll()
        .where('teamId', '=', teamId)
        .where('usedAt', 'is', null)
        .where('expiresAt', '>', at())
        .orderBy('createdAt')
        .execute(),
    withdraw: async (teamId, inviteId) => {
      const { numDeletedRows } = await db
        .deleteFrom('invites')
        .where('id', '=', inviteId)
        .where('teamId', '=', teamId)
        .where('usedAt', 'is', null)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
    isOpen: async (token) => (await open(token).executeTakeFirst()) !== undefined,
    accept: (token, userId) =>
      db
        .transaction()
        .execute((trx) => accept(trx, token, { userId, at: at() }))
        .catch((error: unknown) => {
          if (error instanceof UsedMeanwhile) return { kind: 'used' as const }
          throw error
        }),
    remove: (teamId, userId) =>
      announced(db, changes, async (trx, say) => {
        if (!(await leavesAnOwner(trx, teamId, userId))) return false
        const { numDeletedRows } = await trx
          .deleteFrom('members')
          .where('teamId', '=', teamId)
          .where('userId', '=', userId)
          .executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) return false
        await trx.deleteFrom('teamKeys').where('teamId', '=', teamId).where('userId', '=', userId).execute()
        await markStale(trx, teamId)
        say({ ended: endings.member(teamId, userId) })
        return true
      }),
    setRole: (teamId, userId, role) =>
      db.transaction().execute(async (trx) => {
        if (role !== 'owner' && !(await leavesAnOwner(trx, teamId, userId))) return false
        const { numUpdatedRows } = await trx
          .updateTable('members')
          .set({ role })
          .where('teamId', '=', teamId)
          .where('userId', '=', userId)
          .executeTakeFirstOrThrow()
        return numUpdatedRows > 0n
      }),
    dissolve: (teamId) =>
      announced(db, changes, async (trx, say) => {
        say({ ended: endings.team(teamId) })
        await removeScope(trx, scopeOf({ userId: '', namespace: teamId }), at())
        await trx.updateTable('teams').set({ dissolvedAt: at() }).where('id', '=', teamId).execute()
        await trx.deleteFrom('members').where('teamId', '=', teamId).execute()
        await trx.deleteFrom('invites').where('teamId', '=', teamId).where('usedAt', 'is', null).execute()
        await trx.deleteFrom('teamKeys').where('teamId', '=', teamId).execute()
      }),
  }
}

// --- internal ---

function memberships(db: Kysely<Tables>, userId: string) {
  return db
    .selectFrom('members')
    .innerJoin('teams', 'teams.id', 'members.teamId')
    .select(['teams.id', 'teams.name', 'teams.createdAt', 'teams.dissolvedAt', 'members.role'])
    .where('members.userId', '=', userId)
    .where('teams.dissolvedAt', 'is', null)
    .orderBy('teams.name')
}

function toMembership({ role, ...team }: TeamRow & { readonly role: string }): Membership {
  return { team, role: role as Role }
}

async function accept(trx: Transaction<Tables>, token: string, { userId, at }: Acceptance): Promise<AcceptOutcome> {
  const invite = await trx.selectFrom('invites').selectAll().where('hash', '=', hashOf(token)).executeTakeFirst()
  if (invite === undefined || invite.teamId === null || invite.role === null) return { kind: 'unknown' }
  if (invite.usedAt !== null) return { kind: 'used' }
  if (invite.expiresAt <= at) return { kind: 'expired' }
  const team = await trx.selectFrom('teams').selectAll().where('id', '=', invite.teamId).executeTakeFirst()
  if (team === undefined || team.dissolvedAt !== null) return { kind: 'dissolved' }
  // An invitation that adds nobody is left for whom it was meant.
  if ((await joinTeam(trx, invite, { userId, at })) === null) return { kind: 'member' }
  if ((await useInvite(trx, token, { userId, at })) === null) throw new UsedMeanwhile()
  return { kind: 'joined', team, role: invite.role as Role }
}

/** Another request used the invitation after the look: takes the membership back. */
class UsedMeanwhile extends Error {}

/** The team's row is locked first: two owners that leave at the same time must see each other. */
async function leavesAnOwner(trx: Transaction<Tables>, teamId: string, userId: string): Promise<boolean> {
  await trx
    .updateTable('teams')
    .set((row) => ({ name: row.ref('name') }))
    .where('id', '=', teamId)
    .execute()
  const other = await trx
    .selectFrom('members')
    .select('userId')
    .where('teamId', '=', teamId)
    .where('role', '=', 'owner')
    .where('userId', '!=', userId)
    .executeTakeFirst()
  if (other !== undefined) return true
  const own = await trx
    .selectFrom('members')
    .select('role')
    .where('teamId', '=', teamId)
    .where('userId', '=', userId)
    .executeTakeFirst()
  return own !== undefined && own.role !== 'owner'
}
