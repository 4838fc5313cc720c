/** What `add` and `edit` say about a forward beyond its ends: when it dials, how its health is asked, who may use it. */
import type { Command } from 'commander'
import type { DaemonClient } from '@daemon/client'
import type { ForwardPatch } from '@shared/specs'
import type { Context } from '../context'
import { usageError } from '../usage'

export interface KindOptions {
  readonly onDemand?: boolean
  readonly idle?: string
  readonly health?: string
  readonly healthEvery?: string
  readonly pac?: boolean
  readonly proxyUser?: string
  readonly proxyPasswordStdin?: boolean
}

export function defineKindOptions(command: Command): Command {
  return command
    .option('--on-demand', 'listen at once, dial at the first connection')
    .option('--no-on-demand', 'dial at the start (the default)')
    .option('--idle <seconds>', 'with --on-demand: close the session after so long without a connection')
    .option('--health <check>', 'ask through the forward: tcp, http, http:/PATH, socks:HOST:PORT, or none')
    .option('--health-every <seconds>', 'how often (default 30)')
    .option('--pac', 'serve /proxy.pac at the port of a proxy')
    .option('--no-pac', 'do not (the default)')
    .option('--proxy-user <name>', 'the name that clients of a proxy log in with; "" for no login')
    .option('--proxy-password-stdin', 'read their password from standard input')
}

type Kinds = Pick<ForwardPatch, 'onDemand' | 'idleSeconds' | 'health' | 'servePac' | 'proxyUsername'>

/** The fields that the options speak of; what is not named stays out. Health's interval needs the check beside it. */
export function readKindOptions(options: KindOptions, before: ForwardPatch['health'] = null): Kinds {
  const health = readHealth(options, before)
  return {
    ...(options.onDemand === undefined ? {} : { onDemand: options.onDemand }),
    ...(options.idle === undefined ? {} : { idleSeconds: wholeSeconds('--idle', options.idle) }),
    ...(health === undefined ? {} : { health }),
    ...(options.pac === undefined ? {} : { servePac: options.pac }),
    ...(options.proxyUser === undefined ? {} : { proxyUsername: options.proxyUser === '' ? null : options.proxyUser }),
  }
}

/** The password that stands on standard input; `null` when none was announced. */
export async function readProxyPassword({ terminal }: Context, options: KindOptions): Promise<string | null> {
  if (options.proxyPasswordStdin !== true) return null
  // The end of the line is the shell's, not the password's.
  const password = (await terminal.readInput()).replace(/\r?\n$/, '')
  if (password === '') {
    throw usageError('Standard input holds no password.', 'Pipe it in: printf %s "$PASSWORD" | warren …')
  }
  return password
}

/** A password that nobody would be asked for must not look like one. */
export function needsLogin({ proxyUser, proxyPasswordStdin }: KindOptions, before: string | null): void {
  if (proxyPasswordStdin !== true || (proxyUser ?? before ?? '') !== '') return
  throw usageError('--proxy-password-stdin needs the name to log in with: --proxy-user NAME.')
}

export async function keepProxyPassword(
  context: Context,
  client: DaemonClient,
  { id, password }: { id: string; password: string | null },
): Promise<void> {
  if (password === null) return
  await client.call('forwards.setSecret', { id, value: password, keep: 'file' })
  const { resolvePlaces } = await import('@daemon/client')
  const where = resolvePlaces(context.env, context.home).secrets
  context.terminal.err(`The password is kept in ${where}, readable by you alone.\n`)
}

// --- internal ---

function readHealth(options: KindOptions, before: ForwardPatch['health']): ForwardPatch['health'] {
  const every =
    options.healthEvery === undefined ? {} : { everySeconds: wholeSeconds('--health-every', options.healthEvery) }
  if (options.health === undefined) {
    if (options.healthEvery === undefined) return undefined
    if (before === null || before === undefined) throw usageError('--health-every needs a check: --health tcp.')
    return { ...before, ...every }
  }
  const [kind = '', ...rest] = options.health.split(':')
  const more = rest.join(':')
  if (options.health === 'none') return null
  if (options.health === 'tcp') return { kind: 'tcp', ...every }
  if (kind === 'http' && (more === '' || more.startsWith('/'))) {
    return { kind: 'http', ...(more === '' ? {} : { path: more }), ...every }
  }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(more) ?? []
  const host = bracketed ?? plain
  if (kind === 'socks' && host !== undefined) return { kind: 'socks', host, port: Number(port), ...every }
  throw usageError(
    `--health needs tcp, http, http:/PATH, socks:HOST:PORT or none, not "${options.health}".`,
    'Such as --health http:/healthz',
  )
}

function wholeSeconds(option: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw usageError(`${option} needs a whole number of seconds, not "${text}".`)
  return Number(text)
}
