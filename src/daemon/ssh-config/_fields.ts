/** What a resolved ssh config says, in the fields of a server. */
import type { ConfiguredOptions, ResolvedSshConfig } from '@engine'
import { originText, type ConfigOrigin } from '@shared/resolved-config'
import { parseDestination, type Destination } from '@shared/ssh-destination'
import { serverDraftSchema, type AddressFamily, type HostKeyPolicy, type ServerSpec } from '@shared/specs'
import type { TakenCommand } from './_permissions'

/** The fields of a server that its config decides; the hops are {@link hopsOf}. */
export type ConfigFields = Pick<
  ServerSpec,
  | 'host'
  | 'port'
  | 'username'
  | 'identityFiles'
  | 'certificateFiles'
  | 'identitiesOnly'
  | 'agent'
  | 'proxyCommand'
  | 'hostKeyPolicy'
  | 'keepaliveSeconds'
  | 'keepaliveCount'
  | 'connectTimeoutSeconds'
  | 'addressFamily'
  | 'sourceAddress'
>

const MAX_FILES = 32
const MAX_KEEPALIVE_SECONDS = 3600
const MAX_KEEPALIVE_COUNT = 100
const MAX_CONNECT_SECONDS = 600
/** Where ssh's default would not notice a dead peer, Warren's own stays. */
const own = serverDraftSchema.parse({ name: 'own', host: 'own' })

export function fieldsOf(
  config: ResolvedSshConfig,
  variables: Readonly<Record<string, string | undefined>>,
): ConfigFields {
  const one = (keyword: string): string | undefined => setValue(config, keyword)
  const number = (keyword: string, limits: { least: number; most: number; otherwise: number }): number => {
    const value = Number(one(keyword) ?? Number.NaN)
    return Number.isNaN(value) ? limits.otherwise : Math.min(limits.most, Math.max(limits.least, value))
  }
  const command = unlessNone(one('proxycommand'))
  return {
    host: config.options.get('hostname')?.[0]?.value ?? '',
    port: Number(config.options.get('port')?.[0]?.value ?? own.port),
    username: one('user') ?? null,
    identityFiles: filesOf(config, 'identityfile'),
    certificateFiles: filesOf(config, 'certificatefile').filter((file) => file !== 'none'),
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: agentOf(one('identityagent'), variables),
    proxyCommand: command === null ? null : asField(config.expand('proxycommand', command)),
    hostKeyPolicy: policyOf(one('stricthostkeychecking')),
    keepaliveSeconds: number('serveraliveinterval', {
      least: 0,
      most: MAX_KEEPALIVE_SECONDS,
      otherwise: own.keepaliveSeconds,
    }),
    keepaliveCount: number('serveralivecountmax', {
      least: 1,
      most: MAX_KEEPALIVE_COUNT,
      otherwise: own.keepaliveCount,
    }),
    connectTimeoutSeconds: number('connecttimeout', {
      least: 1,
      most: MAX_CONNECT_SECONDS,
      otherwise: own.connectTimeoutSeconds,
    }),
    addressFamily: (one('addressfamily') ?? own.addressFamily) as AddressFamily,
    sourceAddress: one('bindaddress') ?? null,
  }
}

/** The ProxyCommand line of a file; `null` when there is none. */
export function commandLineOf(config: ResolvedSshConfig): TakenCommand | null {
  const [entry] = config.options.get('proxycommand') ?? []
  if (entry === undefined || entry.origin.kind !== 'file' || unlessNone(entry.value) === null) return null
  const shown = config.expand('proxycommand', entry.value)
  const { file, line } = entry.origin
  return { proxyCommand: asField(shown), command: entry.value, shown, file, line }
}

/** The jump chain, first hop first. */
export function hopsOf(config: ResolvedSshConfig): readonly Destination[] {
  const chain = unlessNone(config.options.get('proxyjump')?.[0]?.value)
  return chain === null ? [] : chain.split(',').map(parseDestination)
}

/** What somebody set among the options that a server written in Warren does not have. */
export function configuredOptions(config: ResolvedSshConfig): ConfiguredOptions {
  const one = (keyword: string): string | undefined => setValue(config, keyword)
  const flag = (keyword: string): boolean | undefined => isYes(one(keyword))
  const names = (keyword: string): readonly string[] | undefined => one(keyword)?.split(',')
  const number = (keyword: string): number | undefined =>
    one(keyword) === undefined ? undefined : Number(one(keyword))
  const [bytes = '0', seconds = '0'] = one('rekeylimit')?.split(' ') ?? []
  const mask = one('streamlocalbindmask')
  const revoked = unlessNone(one('revokedhostkeys'))
  return {
    userKnownHostsFiles: listOf(config, 'userknownhostsfile'),
    globalKnownHostsFiles: listOf(config, 'globalknownhostsfile')?.map((file) =>
      config.expand('globalknownhostsfile', file),
    ),
    hostKeyAlias: one('hostkeyalias'),
    strictHostKeyChecking: strictness(one('stricthostkeychecking')),
    updateHostKeys: yesNoAsk(one('updatehostkeys')),
    hashKnownHosts: flag('hashknownhosts'),
    revokedHostKeys: revoked === null ? undefined : config.expand('revokedhostkeys', revoked),
    noHostAuthenticationForLocalhost: flag('nohostauthenticationforlocalhost'),
    preferredAuthentications: names('preferredauthentications'),
    pubkeyAuthentication:
      one('pubkeyauthentication') === undefined ? undefined : flag('pubkeyauthentication') !== false,
    passwordAuthentication: flag('passwordauthentication'),
    kbdInteractiveAuthentication: flag('kbdinteractiveauthentication'),
    numberOfPasswordPrompts: number('numberofpasswordprompts'),
    pubkeyAcceptedAlgorithms: names('pubkeyacceptedalgorithms'),
    connectionAttempts: number('connectionattempts'),
    kexAlgorithms: names('kexalgorithms'),
    ciphers: names('ciphers'),
    macs: names('macs'),
    hostKeyAlgorithms: names('hostkeyalgorithms'),
    caSignatureAlgorithms: names('casignaturealgorithms'),
    compression: flag('compression'),
    rekeyLimit: one('rekeylimit') === undefined ? undefined : { bytes: Number(bytes), seconds: Number(seconds) },
    gatewayPorts: flag('gatewayports'),
    streamLocalBindUnlink: flag('streamlocalbindunlink'),
    streamLocalBindMask: mask === undefined ? undefined : Number.parseInt(mask, 8),
  }
}

/** Options that the person set and a forward loses something by, as lines for a log. What a system sets for everybody is shown elsewhere. */
export function notesOf({ unhonoured }: Pick<ResolvedSshConfig, 'unhonoured'>): readonly string[] {
  return unhonoured
    .filter(({ support, origin }) => support === 'unsupported' && !isOfSystem(origin))
    .map(
      ({ keyword, value, origin, reason }) =>
        `${originText(origin)}: ${keyword} ${value} is not acted upon: ${reason}.`,
    )
}

// --- internal ---

/** A command's tokens are replaced already; the percent signs that are left are plain ones. */
function asField(command: string): string {
  return command.replaceAll('%', '%%')
}

function isOfSystem(origin: ConfigOrigin): boolean {
  return origin.kind === 'file' && origin.file.startsWith('/etc/')
}

/** The value, when a file or the command line set it. */
function setValue(config: ResolvedSshConfig, keyword: string): string | undefined {
  const entry = config.options.get(keyword)?.[0]
  return entry === undefined || entry.origin.kind === 'default' ? undefined : entry.value
}

/** `undefined` for ssh's default; empty for `none`. */
function listOf(config: ResolvedSshConfig, keyword: string): readonly string[] | undefined {
  const entries = config.options.get(keyword) ?? []
  return entries.some(({ origin }) => origin.kind === 'default') ? undefined : entries.map(({ value }) => value)
}

/** `none` stays what it is: no file at all, where an empty list means ssh's usual ones. */
function filesOf(config: ResolvedSshConfig, keyword: 'identityfile' | 'certificatefile'): string[] {
  const files = (listOf(config, keyword) ?? []).map((file) =>
    file.toLowerCase() === 'none' ? 'none' : config.expand(keyword, file),
  )
  const named = files.filter((file) => file !== 'none')
  return (named.length > 0 ? named : files.slice(0, 1)).slice(0, MAX_FILES)
}

/** ssh_config(5), IdentityAgent: a path, `none`, `SSH_AUTH_SOCK`, or `$NAME` of a variable. */
function agentOf(value: string | undefined, variables: Readonly<Record<string, string | undefined>>): string | null {
  if (value === undefined || value === 'SSH_AUTH_SOCK') return null
  if (value.toLowerCase() === 'none') return 'none'
  if (!value.startsWith('$')) return value
  const path = variables[value.slice(1)]
  return path === undefined || path === '' ? 'none' : path
}

function strictness(value: string | undefined): ConfiguredOptions['strictHostKeyChecking'] {
  if (value === undefined || value === 'ask' || value === 'accept-new') return value
  return isYes(value) === true ? 'yes' : 'no'
}

function policyOf(value: string | undefined): HostKeyPolicy {
  const how = strictness(value) ?? 'ask'
  return how === 'yes' ? 'strict' : how === 'ask' ? 'ask' : 'accept-new'
}

function yesNoAsk(value: string | undefined): ConfiguredOptions['updateHostKeys'] {
  if (value === undefined || value === 'ask') return value
  return isYes(value) === true ? 'yes' : 'no'
}

function isYes(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'yes' || value === 'true'
}

function unlessNone(value: string | undefined): string | null {
  return value === undefined || value.toLowerCase() === 'none' ? null : value
}
