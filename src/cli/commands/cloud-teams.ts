/** What `warren cloud teams` and `warren cloud team …` do. */
import { cloudParams } from '@shared/cloud-requests'
import { teamRoles, type CloudMember, type CloudTeam, type TeamRole } from '@shared/cloud-views'
import { checked } from '../checked'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { quoteName } from '../quote'
import { confirm } from '../secrets'
import { findMember, findTeam, signedIn } from '../spaces'
import { printable, table } from '../table'
import { parseCount, usageError } from '../usage'
import { roleName, teamNote } from './_cloud-lines'

export interface InviteOptions {
  readonly role?: string
  readonly days?: string
}

interface Sure {
  readonly yes?: boolean
}

export async function cloudTeams(context: Context): Promise<number> {
  const client = await context.daemon()
  const { teams } = await signedIn(client)
  if (context.json) {
    context.document(teams)
    return DONE
  }
  if (teams.length === 0) context.terminal.err('You are in no team. Make one: warren cloud team create NAME\n')
  const rows = teams.map(({ id, name, role, key }) => [printable(name), roleName(role), `${id}${teamNote(key)}`])
  for (const line of table(rows)) context.terminal.out(`${line}\n`)
  return DONE
}

export async function teamCreate(context: Context, name: string): Promise<number> {
  const params = checked(cloudParams['cloud.createTeam'], { name })
  const client = await context.daemon()
  const { teams } = await signedIn(client)
  const team = await client.call('cloud.createTeam', params)
  if (context.json) {
    context.document(team)
    return DONE
  }
  const { out, err } = context.terminal
  const isTwin = teams.some((one) => one.name === team.name && one.id !== team.id)
  out(`Made the team ${printable(team.name)}\n`)
  if (isTwin) err('You are in another team of this name: name each by its id.\n')
  err(`Invite people: warren cloud team invite ${isTwin ? team.id : quoteName(printable(team.name))}\n`)
  return DONE
}

export async function teamJoin(context: Context, link: string): Promise<number> {
  const params = checked(cloudParams['cloud.joinTeam'], { link })
  const client = await context.daemon()
  const team = await client.call('cloud.joinTeam', params)
  if (context.json) context.document(team)
  else context.terminal.out(`Joined ${printable(team.name)} as ${roleName(team.role)}; nothing starts by itself.\n`)
  return DONE
}

export async function teamLeave(context: Context, name: string, { yes }: Sure): Promise<number> {
  const client = await context.daemon()
  const team = await findTeam(client, name)
  await confirm(context, { warning: `The forwards of ${printable(team.name)} go away on this machine.`, yes })
  await client.call('cloud.leaveTeam', { teamId: team.id })
  return tell(context, { team, left: true }, `Left ${team.name}`)
}

export async function teamDissolve(context: Context, name: string, { yes }: Sure): Promise<number> {
  const client = await context.daemon()
  const team = await findTeam(client, name)
  await confirm(context, { warning: `The forwards of ${printable(team.name)} go away for everybody.`, yes })
  await client.call('cloud.dissolveTeam', { teamId: team.id })
  return tell(context, { team, dissolved: true }, `Dissolved ${team.name}`)
}

export async function teamMembers(context: Context, name: string): Promise<number> {
  const client = await context.daemon()
  const team = await findTeam(client, name)
  const members = await client.call('cloud.members', { teamId: team.id })
  if (context.json) {
    context.document(members)
    return DONE
  }
  const rows = members.map((one) => [
    printable(one.email) + (one.isMe ? ' (you)' : ''),
    printable(one.username),
    roleName(one.role),
    printable(keyNote(one, team)),
  ])
  for (const line of table(rows)) context.terminal.out(`${line}\n`)
  return DONE
}

export async function teamRemove(context: Context, name: string, who: string): Promise<number> {
  const client = await context.daemon()
  const { team, member } = await findMember(client, name, who)
  await client.call('cloud.removeMember', { teamId: team.id, userId: member.userId })
  return tell(context, { team, removed: member }, `Removed ${member.email} from ${team.name}`)
}

export async function teamRole(
  context: Context,
  wanted: { readonly team: string; readonly member: string; readonly role: string },
): Promise<number> {
  const role = readRole('The role', wanted.role)
  const client = await context.daemon()
  const { team, member } = await findMember(client, wanted.team, wanted.member)
  await client.call('cloud.setRole', { teamId: team.id, userId: member.userId, role })
  return tell(context, { team, member: { ...member, role } }, `${member.email} is ${role} of ${team.name}`)
}

export async function teamInvite(context: Context, name: string, options: InviteOptions): Promise<number> {
  const role = options.role === undefined ? {} : { role: readRole('--role', options.role) }
  const days = options.days === undefined ? {} : { days: parseCount('--days', options.days, MAX_DAYS) }
  const client = await context.daemon()
  const team = await findTeam(client, name)
  const invitation = await client.call('cloud.invite', { teamId: team.id, ...role, ...days })
  if (context.json) {
    context.document(invitation)
    return DONE
  }
  context.terminal.out(`${printable(invitation.link ?? '')}\n`)
  const until = invitation.expiresAt.slice(0, 'yyyy-mm-dd'.length)
  context.terminal.err(
    `It lets one person join ${printable(team.name)} as ${roleName(invitation.role)}, until ${until}.\n`,
  )
  return DONE
}

export async function teamInvitations(context: Context, name: string): Promise<number> {
  const client = await context.daemon()
  const team = await findTeam(client, name)
  const invitations = await client.call('cloud.invitations', { teamId: team.id })
  if (context.json) {
    context.document(invitations)
    return DONE
  }
  if (invitations.length === 0) context.terminal.err('No invitation is open.\n')
  const rows = invitations.map(({ id, role, expiresAt }) => [
    printable(id),
    roleName(role),
    `until ${expiresAt.slice(0, 'yyyy-mm-dd'.length)}`,
  ])
  for (const line of table(rows)) context.terminal.out(`${line}\n`)
  return DONE
}

export async function teamWithdraw(context: Context, name: string, id: string): Promise<number> {
  const client = await context.daemon()
  const team = await findTeam(client, name)
  await client.call('cloud.withdraw', { teamId: team.id, invitationId: id })
  return tell(context, { team, withdrawn: id }, 'The link is void')
}

export async function teamAudit(
  context: Context,
  name: string,
  options: { readonly limit?: string; readonly before?: string },
): Promise<number> {
  const limit = options.limit === undefined ? DEFAULT_AUDIT : parseCount('--limit', options.limit, MAX_AUDIT)
  const before = options.before === undefined ? {} : { before: parseCount('--before', options.before, MAX_ID) }
  const client = await context.daemon()
  const team = await findTeam(client, name)
  const entries = await client.call('cloud.audit', { teamId: team.id, limit, ...before })
  if (context.json) {
    context.document(entries)
    return DONE
  }
  const rows = entries.map(({ id, at, actor, action, subject, detail }) =>
    [String(id), at.slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' '), actor, action, subject, detail].map(
      printable,
    ),
  )
  const head = ['ID', 'AT (UTC)', 'WHO', 'WHAT', 'OF', '']
  for (const line of table(rows, { right: [0], head })) context.terminal.out(`${line}\n`)
  return DONE
}

// --- internal ---

const MAX_DAYS = 90
const DEFAULT_AUDIT = 50
const MAX_AUDIT = 1000
const MAX_ID = 999_999_999

function readRole(what: string, text: string): TeamRole {
  const role = teamRoles.find((one) => one === text.toLowerCase())
  if (role !== undefined) return role
  throw usageError(`${what} needs owner, developer or user, not "${text}".`)
}

function tell(context: Context, value: unknown, sentence: string): number {
  if (context.json) context.document(value)
  else context.terminal.out(`${printable(sentence)}\n`)
  return DONE
}

function keyNote({ key, keyChanged, fingerprint, email, isMe }: CloudMember, team: CloudTeam): string {
  const mark = fingerprint === null ? '' : ` ${fingerprint}`
  if (keyChanged) return `has another key than before:${mark}`
  switch (key) {
    case 'waits':
      return `waits for the key of the team:${mark}${isMe ? '' : ` · warren cloud key grant ${quoteName(team.name)} ${email}`}`
    case 'has':
      return `has the key of the team:${mark}`
    case 'keyless':
      return 'never made a key'
    case 'no-team-key':
      return fingerprint === null ? '' : `key${mark}`
    case 'unsupported':
      return ''
  }
}
