/** How an account begins: with an invitation or without. What is asked of it and what it makes is one transaction. */
import { type Kysely, type Transaction } from 'kysely'
import { announced } from './_announced'
import { joinTeam, useInvite } from './_invites'
import type { Changes, Notice } from './changes'
import type { InviteRow, Tables, UserRow } from './tables'
import { insertUser, type NewUser } from './users'

export type RegistrationOutcome =
  /** Where the invitation was to a team, the account is a member of it. */
  | { readonly kind: 'made'; readonly user: UserRow }
  /** `taken`: the address has an account. `uninvited`: the invitation is not open (any more). */
  | { readonly kind: 'taken' | 'uninvited' }

export interface Registration {
  /** `invitation`: `null` where none is needed. Of two that use one invitation at once, one makes an account. */
  readonly register: (user: NewUser, invitation: string | null) => Promise<RegistrationOutcome>
}

export function createRegistration(db: Kysely<Tables>, changes: Changes, now: () => number): Registration {
  return {
    register: async (user, invitation) => {
      const at = new Date(now()).toISOString()
      try {
        return await announced(db, changes, (trx, say) => register(trx, user, { invitation, at, say }))
      } catch (error) {
        if (error instanceof Refused) return { kind: error.kind }
        throw error
      }
    },
  }
}

// --- internal ---

/** Takes the transaction back: an invitation that made no account stays open. */
class Refused extends Error {
  constructor(readonly kind: 'taken' | 'uninvited') {
    super(kind)
  }
}

interface Terms {
  readonly invitation: string | null
  readonly at: string
  readonly say: (notice: Notice) => void
}

async function register(
  trx: Transaction<Tables>,
  user: NewUser,
  { invitation, at, say }: Terms,
): Promise<RegistrationOutcome> {
  await oneAtATime(trx)
  const isFirst = (await trx.selectFrom('users').select('id').executeTakeFirst()) === undefined
  const added = await insertUser(trx, user, at)
  if (added === null) throw new Refused('taken')
  if (invitation === null) return { kind: 'made', user: added }
  const invite = await useInvite(trx, invitation, { userId: added.id, at })
  if (invite === null || (isOfTheLog(invite) && !isFirst)) throw new Refused('uninvited')
  if (isOfTheLog(invite)) {
    // Every start without an account logged a link; the account is there, so the others are void.
    await trx.deleteFrom('invites').where('teamId', 'is', null).where('usedAt', 'is', null).execute()
  }
  const team = await joinTeam(trx, invite, { by: added, at, say })
  if (invite.teamId !== null && team === null) throw new Refused('uninvited')
  return { kind: 'made', user: added }
}

function isOfTheLog({ teamId }: InviteRow): boolean {
  return teamId === null
}

/** Holds a row until the commit: of two first accounts, the second one sees the first. */
async function oneAtATime(trx: Transaction<Tables>): Promise<void> {
  await trx
    .insertInto('settings')
    .values({ key: 'registration', value: '' })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: '' }))
    .execute()
}
