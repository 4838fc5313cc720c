/** What the window, the tray and the command line say about the cloud. Pure. */
import type { CloudConflict, CloudField, CloudFields, CloudTeam, CloudView, KeyState, TeamRole } from './cloud-views'
import { plural } from './format'
import type { ActivityEvent } from './snapshots'

/** A field of a shared forward, as people call it; the side it belongs to depends on the type. */
export const cloudFieldWords: Readonly<Record<CloudField, string>> = {
  name: 'Name',
  type: 'Type',
  localHost: 'Target here',
  localPort: 'Local port',
  remoteHost: 'Target host',
  remotePort: 'Remote port',
  bindAddress: 'Listens on',
  bindPort: 'Listening port',
  serverAddress: 'Server',
  username: 'User name',
  tags: 'Tags',
  description: 'Description',
  password: 'Password',
  keyContent: 'Key',
  passphrase: 'Passphrase',
}

/** What a role may do. */
export const roleWords: Readonly<Record<TeamRole, { readonly name: string; readonly may: string }>> = {
  owner: { name: 'Owner', may: 'decides about the team' },
  developer: { name: 'Developer', may: 'changes its forwards' },
  user: { name: 'User', may: 'runs them' },
}

/** How sync stands, in the few words of a status bar: `In sync`, `3 waiting`, `Offline since 14:02`, `2 conflicts`. */
export function syncWords(
  view: Pick<CloudView, 'state' | 'since' | 'waiting' | 'conflicts'>,
  now = Date.now(),
): string {
  switch (view.state) {
    case 'signed-out':
      return 'Signed out'
    case 'login-needed':
      return 'Sign in again'
    case 'starting':
      return 'Connecting'
    case 'in-sync':
      return 'In sync'
    case 'waiting':
      return `${view.waiting} waiting`
    case 'offline':
      return `Offline since ${clockTime(view.since, now)}`
    case 'conflict':
      return plural(view.conflicts, 'conflict')
  }
}

/** A moment of today as `14:02`, of another day with its date. */
export function clockTime(at: string, now: number): string {
  const date = new Date(at)
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}, ${time}`
}

/** What happened to a forward on both sides, in one sentence. */
export function conflictSentence(conflict: Pick<CloudConflict, 'kind' | 'name' | 'space' | 'fields'>): string {
  const { name, space } = conflict
  switch (conflict.kind) {
    case 'edited':
      return `${name} was changed here and in ${space}: ${fieldList(conflict.fields)}.`
    case 'deleted-there':
      return `${name} was deleted in ${space}; here it was changed since, or it runs.`
    case 'deleted-here':
      return `You deleted ${name}; in ${space} it was changed since.`
  }
}

/** A membership that somebody else ended: its message is the whole news. */
export function isTeamLost({ kind, code }: Pick<ActivityEvent, 'kind' | 'code'>): boolean {
  return kind === 'removed' && code === 'cloud.not-found'
}

/** `local port and tags`. */
export function fieldList(fields: readonly CloudField[]): string {
  const names = fields.map((field) => cloudFieldWords[field].toLowerCase())
  return new Intl.ListFormat('en').format(names)
}

/** A value of a field as people read it. Sealed text is named, never shown. */
export function fieldValue(fields: CloudFields | null, field: CloudField): string | null {
  const value = fields === null ? null : fields[field]
  if (value === null || value === '') return null
  if (field === 'password' || field === 'keyContent' || field === 'passphrase') return 'sealed'
  if (typeof value === 'object') return value.length === 0 ? null : value.join(', ')
  return String(value)
}

/** Whether this machine opens the sealed secrets of the account. */
export const keyWords: Readonly<Record<KeyState, string>> = {
  unsupported: 'This server keeps no sealed secrets, so passwords, keys and passphrases never leave this machine.',
  none: 'There is no key yet. It is made when you first share a secret, or now.',
  locked: 'Locked on this machine: type the recovery code once.',
  ready: 'This machine opens the secrets that are shared with you.',
}

/** How this machine stands to the key of a team. */
export const teamKeyWords: Readonly<Record<CloudTeam['key'], string>> = {
  none: 'No secret was shared in this team yet.',
  ready: 'This machine opens the secrets of the team.',
  waiting: 'A member who holds the key of the team must give it to you before this machine opens its secrets.',
  locked: 'Your own key is locked on this machine, and with it the secrets of the team.',
}
