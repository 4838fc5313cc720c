/** `warren server add NAME [USER@]HOST[:PORT] …` */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { splitProxyPassword } from '@shared/proxy-url'
import { parseDestination } from '@shared/ssh-destination'
import { serverDraftSchema, type ServerDraft } from '@shared/specs'
import { checked } from '../checked'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { pickServer } from '../names'
import { absolutePath, agentPath } from '../paths'
import { publicServer, serverLogin } from '../servers'
import { parsePolicy, usageError } from '../usage'

export interface ServerAddOptions {
  readonly identity?: readonly string[]
  readonly certificate?: readonly string[]
  readonly identitiesOnly?: boolean
  readonly agent?: string
  readonly passwordStdin?: boolean
  readonly jump?: string
  readonly proxy?: string
  readonly proxyCommand?: string
  readonly ipv4?: boolean
  readonly ipv6?: boolean
  readonly source?: string
  readonly hostKey?: string
}

export async function serverAdd(
  context: Context,
  what: ServerAddOptions & { readonly name: string; readonly destination: string },
): Promise<number> {
  const { terminal } = context
  const draft = { ...readDraft(context, what), jump: [] as string[] }
  const password = what.passwordStdin === true ? await readPassword(context) : null
  const client = await context.daemon()
  if (what.jump !== undefined) {
    const servers = await client.call('servers.list', {})
    draft.jump = names(what.jump).map((name) => pickServer(servers, name).id)
  }
  const proxyPassword = typeof draft.proxy === 'string' ? splitProxyPassword(draft.proxy).password : null
  const server = await client.call('servers.add', draft)
  try {
    if (password !== null) await keep(context, server.id, { kind: 'password', value: password })
    if (proxyPassword !== null) await keep(context, server.id, { kind: 'proxy', value: proxyPassword })
  } catch (error) {
    // All or nothing: a server whose password was lost would only fail later.
    await client.call('servers.remove', { id: server.id })
    throw error
  }
  warnAboutKeys(context, { what: 'key', files: draft.identityFiles ?? [] })
  warnAboutKeys(context, { what: 'certificate', files: draft.certificateFiles ?? [] })
  if (context.json) context.document(publicServer(server))
  else terminal.out(`Added the server ${server.name}: ${serverLogin(server)}\n`)
  return DONE
}

// --- internal ---

async function keep(
  context: Context,
  id: string,
  { kind, value }: { kind: 'password' | 'proxy'; value: string },
): Promise<void> {
  const client = await context.daemon()
  await client.call('servers.setSecret', { id, kind, value, keep: 'file' })
  const { resolvePlaces } = await import('@daemon/client')
  const what = kind === 'proxy' ? 'The password of the proxy' : 'The password'
  const where = resolvePlaces(context.env, context.home).secrets
  context.terminal.err(`${what} is kept in ${where}, readable by you alone.\n`)
}

function readDraft({ cwd }: Context, what: Parameters<typeof serverAdd>[1]): ServerDraft {
  const { username, host, port } = parseDestination(what.destination)
  const jumps = what.jump !== undefined && names(what.jump).length > 0
  if (jumps && what.proxyCommand !== undefined) throw usageError('Give --jump or --proxy-command, not both.')
  if (what.proxy !== undefined && what.proxyCommand !== undefined) {
    throw usageError('Give --proxy or --proxy-command, not both.')
  }
  if (what.ipv4 === true && what.ipv6 === true) throw usageError('Give --ipv4 or --ipv6, not both.')
  for (const file of what.identity ?? []) if (file === '') throw usageError('--identity needs a file.')
  for (const file of what.certificate ?? []) if (file === '') throw usageError('--certificate needs a file.')
  if (what.agent === '') throw usageError('--agent needs the path of a socket, or none.')
  return checked(serverDraftSchema, {
    name: what.name,
    host,
    username,
    ...(port === null ? {} : { port }),
    identityFiles: (what.identity ?? []).map((file) => absolutePath(file, cwd)),
    certificateFiles: (what.certificate ?? []).map((file) => absolutePath(file, cwd)),
    identitiesOnly: what.identitiesOnly ?? false,
    agent: what.agent === undefined ? null : agentPath(what.agent, cwd),
    proxy: what.proxy ?? null,
    proxyCommand: what.proxyCommand ?? null,
    addressFamily: what.ipv4 === true ? 'inet' : what.ipv6 === true ? 'inet6' : 'any',
    sourceAddress: what.source ?? null,
    ...(what.hostKey === undefined ? {} : { hostKeyPolicy: parsePolicy(what.hostKey) }),
  })
}

function names(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

async function readPassword({ terminal }: Context): Promise<string> {
  // The end of the line is the shell's, not the password's.
  const password = (await terminal.readInput()).replace(/\r?\n$/, '')
  if (password === '')
    throw usageError('Standard input holds no password.', 'Pipe it in: printf %s "$PASSWORD" | warren …')
  return password
}

/** The file may come later (a stick, a mount), so it is a warning. */
function warnAboutKeys(
  { terminal, env }: Context,
  { what, files }: { what: 'key' | 'certificate'; files: readonly string[] },
): void {
  for (const file of files) {
    const path = file.startsWith('~/') ? join(env['HOME'] ?? homedir(), file.slice(2)) : file
    if (!existsSync(path)) terminal.err(`warren: the ${what} file ${file} does not exist yet.\n`)
  }
}
