/** Teams, their members, and invitations. A role is checked by the routes; what must hold always is held here. */
import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { InviteRow, Tables, TeamRow } from './tables'
import { hashOf, newSecret } from './users'
import { announced } from './_announced'
import { joinTeam, useInvite, type Acceptance } from './_invites'
import { lockTeam } from './_locked-team'
import { scopeOf } from './_scope'
import { addAudit, type Actor } from './audit'
import { endings, type Changes, type Notice } from './changes'
import { endRuns } from './activity'
import { removeScope } from './forwards'
import { forgetCopies } from './keys'

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
  readonly create: (name: string, by: Actor) => Promise<TeamRow>
  readonly ofUser: (userId: string) => Promise<readonly Membership[]>
  /** `null`: no such team, a dissolved one, or not a member. */
  readonly membership: (teamId: string, userId: string) => Promise<Membership | null>
  readonly members: (teamId: string) => Promise<readonly Member[]>
  /** `teamId` `null`: an invitation to make an account. The token is told once. */
  readonly invite: (invite: NewInvite) => Promise<{ readonly row: InviteRow; readonly token: string }>
  readonly invites: (teamId: string) => Promise<readonly InviteRow[]>
  readonly withdraw: (teamId: string, inviteId: string, by: Actor) => Promise<boolean>
  /** Whether it would let somebody in now. */
  readonly isOpen: (token: string) => Promise<boolean>
  readonly accept: (token: string, by: Actor) => Promise<AcceptOutcome>
  /**
   * With their copies of its keys, and what their devices run of it. Its key is to be made anew then. False when the team would be left
   * without an owner, or there is no such member.
   */
  readonly remove: (teamId: string, userId: string, by: Actor) => Promise<boolean>
  /** As {@link remove}. */
  readonly setRole: (
    teamId: string,
    userId: string,
    change: { readonly role: Role; readonly by: Actor },
  ) => Promise<boolean>
  /** With its forwards. */
  readonly dissolve: (teamId: string, by: Actor) => Promise<void>
}

export interface NewInvite {
  readonly teamId: string | null
  readonly role: Role | null
  /** `null`: the server itself. */
  readonly by: Actor | null
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
    create: (name, by) =>
      announced(db, changes, async (trx, say) => {
        const id = randomUUID()
        const team: TeamRow = { id, name, createdAt: at(), dissolvedAt: null, keyGeneration: 0, rekeyDue: 0 }
        await trx.insertInto('teams').values(team).execute()
        await trx.insertInto('members').values({ teamId: id, userId: by.id, role: 'owner', joinedAt: at() }).execute()
        await addAudit(trx, { teamId: id, by, action: 'team.create', subject: name }, at())
        say(newsOf(by.id))
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
    invite: ({ teamId, role, by, days }) =>
      db.transaction().execute(async (trx) => {
        const token = newSecret()
        const row: InviteRow = {
          ...{ id: randomUUID(), teamId, role, hash: hashOf(token), createdBy: by?.id ?? null, createdAt: at() },
          ...{ expiresAt: at(days * DAY_MS), usedAt: null, usedBy: null },
        }
        await trx.insertInto('invites').values(row).execute()
        if (by !== null && teamId !== null) {
          const event = { teamId, by, action: 'member.invite', subject: role ?? '', detail: row.id }
          await addAudit(trx, event, at())
        }
        return { row, token }
      }),
    invites: async (teamId) =>
      await db
        .selectFrom('invites')
        .selectAll()
        .where('teamId', '=', teamId)
        .where('usedAt', 'is', null)
        .where('expiresAt', '>', at())
        .orderBy('createdAt')
        .execute(),
    withdraw: (teamId, inviteId, by) =>
      db.transaction().execute(async (trx) => {
        const gone = await trx
          .deleteFrom('invites')
          .where('id', '=', inviteId)
          .where('teamId', '=', teamId)
          .where('usedAt', 'is', null)
          .returning('role')
          .executeTakeFirst()
        if (gone === undefined) return false
        const event = { teamId, by, action: 'member.uninvite', subject: gone.role ?? '', detail: inviteId }
        await addAudit(trx, event, at())
        return true
      }),
    isOpen: async (token) => (await open(token).executeTakeFirst()) !== undefined,
    accept: (token, by) =>
      announced(db, changes, (trx, say) => accept(trx, token, { userId: by.id, email: by.email, at: at(), say })).catch(
        (error: unknown) => {
          if (error instanceof UsedMeanwhile) return { kind: 'used' as const }
          throw error
        },
      ),
    remove: (teamId, userId, by) =>
      announced(db, changes, async (trx, say) => {
        const team = await lockTeam(trx, teamId)
        if (team === null || !(await leavesAnOwner(trx, teamId, userId))) return false
        const { numDeletedRows } = await trx
          .deleteFrom('members')
          .where('teamId', '=', teamId)
          .where('userId', '=', userId)
          .executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) return false
        await forgetCopies(trx, team, userId)
        const rev = await endRuns(trx, teamScope(teamId), userId)
        if (rev !== null) say({ scope: teamScope(teamId), rev })
        const action = userId === by.id ? 'member.leave' : 'member.remove'
        await addAudit(trx, { teamId, by, action, subject: await emailOf(trx, userId) }, at())
        say({ ended: endings.member(teamId, userId) })
        say({ news: teamScope(teamId) })
        say(newsOf(userId))
        return true
      }),
    setRole: (teamId, userId, { role, by }) =>
      announced(db, changes, async (trx, say) => {
        const team = await lockTeam(trx, teamId)
        if (team === null || (role !== 'owner' && !(await leavesAnOwner(trx, teamId, userId)))) return false
        const { numUpdatedRows } = await trx
          .updateTable('members')
          .set({ role })
          .where('teamId', '=', teamId)
          .where('userId', '=', userId)
          .executeTakeFirstOrThrow()
        if (numUpdatedRows === 0n) return false
        const subject = await emailOf(trx, userId)
        await addAudit(trx, { teamId, by, action: 'member.role', subject, detail: role }, at())
        say({ news: teamScope(teamId) })
        say(newsOf(userId))
        return true
      }),
    dissolve: (teamId, by) =>
      announced(db, changes, async (trx, say) => {
        const team = await lockTeam(trx, teamId)
        if (team === null) return
        await removeScope(trx, teamScope(teamId), at())
        await trx.updateTable('teams').set({ dissolvedAt: at() }).where('id', '=', teamId).execute()
        const gone = await trx.deleteFrom('members').where('teamId', '=', teamId).returning('userId').execute()
        await trx.deleteFrom('invites').where('teamId', '=', teamId).where('usedAt', 'is', null).execute()
        await trx.deleteFrom('teamKeys').where('teamId', '=', teamId).execute()
        await addAudit(trx, { teamId, by, action: 'team.dissolve', subject: team.name }, at())
        say({ ended: endings.team(teamId) })
        for (const { userId } of gone) say(newsOf(userId))
      }),
  }
}

// --- internal ---

function memberships(db: Kysely<Tables>, userId: string) {
  return db
    .selectFrom('members')
    .innerJoin('teams', 'teams.id', 'members.teamId')
    .selectAll('teams')
    .select('members.role')
    .where('members.userId', '=', userId)
    .where('teams.dissolvedAt', 'is', null)
    .orderBy('teams.name')
}

function toMembership({ role, ...team }: TeamRow & { readonly role: string }): Membership {
  return { team, role: role as Role }
}

interface Accepting extends Acceptance {
  readonly email: string
  readonly say: (notice: Notice) => void
}

async function accept(
  trx: Transaction<Tables>,
  token: string,
  { userId, email, at, say }: Accepting,
): Promise<AcceptOutcome> {
  const invite = await trx.selectFrom('invites').selectAll().where('hash', '=', hashOf(token)).executeTakeFirst()
  if (invite === undefined || invite.teamId === null || invite.role === null) return { kind: 'unknown' }
  if (invite.usedAt !== null) return { kind: 'used' }
  if (invite.expiresAt <= at) return { kind: 'expired' }
  const team = await lockTeam(trx, invite.teamId)
  if (team === null) return { kind: 'dissolved' }
  // An invitation that adds nobody is left for whom it was meant.
  if ((await joinTeam(trx, invite, { by: { id: userId, email }, at, say })) === null) return { kind: 'member' }
  if ((await useInvite(trx, token, { userId, at })) === null) throw new UsedMeanwhile()
  return { kind: 'joined', team, role: invite.role as Role }
}

/** Another request used the invitation after the look: takes the membership back. */
class UsedMeanwhile extends Error {}

/** The team's row must be locked: two owners that leave at the same time must see each other. */
async function leavesAnOwner(trx: Transaction<Tables>, teamId: string, userId: string): Promise<boolean> {
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

async function emailOf(trx: Transaction<Tables>, userId: string): Promise<string> {
  const user = await trx.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirst()
  return user?.email ?? userId
}

function teamScope(teamId: string): string {
  return scopeOf({ userId: '', namespace: teamId })
}

/** A person's own streams are told that their teams or roles are others. */
function newsOf(userId: string): Notice {
  return { news: scopeOf({ userId, namespace: null }) }
}
