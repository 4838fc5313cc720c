/** What `warren cloud login`, `register`, `status`, `logout`, `passwd` and `poll` do. */
import type { DaemonClient } from '@daemon/client'
import { cloudParams } from '@shared/cloud-requests'
import type { CloudView } from '@shared/cloud-views'
import { WarrenError } from '@shared/errors'
import { isTeamLost } from '@shared/cloud-words'
import { ageOf, plural } from '@shared/format'
import { checked } from '../checked'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { readLine, readNewSecret, readSecret } from '../secrets'
import { signedIn } from '../spaces'
import { printable } from '../table'
import { parseCount, usageError } from '../usage'
import { printStatus, publicCloud } from './_cloud-lines'

interface AccessOptions {
  readonly email?: string
  readonly passwordStdin?: boolean
  readonly keep?: string
  readonly insecure?: boolean
  readonly adopt?: boolean
}
export type LoginOptions = AccessOptions
export interface RegisterOptions extends AccessOptions {
  readonly name?: string
}

export async function cloudLogin(context: Context, given: string | undefined, options: LoginOptions): Promise<number> {
  const access = readAccess(options)
  if (given !== undefined) checkedUrl(given)
  const before = given === undefined ? await (await context.daemon()).call('cloud.status', {}) : null
  const url = given ?? before?.account?.url
  if (url === undefined) throw usageError('Say which server: warren cloud login URL.')
  const email = await readLine(context, {
    given: options.email ?? before?.account?.email,
    question: 'E-mail address: ',
    missing: 'Say which account: --email ADDRESS.',
  })
  const password = await readSecret(context, password_('Password: ', options))
  const keep = access.keep ?? before?.keeps
  const params = checked(cloudParams['cloud.login'], {
    ...{ ...access, url, email, password },
    ...(keep === undefined ? {} : { keep }),
  })
  const client = await context.daemon()
  const enter = (where: Where) => client.call('cloud.login', { ...params, ...where })
  const view = await kept(context, enter, options)
  // Who signs in again has shared already, or knows.
  return welcome(context, view, { ...options, isNew: given !== undefined })
}

export async function cloudRegister(context: Context, link: string, options: RegisterOptions): Promise<number> {
  const access = readAccess(options)
  if (!/^https?:\/\/[^/]+\/.*#./.test(link)) {
    throw usageError(
      'A link looks like https://host/invite#TOKEN.',
      'Quote it: the shell takes what follows a # as a comment.',
    )
  }
  const email = await readLine(context, {
    given: options.email,
    question: 'E-mail address: ',
    missing: 'Say which account: --email ADDRESS.',
  })
  const username = await readLine(context, {
    given: options.name,
    question: 'Your name, as others see it: ',
    missing: 'Say what others see: --name NAME.',
  })
  const password = await readNewSecret(context, password_('Choose a password: ', options))
  const params = checked(cloudParams['cloud.register'], { ...access, url: link, email, username, password })
  const client = await context.daemon()
  const enter = (where: Where) => client.call('cloud.register', { ...params, ...where })
  return welcome(context, await kept(context, enter, options), { ...options, isNew: true })
}

export async function cloudStatus(context: Context): Promise<number> {
  const client = await context.daemon()
  const view = await client.call('cloud.status', {})
  if (context.json) context.document(publicCloud(view))
  else printStatus(context, view, await lostTeams(context, client, view))
  return DONE
}

export async function cloudLogout(context: Context): Promise<number> {
  const client = await context.daemon()
  const { account } = await client.call('cloud.status', {})
  const view = await client.call('cloud.logout', {})
  if (context.json) context.document(publicCloud(view))
  else if (account === null) context.terminal.err('Nobody was signed in.\n')
  else context.terminal.out(`Signed out of ${printable(account.url)}; your forwards stay on this machine.\n`)
  return DONE
}

export async function cloudPasswd(
  context: Context,
  { passwordStdin = false }: { readonly passwordStdin?: boolean },
): Promise<number> {
  // Nobody types passwords for nothing.
  if (context.terminal.isInteractive && !passwordStdin) await signedIn(await context.daemon())
  const { oldPassword, newPassword } = passwordStdin ? await twoLines(context) : await twoPasswords(context)
  const params = checked(cloudParams['cloud.changePassword'], { oldPassword, newPassword })
  const client = await context.daemon()
  await client.call('cloud.changePassword', params)
  if (context.json) context.document({ changed: true })
  else context.terminal.out('The password is changed. Your other machines have to sign in again.\n')
  return DONE
}

export async function cloudPoll(context: Context, text: string): Promise<number> {
  const params = checked(cloudParams['cloud.setPolling'], { seconds: parseCount('The time', text, MAX_POLL) })
  const client = await context.daemon()
  const view = await client.call('cloud.setPolling', params)
  if (context.json) context.document(publicCloud(view))
  else if (view.mode === 'events')
    context.terminal.out('Set. This server tells of changes itself, so it is not asked.\n')
  else context.terminal.out(`The server is asked every ${view.pollSeconds} s.\n`)
  return DONE
}

// --- internal ---

interface Where {
  readonly keep?: (typeof places)[number]
}

/** Where there is no keychain and somebody is there, they are asked about the file instead; the server was not asked yet. */
async function kept(
  { terminal }: Context,
  enter: (where: Where) => Promise<CloudView>,
  { keep }: AccessOptions,
): Promise<CloudView> {
  try {
    return await enter({})
  } catch (error) {
    const isAskable = error instanceof WarrenError && error.code === 'secret.no-keyring'
    if (!isAskable || !terminal.isInteractive || keep !== undefined) throw error
    terminal.err(`${error.message}\n`)
    const typed = await terminal.ask('Keep the login in a file that you alone can read? (yes / no) ', { echo: true })
    if (typed === null || !/^(?:y|yes)$/i.test(typed.trim())) throw error
    return await enter({ keep: 'file' })
  }
}

/** What became of memberships that others ended, as long as their forwards can be brought back. */
async function lostTeams({ now }: Context, client: DaemonClient, { teams }: CloudView): Promise<readonly string[]> {
  const events = await client.call('activity.list', { limit: RECENT_EVENTS })
  return events
    .filter((event) => isTeamLost(event) && ageOf(event.at, now()) < RESTORABLE_MS)
    .filter(({ subject }) => !teams.some(({ name }) => name === subject))
    .map(({ message }) => message)
}

const RECENT_EVENTS = 1000
const RESTORABLE_MS = 24 * 3_600_000
const MAX_POLL = 86_400
const places = ['keychain', 'file', 'memory'] as const

function password_(question: string, { passwordStdin = false }: AccessOptions): Parameters<typeof readSecret>[1] {
  return { what: 'the password', question, isPiped: passwordStdin, option: '--password-stdin' }
}

function readAccess({ keep, insecure = false, adopt = false }: AccessOptions): {
  readonly insecure: boolean
  readonly adopt: boolean
  readonly keep?: (typeof places)[number]
} {
  if (keep === undefined) return { insecure, adopt }
  const place = places.find((one) => one === keep)
  if (place === undefined) throw usageError(`--keep needs keychain, file or memory, not "${keep}".`)
  return { insecure, adopt, keep: place }
}

/** Refused before anything is asked. */
function checkedUrl(url: string): void {
  if (/^https?:\/\/[^/]/i.test(url)) return
  throw usageError(`"${url}" is no address of a server.`, 'Such as https://cloud.example')
}

function welcome(
  context: Context,
  view: CloudView,
  { adopt = false, isNew }: AccessOptions & { readonly isNew: boolean },
): number {
  if (context.json) {
    context.document(publicCloud(view))
    return DONE
  }
  const { out, err } = context.terminal
  if (view.account !== null) out(printable(`Signed in to ${view.account.url} as ${view.account.email}`) + '\n')
  if (adopt && view.waiting > 0)
    out(`${plural(view.waiting, 'forward')} of this machine ${view.waiting === 1 ? 'goes' : 'go'} into the account.\n`)
  if (!adopt && isNew) err('Nothing is shared until you say so: warren cloud share FORWARD --to personal\n')
  if (view.key === 'locked') err('Its secrets are locked here. Type the recovery code once: warren cloud key unlock\n')
  return DONE
}

interface Passwords {
  readonly oldPassword: string
  readonly newPassword: string
}

async function twoPasswords(context: Context): Promise<Passwords> {
  const ask = { isPiped: false, option: '--password-stdin' }
  const oldPassword = await readSecret(context, { ...ask, what: 'the password', question: 'Current password: ' })
  const newPassword = await readNewSecret(context, { ...ask, what: 'the new password', question: 'New password: ' })
  return { oldPassword, newPassword }
}

async function twoLines({ terminal }: Context): Promise<Passwords> {
  const [oldPassword = '', newPassword = '', ...rest] = (await terminal.readInput()).split(/\r?\n/)
  if (oldPassword !== '' && newPassword !== '' && rest.every((line) => line === '')) return { oldPassword, newPassword }
  throw usageError(
    'Standard input does not hold two passwords.',
    'Pipe them in, a line each: printf "%s\\n%s\\n" "$OLD" "$NEW" | warren cloud passwd --password-stdin',
  )
}
