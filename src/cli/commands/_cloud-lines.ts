/** What the cloud's commands print of its state. */
import { clockTime, keyWords, roleWords, syncWords } from '@shared/cloud-words'
import { PERSONAL, type CloudField, type CloudView, type ForwardCloud, type TeamRole } from '@shared/cloud-views'
import { formatAgo, plural } from '@shared/format'
import type { Context } from '../context'
import { publicReason } from '../report'
import { printable, table } from '../table'

/** The view with its fault as the contract prints faults. */
export function publicCloud({ fault, ...view }: CloudView): unknown {
  return { ...view, fault: fault === null ? null : publicReason(fault) }
}

/** `In sync · ada@example.com at https://cloud.example`. */
export function statusWords(view: CloudView, now: number): string {
  const { account } = view
  const who = account === null ? '' : ` · ${account.email} at ${account.url}`
  return printable(`${syncWords(view, now)}${who}`)
}

/** What waits for the person, each with what to type. */
export function printTrouble({ terminal, now }: Context, view: CloudView): void {
  const say = (text: string): void => terminal.out(`  ${printable(text)}\n`)
  if (view.fault !== null) {
    say(view.fault.message)
    if (view.state === 'login-needed') say('Sign in again: warren cloud login')
    else if (view.fault.fix !== null) say(view.fault.fix)
  }
  if (view.nextTryAt !== null && view.state === 'offline')
    say(`The next try is at ${clockTime(view.nextTryAt, now())}.`)
  if (view.waiting > 0)
    say(`${plural(view.waiting, 'change')} of this machine ${view.waiting === 1 ? 'waits' : 'wait'} to be sent.`)
  if (view.conflicts > 0) say(`${plural(view.conflicts, 'conflict')} for you to settle: warren cloud conflicts`)
  if (view.refused > 0) say(`The server refused ${plural(view.refused, 'change')}: warren ls says why.`)
}

/** All of `warren cloud status`; `lost` is what became of teams that one is no longer in. */
export function printStatus(context: Context, view: CloudView, lost: readonly string[]): void {
  const { terminal, now } = context
  terminal.out(`${statusWords(view, now())}\n`)
  if (view.account === null) {
    terminal.err('Sign in: warren cloud login URL\n')
    return
  }
  printTrouble(context, view)
  for (const message of lost) terminal.out(`  ${printable(message)}\n`)
  if (lost.length > 0) terminal.out('  Bring them back as your own: warren restore\n')
  const rows = [
    ['last round', view.lastSyncAt === null ? 'none since the daemon started' : formatAgo(view.lastSyncAt, now())],
    ...(isConnected(view)
      ? [['changes', view.mode === 'events' ? 'come at once' : `are asked for every ${view.pollSeconds} s`]]
      : []),
    ['login', keepWords[view.keeps]],
    ['this machine', printable(view.device.name)],
    ...(view.key === 'none' && !hasHeard(view) ? [] : [['secrets', secretWords(view)]]),
    ...view.teams.map((team) => ['team', printable(`${team.name} (${roleName(team.role)})${teamNote(team.key)}`)]),
  ]
  for (const line of table(rows.map(([what = '', text = '']) => [`  ${what}`, text]))) terminal.out(`${line}\n`)
}

export function roleName(role: TeamRole): string {
  return roleWords[role].name.toLowerCase()
}

export function teamNote(key: CloudView['teams'][number]['key']): string {
  switch (key) {
    case 'waiting':
      return ' · a member must give you its key'
    case 'locked':
      return ' · its secrets are locked here'
    case 'none':
    case 'ready':
      return ''
  }
}

/** Why a forward listens elsewhere than the others' do. */
export function remappedWords({ from, to }: NonNullable<ForwardCloud['remapped']>): string {
  return `The shared port ${from} was taken here: it listens on ${to} on this machine.`
}

/** What `warren status` says of the sharing; `own` is what is another value on this machine than for the others. */
export function sharingLines(cloud: ForwardCloud, own: readonly CloudField[]): readonly string[] {
  const { namespace, space, state, remapped, secrets, fault, activeElsewhere } = cloud
  const where = namespace === PERSONAL ? 'in your account' : `shared with ${space}`
  const stands = {
    synced: '',
    waiting: ', a change waits to be sent',
    conflict: ', a conflict waits for you',
    refused: '',
  }
  return [
    `${where}${stands[state]}${cloud.editable ? '' : ', which you may not change'}`,
    ...(own.length === 0 ? [] : [`own on this machine: ${own.join(', ')}`]),
    ...(remapped === null ? [] : [remappedWords(remapped)]),
    ...secrets.map(
      ({ kind, readable }) =>
        `comes with a sealed ${secretName(kind)}${readable ? '' : ', which this machine cannot open'}`,
    ),
    ...(fault === null ? [] : [`The server refused it: ${[fault.message, fault.fix ?? ''].join(' ').trim()}`]),
    ...(activeElsewhere ? ['somebody else runs it too: warren cloud runs'] : []),
  ]
}

// --- internal ---

const keepWords = {
  keychain: 'kept in the keychain',
  file: 'kept in a file that you alone can read',
  memory: 'kept until the daemon ends',
} as const satisfies Record<CloudView['keeps'], string>

/** Before the first answer nobody knows how changes come, nor whether there is a key. */
function hasHeard({ lastSyncAt }: CloudView): boolean {
  return lastSyncAt !== null
}

function isConnected(view: CloudView): boolean {
  return hasHeard(view) && view.state !== 'login-needed' && view.state !== 'offline'
}

function secretName(kind: ForwardCloud['secrets'][number]['kind']): string {
  return kind === 'keyContent' ? 'key' : kind
}

function secretWords({ key }: CloudView): string {
  if (key === 'locked') return 'locked on this machine: warren cloud key unlock'
  return key === 'none' ? 'no key yet: it is made with the first secret, or by warren cloud key make' : keyWords[key]
}
