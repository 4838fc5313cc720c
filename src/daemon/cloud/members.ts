/** Teams: their members, invitations, roles, audit, and who is given the key. */
import type { CloudMember, CloudTeam } from '@shared/cloud-views'
import { WarrenError } from '@shared/errors'
import {
  fingerprintOf,
  prepareSealing,
  type CloudClient,
  type PinStore,
  type TeamDetails,
  type TeamKeyView,
  type TeamOfMine,
} from '@sync'
import { invitationToken } from './_links'
import type { AccountKeys } from './team-keys'
import type { CloudRequests, Departures } from './types'

export interface MembersOptions {
  readonly client: CloudClient
  readonly keys: AccountKeys
  readonly pins: PinStore
  /** Of the account. */
  readonly userId: string
  readonly teams: () => readonly TeamOfMine[]
  readonly departures: Departures
  /** Reads my teams anew, and what is shared in them; need not be over when it returns. */
  readonly reload: () => Promise<void>
  readonly log: (message: string) => void
}

export type MemberRequests = Pick<
  CloudRequests,
  | 'createTeam'
  | 'joinTeam'
  | 'members'
  | 'invitations'
  | 'invite'
  | 'withdraw'
  | 'setRole'
  | 'removeMember'
  | 'leaveTeam'
  | 'dissolveTeam'
  | 'audit'
  | 'grantKey'
>

export function createMembers(options: MembersOptions): MemberRequests {
  const { client, keys, departures, reload } = options
  const entered = async (team: TeamDetails): Promise<CloudTeam> => {
    departures.delete(team.id)
    await reload()
    return { id: team.id, name: team.name, role: team.role, key: keys.team(team.id) }
  }
  const depart = async (
    teamId: string,
    { deed, ask }: { readonly deed: 'left' | 'dissolved'; readonly ask: (teamId: string) => Promise<void> },
  ): Promise<null> => {
    // Before it is asked for: a round with the server may find it out first.
    departures.set(teamId, deed)
    try {
      await ask(teamId)
    } catch (error) {
      departures.delete(teamId)
      throw error
    }
    await keys.forgetTeam(teamId)
    await reload()
    return null
  }
  return {
    createTeam: async ({ name }) => entered(await client.teams.create(name)),
    joinTeam: async ({ link }) => entered(await client.teams.join(invitationToken(link))),
    members: ({ teamId }) => membersOf(options, teamId),
    invitations: ({ teamId }) => client.teams.invites(teamId),
    invite: ({ teamId, role, days }) => client.teams.invite(teamId, { role, days }),
    withdraw: async ({ teamId, invitationId }) => {
      await client.teams.withdraw(teamId, invitationId)
      return null
    },
    setRole: async ({ teamId, userId, role }) => {
      await client.teams.setRole(teamId, userId, role)
      await reload()
      return null
    },
    removeMember: async ({ teamId, userId }) => {
      // First here: whatever the server says afterwards, the next key is not for them.
      if (keys.state() === 'ready') await keys.ofTeams().revoke(teamId, userId)
      await client.teams.removeMember(teamId, userId)
      await keys.look()
      await reload()
      return null
    },
    leaveTeam: ({ teamId }) => depart(teamId, { deed: 'left', ask: client.teams.leave }),
    dissolveTeam: ({ teamId }) => depart(teamId, { deed: 'dissolved', ask: client.teams.dissolve }),
    audit: ({ teamId, limit, before }) => client.teams.audit(teamId, { limit, before }),
    grantKey: async ({ teamId, userId, fingerprint }) => {
      const team = teamOf(options, teamId)
      if (keys.team(teamId) === 'none') await keys.prepare(teamId)
      await keys.ofTeams().grant(team, { userId, fingerprint })
      await keys.look()
      return null
    },
  }
}

// --- internal ---

async function membersOf(options: MembersOptions, teamId: string): Promise<readonly CloudMember[]> {
  const { client, keys, userId: me } = options
  const members = await client.teams.members(teamId)
  if (!keys.isSupported()) {
    return members.map((member) => ({
      ...pick(member),
      ...{ isMe: member.userId === me, key: 'unsupported', fingerprint: null, keyChanged: false },
    }))
  }
  const seen = await keyView(options, teamId)
  return members.map((member) => {
    const { key, fingerprint, keyChanged } = seen.find(({ userId }) => userId === member.userId) ?? NO_KEY
    return { ...pick(member), isMe: member.userId === me, key, fingerprint, keyChanged }
  })
}

const NO_KEY = { key: 'keyless', fingerprint: null, keyChanged: false } as const

function pick({
  userId,
  email,
  username,
  role,
}: Pick<CloudMember, 'userId' | 'email' | 'username' | 'role'>): Pick<
  CloudMember,
  'userId' | 'email' | 'username' | 'role'
> {
  return { userId, email, username, role }
}

/** With the account's key open here the team's keys are looked at, and what is due about them is done; else they are only shown. */
async function keyView(options: MembersOptions, teamId: string): Promise<TeamKeyView['members']> {
  const { keys, pins, userId: me } = options
  if (keys.state() === 'ready') return (await keys.ofTeams().look(teamOf(options, teamId))).members
  await prepareSealing()
  const { generation, members } = await keys.lookLocked(teamId)
  return members.map(({ userId, email, username, role, publicKey, generations }) => {
    const has = generations.includes(generation)
    const pin = pins.of(teamId).find((each) => each.userId === userId)
    return {
      ...{ userId, email, username, role },
      key: publicKey === null ? 'keyless' : generation === 0 ? 'no-team-key' : has ? 'has' : 'waits',
      fingerprint: publicKey === null ? null : fingerprintOf(publicKey),
      keyChanged: userId !== me && publicKey !== null && pin !== undefined && pin.publicKey !== publicKey,
    }
  })
}

function teamOf({ teams }: MembersOptions, teamId: string): TeamOfMine {
  const team = teams().find(({ id }) => id === teamId)
  if (team === undefined) throw new WarrenError('cloud.not-found', 'You are not in that team any more.')
  return team
}
