/** What `warren cloud key …` and `warren cloud secret …` do. */
import type { DaemonClient } from '@daemon/client'
import { cloudParams } from '@shared/cloud-requests'
import { PERSONAL } from '@shared/cloud-views'
import { WarrenError } from '@shared/errors'
import { privateKeyFault } from '@shared/private-key'
import type { ForwardView } from '@shared/snapshots'
import { checked } from '../checked'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { cancelled, confirm, readSecret } from '../secrets'
import { publicForward } from '../snapshots'
import { findMember, findShared, signedIn } from '../spaces'
import { printable } from '../table'
import { usageError } from '../usage'

export async function keyMake(context: Context): Promise<number> {
  const client = await context.daemon()
  await signedIn(client)
  printCode(context, (await client.call('cloud.makeKey', {})).recoveryCode)
  return DONE
}

export async function keyUnlock(
  context: Context,
  { codeStdin = false }: { readonly codeStdin?: boolean },
): Promise<number> {
  if (context.terminal.isInteractive && !codeStdin) await signedIn(await context.daemon())
  const ask = { what: 'the recovery code', question: 'Recovery code: ', isPiped: codeStdin, option: '--code-stdin' }
  const recoveryCode = await readSecret(context, ask)
  const client = await context.daemon()
  await client.call('cloud.unlock', checked(cloudParams['cloud.unlock'], { recoveryCode }))
  if (context.json) context.document({ unlocked: true })
  else context.terminal.out('This machine opens your secrets now.\n')
  return DONE
}

export async function keyReset(context: Context, { yes }: { readonly yes?: boolean }): Promise<number> {
  const client = await context.daemon()
  const { key } = await signedIn(client)
  // Where the key is open only its code becomes another one.
  const warning =
    key === 'ready'
      ? 'The recovery code of before will open nothing any more.'
      : 'Secrets that only you share are lost with the old key, and your teams have to give you theirs again.'
  await confirm(context, { warning, yes })
  printCode(context, (await client.call('cloud.resetKey', {})).recoveryCode)
  return DONE
}

export async function keyGrant(
  context: Context,
  wanted: { readonly team: string; readonly member: string; readonly fingerprint?: string },
): Promise<number> {
  const client = await context.daemon()
  const { team, member } = await findMember(client, wanted.team, wanted.member)
  if (member.fingerprint === null) {
    throw new WarrenError('cloud.refused', `${member.email} has no key yet.`, {
      fix: 'They make one: warren cloud key make',
    })
  }
  const fingerprint = wanted.fingerprint ?? (await compared(context, member.email, member))
  await client.call('cloud.grantKey', { teamId: team.id, userId: member.userId, fingerprint })
  if (context.json) context.document({ team, member, granted: true })
  else context.terminal.out(`${printable(member.email)} opens the secrets of ${printable(team.name)} now.\n`)
  return DONE
}

export async function secretSet(
  context: Context,
  wanted: { readonly forward: string; readonly kind: string; readonly stdin?: boolean },
): Promise<number> {
  const kind = readKind(wanted.kind)
  if (kind === 'keyContent' && wanted.stdin !== true) {
    throw usageError('A key is read from a file.', 'warren cloud secret set FORWARD key --stdin < FILE')
  }
  const ask = { what: kindWords[kind], isPiped: wanted.stdin === true, option: '--stdin' }
  const question = `${kind === 'password' ? 'Password' : 'Passphrase'}: `
  const value = await readSecret(context, { ...ask, question, isVerbatim: kind === 'keyContent' })
  if (kind === 'keyContent') refuseNoKey(value)
  const client = await context.daemon()
  const { account, key } = await signedIn(client)
  const { spec, cloud } = await findShared(client, wanted.forward)
  // No key is made for what the role does not allow.
  if (key === 'none' && cloud?.editable === true) await makeFirstKey(context, client)
  const view = await client.call('cloud.setSecret', { id: spec.id, kind, value })
  if (context.json) context.document(publicForward(view))
  else {
    context.terminal.out(`Sealed ${kindWords[kind]} of ${printable(view.spec.name)} for ${printable(forWhom(view))}\n`)
    context.terminal.err(`${printable(account?.url ?? 'The server')} keeps it and cannot read it.\n`)
  }
  return DONE
}

export async function secretClear(context: Context, forward: string, kindName: string): Promise<number> {
  const kind = readKind(kindName)
  const client = await context.daemon()
  await signedIn(client)
  const { spec, cloud } = await findShared(client, forward)
  const view = await client.call('cloud.setSecret', { id: spec.id, kind, value: null })
  const name = printable(view.spec.name)
  if (context.json) context.document(publicForward(view))
  else if (cloud?.secrets.some((one) => one.kind === kind) === true)
    context.terminal.out(`Took back ${kindWords[kind]} of ${name}\n`)
  else context.terminal.err(`${name} shared no ${kind === 'keyContent' ? 'key' : kind}.\n`)
  return DONE
}

// --- internal ---

const CODE_NOTE = 'This recovery code is shown this once. It opens your secrets on another machine: keep it safe.'

type Kind = 'password' | 'keyContent' | 'passphrase'

const kindWords = {
  password: 'the password',
  passphrase: 'the passphrase',
  keyContent: 'the key',
} as const satisfies Record<Kind, string>

function readKind(text: string): Kind {
  if (text === 'password' || text === 'passphrase') return text
  if (text === 'key' || text === 'keyContent') return 'keyContent'
  throw usageError(`A secret is a password, passphrase or key, not "${text}".`)
}

/** Sealed, it would be found out on another machine, by somebody who cannot look at it. */
function refuseNoKey(value: string): void {
  const fault = privateKeyFault(value)
  if (fault === null) return
  throw new WarrenError('spec.invalid', `What was read for the key cannot be one. ${fault}`, {
    field: 'keyContent',
    fix: 'Read it from the file: warren cloud secret set FORWARD key --stdin < ~/.ssh/id_ed25519',
  })
}

async function makeFirstKey(context: Context, client: DaemonClient): Promise<void> {
  const { recoveryCode } = await client.call('cloud.makeKey', {})
  context.terminal.err(`Made a key for your account. Its recovery code: ${recoveryCode}\n${CODE_NOTE}\n`)
}

function forWhom({ cloud }: ForwardView): string {
  return cloud === null || cloud.namespace === PERSONAL ? 'your machines' : cloud.space
}

/** The code alone on standard output, so that it can be piped to where it is kept. */
function printCode(context: Context, recoveryCode: string): void {
  if (context.json) context.document({ recoveryCode })
  else context.terminal.out(`${recoveryCode}\n`)
  context.terminal.err(
    'This recovery code is shown this once. It opens your secrets on another machine: keep it safe.\n',
  )
}

async function compared(
  { terminal }: Context,
  email: string,
  { fingerprint, keyChanged }: { readonly fingerprint: string | null; readonly keyChanged: boolean },
): Promise<string> {
  const shown = fingerprint ?? ''
  if (!terminal.isInteractive) {
    throw usageError(
      `Nobody can be asked whether ${shown} is the fingerprint of ${email}.`,
      `Compare it with them by voice, then say so: --fingerprint "${shown}"`,
    )
  }
  if (keyChanged) terminal.err('Their key is another one than this machine saw before.\n')
  terminal.err(`The fingerprint of ${printable(email)} is ${shown}\n`)
  terminal.err(
    'They see theirs with `warren cloud team members`. Compare by voice: the server could show you another one.\n',
  )
  const typed = await terminal.ask('Is it the same? (yes / no) ', { echo: true })
  if (typed === null || !/^(?:y|yes)$/i.test(typed.trim())) throw cancelled()
  return shown
}
