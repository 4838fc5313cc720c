/** From names to teams, members and conflicts; and what can be typed about a fault of the cloud. */
import type { DaemonClient } from '@daemon/client'
import type { CloudConflict, CloudMember, CloudTeam, CloudView } from '@shared/cloud-views'
import { WarrenError, type ErrorCode } from '@shared/errors'
import type { ForwardView } from '@shared/snapshots'
import { findForward, notFound, suggest } from './names'
import { quoteName } from './quote'

/** The state of the cloud; throws `cloud.signed-out` when nobody is signed in. */
export async function signedIn(client: DaemonClient): Promise<CloudView> {
  const view = await client.call('cloud.status', {})
  if (view.account !== null) return view
  throw new WarrenError('cloud.signed-out', 'Nobody is signed in here.')
}

export async function findTeam(client: DaemonClient, name: string): Promise<CloudTeam> {
  const { teams } = await signedIn(client)
  const byId = teams.find(({ id }) => id === name)
  if (byId !== undefined) return byId
  const [team, ...more] = teams.filter((one) => one.name === name)
  if (team === undefined) {
    throw notFound(`There is no team "${name}" of yours.`, suggest(name, teams, '`warren cloud teams` shows them.'))
  }
  if (more.length === 0) return team
  const ids = [team, ...more].map(({ id }) => id).join(', ')
  throw new WarrenError('usage.invalid', `Several teams are called "${name}".`, { fix: `Give the id: ${ids}` })
}

/** What `--to` says: `local`, `personal`, or the id of a team. */
export async function findSpace(client: DaemonClient, name: string): Promise<string> {
  return name === 'local' || name === 'personal' ? name : (await findTeam(client, name)).id
}

/** A forward that the cloud shares. */
export async function findShared(client: DaemonClient, name: string): Promise<ForwardView> {
  const view = await findForward(client, name)
  if (view.cloud !== null) return view
  await signedIn(client)
  throw new WarrenError('usage.invalid', `${view.spec.name} is on this machine only.`, {
    fix: `Share it: warren cloud share ${quoteName(view.spec.name)} --to personal`,
  })
}

export interface TeamMember {
  readonly team: CloudTeam
  readonly member: CloudMember
}

/** A member by address, name or id. */
export async function findMember(client: DaemonClient, teamName: string, who: string): Promise<TeamMember> {
  const team = await findTeam(client, teamName)
  const members = await client.call('cloud.members', { teamId: team.id })
  const wanted = who.toLowerCase()
  const byAddress = members.find((one) => one.userId === who || one.email.toLowerCase() === wanted)
  const byName = members.filter(({ username }) => username.toLowerCase() === wanted)
  const member = byAddress ?? (byName.length === 1 ? byName[0] : undefined)
  if (member !== undefined) return { team, member }
  const fix = `\`warren cloud team members ${quoteName(team.name)}\` shows them.`
  if (byName.length > 1) {
    throw new WarrenError('usage.invalid', `Several members are called "${who}".`, { fix: 'Give the address.' })
  }
  throw notFound(`Nobody called "${who}" is in ${team.name}.`, fix)
}

/** A conflict by its id, by how its id begins, or by the name of its forward. */
export async function findConflict(client: DaemonClient, which: string): Promise<CloudConflict> {
  const conflicts = await client.call('cloud.conflicts', {})
  const exact = conflicts.filter(({ id, name }) => id === which || name === which)
  const found = exact.length > 0 ? exact : which === '' ? [] : conflicts.filter(({ id }) => id.startsWith(which))
  const [conflict, ...more] = found
  if (conflict === undefined) {
    throw notFound(
      `There is no conflict "${which}".`,
      suggest(which, conflicts, '`warren cloud conflicts` shows them.'),
    )
  }
  if (more.length === 0) return conflict
  const ids = found.map(({ id }) => id).join(', ')
  throw new WarrenError('usage.invalid', `Several conflicts are called "${which}".`, { fix: `Give the id: ${ids}` })
}

/** A fault whose fix can be typed here. */
export function withTypedFix(error: unknown): unknown {
  if (!(error instanceof WarrenError)) return error
  const fix = typedFixes[error.code] ?? refusalFixes[error.code === 'cloud.refused' ? (error.field ?? '') : '']
  if (fix === undefined) return error
  return new WarrenError(error.code, error.message, { fix, field: error.field, cause: error })
}

// --- internal ---

const typedFixes: Partial<Record<ErrorCode, string>> = {
  'cloud.signed-out': 'Sign in: warren cloud login URL',
  'cloud.login-needed': 'Sign in again: warren cloud login',
  'cloud.insecure': 'Use https://. Where nobody can listen on the way: --insecure',
  'secret.no-keyring':
    'Say where the login rests: --keep file (a file that you alone can read) or --keep memory (until the daemon ends).',
  'cloud.key-locked':
    'Type the recovery code once: warren cloud key unlock. When there is no key yet: warren cloud key make',
  'cloud.key-exists': 'Open it here: warren cloud key unlock. When its code is lost: warren cloud key reset',
  'cloud.team-key-waiting': 'A member who holds it gives it to you: warren cloud key grant TEAM YOUR-ADDRESS',
  'cloud.changed-meanwhile': 'Fetch what is new, then try again: warren sync',
}

/** By what the refusal is about. */
const refusalFixes: Readonly<Record<string, string>> = {
  email:
    'When the account is yours, sign in with `warren cloud login URL`, and join the team with `warren cloud team join LINK`.',
  role: 'Make somebody else owner: warren cloud team role TEAM MEMBER owner. Or end it: warren cloud team dissolve TEAM',
}
