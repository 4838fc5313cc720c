/** A pasted `ssh` command line as the server and forwards that it means, and the way back. */
import type { z } from 'zod'
import { readOptions, type Collected } from './_ssh-options'
import { quoteShellWord, splitShellWords } from './_shell-words'
import type { Endpoint } from './endpoints'
import { WarrenError } from './errors'
import { parseProxy, proxyIssue } from './proxy-url'
import { DEFAULT_SSH_PORT, formatDestination, parseDestination } from './ssh-destination'
import { formatSpec, parseSpec, specFlags, type ForwardEnds } from './ssh-spec'
import { serverDraftSchema, type ServerSpec } from './specs'

/** A checked server without an id; `jump` is empty because its hops have no ids yet. */
export type CommandServer = z.output<typeof serverDraftSchema>

/** The ends of a forward and a name to suggest. */
export type CommandForward = ForwardEnds & { readonly name: string }

export interface ParsedCommand {
  readonly server: CommandServer
  /** The servers of -J, first hop first. */
  readonly jumps: readonly CommandServer[]
  readonly forwards: readonly CommandForward[]
  /** What the command says and Warren does not do, as it was written. */
  readonly ignored: readonly string[]
}

/**
 * Reads a command line such as `ssh -J bastion -L 8080:localhost:80 me@host`.
 *
 * Options follow ssh(1): the first value of an option wins, options may stand after the host, values may stick to their letter.
 * Throws `command.invalid` or, for a broken SPEC or host, `spec.invalid`.
 */
export function parseSshCommand(command: string): ParsedCommand {
  const [program, ...rest] = splitShellWords(command.replace(/^\s*[$%#>]\s+/, ''))
  if (program === undefined) throw new WarrenError('command.invalid', 'The command is empty.', { fix: EXAMPLE })
  if (!/^(?:.*[\\/])?ssh(?:\.exe)?$/i.test(program)) {
    throw new WarrenError('command.invalid', `The command starts with "${program}", not with ssh.`, { fix: EXAMPLE })
  }
  return parseSshArguments(rest)
}

/** The same for words that a shell has split already, without the leading `ssh`. */
export function parseSshArguments(words: readonly string[]): ParsedCommand {
  const found = readOptions(words)
  if (found.destination === null) {
    throw new WarrenError('command.invalid', 'The command names no server.', { field: 'host', fix: EXAMPLE })
  }
  const at = readHost(found.destination)
  const host = found.options.get('hostname') ?? at.host
  const proxyCommand = unlessNone(found.options.get('proxycommand'))
  const jumps = (unlessNone(found.options.get('proxyjump')) ?? '').split(',').filter((hop) => hop.trim() !== '')
  if (proxyCommand !== null && jumps.length > 0) {
    throw new WarrenError('command.invalid', 'The command has both a jump and a ProxyCommand.', {
      fix: 'Keep one of them.',
    })
  }
  return {
    server: checkServer({
      ...serverOptions(found),
      name: at.host,
      host,
      port: found.port ?? at.port ?? DEFAULT_SSH_PORT,
      username: found.user ?? at.username,
      proxyCommand,
    }),
    jumps: jumps.map((hop) => jumpServer(hop, found)),
    forwards: found.forwards.map(({ type, spec }) => {
      const ends = openTo(parseSpec(type, spec), found.gatewayPorts)
      return { ...ends, name: suggestName(ends) }
    }),
    ignored: found.ignored,
  }
}

/** A short name for a forward that has none yet: `db-5432`, `offer-3000`, `socks-1080`. */
export function suggestName(ends: ForwardEnds): string {
  const last = (path: string): string => path.split('/').at(-1) ?? path
  switch (ends.type) {
    case 'local': {
      const host = ends.remoteHost ?? 'forward'
      return host.startsWith('/') ? last(host) : `${host}-${ends.remotePort ?? 0}`
    }
    case 'remote':
      if (ends.localHost?.startsWith('/') === true) return `offer-${last(ends.localHost)}`
      return ends.localPort === null ? `offer-socks-${ends.remotePort ?? 0}` : `offer-${ends.localPort}`
    case 'dynamic':
      return `socks-${ends.bindPort ?? 0}`
  }
}

/** A server and the hops to it, first hop first, as {@link toSshCommand} needs them. */
export interface CommandRoute {
  readonly server: Omit<ServerSpec, 'id' | 'name' | 'createdAt' | 'updatedAt'>
  readonly hops: readonly Pick<ServerSpec, 'host' | 'port' | 'username'>[]
}

/**
 * The ssh command that does what a forward does, quoted for a POSIX shell.
 *
 * `listen` is the end that is bound now; it stands in for port 0, which ssh refuses for -L and -D.
 */
export function toSshCommand(ends: ForwardEnds, route: CommandRoute, listen?: Endpoint): string {
  const { server } = route
  const bound = withBoundPort(ends, listen)
  const words = ['ssh', '-N', ...singles(bound).flatMap((one) => [specFlags[one.type], formatSpec(one)])]
  const option = (key: string, value: string | number): void => {
    words.push('-o', `${key}=${value}`)
  }
  if (server.port !== DEFAULT_SSH_PORT) words.push('-p', String(server.port))
  if (server.configHost !== null) {
    // The rest stands in the ssh config, where ssh finds it too.
    const { host } = parseDestination(server.configHost)
    words.push(formatDestination({ username: server.username, host, port: null }))
    return words.map(quoteShellWord).join(' ')
  }
  for (const file of server.identityFiles) words.push('-i', file)
  for (const file of server.certificateFiles) option('CertificateFile', file)
  if (server.identitiesOnly) option('IdentitiesOnly', 'yes')
  if (server.agent !== null) option('IdentityAgent', server.agent)
  if (route.hops.length > 0) words.push('-J', route.hops.map(formatDestination).join(','))
  else if (server.proxyCommand !== null) option('ProxyCommand', server.proxyCommand)
  else if (server.proxy !== null && proxyIssue(server.proxy) === null) {
    option('ProxyCommand', proxyAsCommand(server.proxy))
  }
  if (server.hostKeyPolicy === 'strict') option('StrictHostKeyChecking', 'yes')
  if (server.hostKeyPolicy === 'accept-new') option('StrictHostKeyChecking', 'accept-new')
  if (server.keepaliveSeconds !== defaults.keepaliveSeconds) option('ServerAliveInterval', server.keepaliveSeconds)
  if (server.keepaliveCount !== defaults.keepaliveCount) option('ServerAliveCountMax', server.keepaliveCount)
  if (server.connectTimeoutSeconds !== defaults.connectTimeoutSeconds)
    option('ConnectTimeout', server.connectTimeoutSeconds)
  words.push(formatDestination({ username: server.username, host: server.host, port: null }))
  return words.map(quoteShellWord).join(' ')
}

// --- internal ---

const EXAMPLE = 'Paste a command such as: ssh -L 8080:localhost:80 me@host'
const defaults = serverDraftSchema.parse({ name: 'defaults', host: 'defaults' })

function readHost(destination: string): ReturnType<typeof parseDestination> {
  const at = parseDestination(destination)
  if (at.port !== null && !/^ssh:\/\//i.test(destination)) {
    throw new WarrenError('command.invalid', `ssh takes no port in "${destination}".`, {
      field: 'port',
      fix: `Use -p ${at.port}.`,
    })
  }
  return at
}

function serverOptions({
  options,
  identityFiles,
  certificateFiles,
}: Collected): Partial<z.input<typeof serverDraftSchema>> {
  const interval = options.get('serveraliveinterval')
  const count = options.get('serveralivecountmax')
  const timeout = unlessNone(options.get('connecttimeout'))
  const agent = options.get('identityagent')
  return {
    identityFiles: identityFiles.filter((file) => file !== 'none'),
    certificateFiles: certificateFiles.filter((file) => file !== 'none'),
    identitiesOnly: options.get('identitiesonly')?.toLowerCase() === 'yes',
    ...(agent === undefined || agent === 'SSH_AUTH_SOCK' ? {} : { agent }),
    ...(interval === undefined ? {} : { keepaliveSeconds: seconds('ServerAliveInterval', interval) }),
    ...(count === undefined ? {} : { keepaliveCount: seconds('ServerAliveCountMax', count) }),
    ...(timeout === null ? {} : { connectTimeoutSeconds: seconds('ConnectTimeout', timeout) }),
    ...hostKeyPolicy(options.get('stricthostkeychecking')),
  }
}

/** `no` lets ssh take a changed key too; Warren never does, so it becomes the next safer thing. */
function hostKeyPolicy(value: string | undefined): Partial<z.input<typeof serverDraftSchema>> {
  switch (value?.toLowerCase()) {
    case 'yes':
      return { hostKeyPolicy: 'strict' }
    case 'no':
    case 'off':
    case 'accept-new':
      return { hostKeyPolicy: 'accept-new' }
    default:
      return {}
  }
}

function jumpServer(text: string, { options }: Collected): CommandServer {
  const hop = parseDestination(text.trim())
  return checkServer({
    name: hop.host,
    host: hop.host,
    port: hop.port ?? DEFAULT_SSH_PORT,
    username: hop.username,
    ...hostKeyPolicy(options.get('stricthostkeychecking')),
  })
}

function checkServer(draft: z.input<typeof serverDraftSchema>): CommandServer {
  const checked = serverDraftSchema.safeParse(draft)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const field = issue?.path.join('.') ?? ''
  throw new WarrenError('command.invalid', `The command's ${field} ${issue?.message ?? 'is not valid'}.`, { field })
}

/** ssh's -g: a listener without a bind address takes connections from other machines. */
function openTo(ends: ForwardEnds, gatewayPorts: boolean): ForwardEnds {
  return gatewayPorts && ends.type !== 'remote' && ends.bindAddress === null ? { ...ends, bindAddress: '*' } : ends
}

/** A number of seconds as ssh writes it: `90`, `1m30s` (TIME FORMATS of sshd_config(5)). */
function seconds(key: string, text: string): number {
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) {
    throw new WarrenError('command.invalid', `${key} has "${text}", which is not a number.`, { field: key })
  }
  const unit = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
  return [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)].reduce(
    (sum, [, figure, letter]) => sum + Number(figure) * unit[(letter === '' ? 's' : letter) as keyof typeof unit],
    0,
  )
}

function unlessNone(value: string | undefined): string | null {
  return value === undefined || value.toLowerCase() === 'none' ? null : value
}

function withBoundPort(ends: ForwardEnds, listen: Endpoint | undefined): ForwardEnds {
  if (listen === undefined || 'path' in listen) return ends
  if (ends.type === 'remote') return ends.remotePort === 0 ? { ...ends, remotePort: listen.port } : ends
  const asked = ends.type === 'local' ? (ends.bindPort ?? ends.localPort) : ends.bindPort
  return asked === 0 ? { ...ends, bindPort: listen.port } : ends
}

/** ssh knows no ranges: one of its forwards for each port. */
function singles(ends: ForwardEnds): readonly ForwardEnds[] {
  const { portCount = 1, ...one } = ends
  const at = (port: number | null, offset: number): number | null =>
    port === null || port === 0 ? port : port + offset
  return Array.from({ length: portCount }, (_, offset) => ({
    ...one,
    localPort: at(one.localPort, offset),
    remotePort: at(one.remotePort, offset),
    bindPort: at(one.bindPort, offset),
  }))
}

/** The proxy through netcat (OpenBSD's nc(1), -X and -x), as ssh itself knows no proxies; to ssh a percent sign begins a token. */
function proxyAsCommand(address: string): string {
  const { scheme, host, port, username } = parseProxy(address)
  const protocol = scheme === 'http' ? 'connect' : scheme.startsWith('socks4') ? '4' : '5'
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const user = username === null ? '' : ` -P ${quoteShellWord(username)}`
  return `${`nc -X ${protocol} -x ${quoteShellWord(at)}${user}`.replaceAll('%', '%%')} %h %p`
}
