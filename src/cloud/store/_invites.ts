/** What using an invitation does to the tables, within the transaction of whoever uses it. */
import type { Transaction } from 'kysely'
import { scopeOf } from './_scope'
import { addAudit, type Actor } from './audit'
import type { Notice } from './changes'
import type { InviteRow, TeamRow, Tables } from './tables'
import { hashOf } from './users'

export interface Acceptance {
  readonly userId: string
  readonly at: string
}

/** `null` when it is not open: unknown, used or expired. Of two at once, one gets it. */
export async function useInvite(
  trx: Transaction<Tables>,
  token: string,
  { userId, at }: Acceptance,
): Promise<InviteRow | null> {
  const used = await trx
    .updateTable('invites')
    .set({ usedAt: at, usedBy: userId })
    .where('hash', '=', hashOf(token))
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', at)
    .returningAll()
    .executeTakeFirst()
  return used ?? null
}

export interface Joining {
  readonly by: Actor
  readonly at: string
  readonly say: (notice: Notice) => void
}

/** `null` when it invites to no team, the team is dissolved, or the person is a member already. */
export async function joinTeam(
  trx: Transaction<Tables>,
  { teamId, role }: Pick<InviteRow, 'teamId' | 'role'>,
  { by, at, say }: Joining,
): Promise<TeamRow | null> {
  if (teamId === null || role === null) return null
  const team = await trx
    .selectFrom('teams')
    .selectAll()
    .where('id', '=', teamId)
    .where('dissolvedAt', 'is', null)
    .executeTakeFirst()
  if (team === undefined) return null
  const { numInsertedOrUpdatedRows = 0n } = await trx
    .insertInto('members')
    .values({ teamId, userId: by.id, role, joinedAt: at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 0n) return null
  await addAudit(trx, { teamId, by, action: 'member.join', subject: by.email, detail: role }, at)
  say({ news: scopeOf({ userId: '', namespace: teamId }) })
  say({ news: scopeOf({ userId: by.id, namespace: null }) })
  return team
}
