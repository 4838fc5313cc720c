/** The form and order of `ssh -G`. */
import { forwardEndText } from './_special'
import { byDefault } from './_defaults'
import type { Settings } from './_settings'
import type { ConfigForward, OptionValue, Origin } from './types'

/** One line of output; several values of one option are several rows. */
export interface Row {
  readonly keyword: string
  readonly line: string
  readonly origin: Origin
}

export interface PrintInput {
  readonly settings: Settings
  readonly forwards: readonly ConfigForward[]
  readonly originalHost: string
  readonly host: string
}

const flags =
  'addressfamily batchmode canonicalizefallbacklocal canonicalizehostname checkhostip compression controlmaster ' +
  'enablesshkeysign clearallforwardings exitonforwardfailure fingerprinthash forwardx11 forwardx11trusted gatewayports ' +
  'gssapiauthentication gssapikeyexchange gssapidelegatecredentials gssapitrustdns gssapirenewalforcesrekey ' +
  'gssapiclientidentity gssapiserveridentity gssapikexalgorithms hashknownhosts hostbasedauthentication identitiesonly ' +
  'kbdinteractiveauthentication nohostauthenticationforlocalhost passwordauthentication permitlocalcommand proxyusefdpass ' +
  'pubkeyauthentication requesttty sessiontype stdinnull forkafterauthentication streamlocalbindunlink ' +
  'stricthostkeychecking tcpkeepalive tunnel verifyhostkeydns visualhostkey updatehostkeys enableescapecommandline'

const numbers =
  'canonicalizemaxdots connectionattempts forwardx11timeout numberofpasswordprompts serveralivecountmax ' +
  'serveraliveinterval requiredrsasize'

const strings =
  'bindaddress bindinterface ciphers controlpath hostkeyalgorithms hostkeyalias hostbasedacceptedalgorithms identityagent ' +
  'ignoreunknown kbdinteractivedevices kexalgorithms casignaturealgorithms localcommand remotecommand loglevel macs ' +
  'pkcs11provider securitykeyprovider preferredauthentications pubkeyacceptedalgorithms revokedhostkeys xauthlocation ' +
  'knownhostscommand'

const beforeForwards = `user hostname port ${flags} ${numbers} ${strings}`.split(' ')
const afterForwards =
  'identityfile canonicaldomains certificatefile globalknownhostsfile userknownhostsfile sendenv setenv logverbose'.split(
    ' ',
  )
const specialCases =
  'permitremoteopen addkeystoagent forwardagent connecttimeout tunneldevice canonicalizepermittedcnames controlpersist ' +
  'escapechar ipqos rekeylimit streamlocalbindmask syslogfacility'
const lastOnes = specialCases.split(' ')

const perLine = new Set(['identityfile', 'certificatefile', 'sendenv', 'setenv'])
const onOneLine: Readonly<Record<string, string>> = {
  canonicaldomains: 'none',
  globalknownhostsfile: 'none',
  userknownhostsfile: 'none',
  logverbose: 'none',
  permitremoteopen: 'any',
  canonicalizepermittedcnames: 'none',
}
/** ssh writes one keyword with a capital letter. */
const spelling: Readonly<Record<string, string>> = { canonicalizepermittedcnames: 'canonicalizePermittedcnames' }

/** The values of each option in the order of `ssh -G`, and the lines it prints. */
export function printSettings(input: PrintInput): { options: Map<string, readonly OptionValue[]>; rows: Row[] } {
  const options = new Map<string, readonly OptionValue[]>()
  const rows: Row[] = []
  const single = (keyword: string, entry: OptionValue | undefined): void => {
    if (entry === undefined) return
    options.set(keyword, [entry])
    rows.push({ keyword, line: `${keyword} ${entry.value}`, origin: entry.origin })
  }
  const add = (keyword: string): void => {
    const entries = input.settings.list(keyword)
    const empty = onOneLine[keyword]
    if (perLine.has(keyword)) {
      if (entries.length > 0) options.set(keyword, entries)
      for (const { value, origin } of entries) rows.push({ keyword, line: `${keyword} ${value}`, origin })
    } else if (empty !== undefined) {
      options.set(keyword, entries)
      // A CNAME rule is a pair; a "none" that ssh did not take out has an empty second half.
      const text = (value: string): string =>
        keyword === 'canonicalizepermittedcnames' && value === 'none' ? 'none:' : value
      const values = entries.length === 0 ? empty : entries.map((entry) => text(entry.value)).join(' ')
      rows.push({ keyword, line: `${spelling[keyword] ?? keyword} ${values}`, origin: entries[0]?.origin ?? byDefault })
    } else {
      single(keyword, composed(keyword, input))
    }
  }
  single('host', { value: input.originalHost, origin: byDefault })
  beforeForwards.forEach(add)
  addForwards(input.forwards, options, rows)
  afterForwards.forEach(add)
  lastOnes.forEach(add)
  const jump = input.settings.get('proxyjump')
  single(jump === undefined ? 'proxycommand' : 'proxyjump', jump ?? input.settings.get('proxycommand'))
  return { options, rows }
}

/** Values that ssh keeps in two parts, or shows in another way than it keeps them. */
function composed(keyword: string, { settings, host }: PrintInput): OptionValue | undefined {
  const entry = settings.get(keyword)
  switch (keyword) {
    case 'hostname':
      return { value: host, origin: entry?.origin ?? byDefault }
    case 'forwardagent':
      return settings.get('forwardagent.path') ?? entry
    case 'rekeylimit': {
      const interval = settings.get('rekeylimit.interval')
      const origin = entry?.origin.kind === 'default' ? interval?.origin : entry?.origin
      return { value: `${entry?.value ?? '0'} ${interval?.value ?? '0'}`, origin: origin ?? byDefault }
    }
    case 'escapechar':
      return entry === undefined ? entry : { value: visible(entry.value), origin: entry.origin }
    default:
      return entry
  }
}

/** vis(3), as far as one character can need it. */
function visible(char: string): string {
  if (char.length !== 1) return char
  const code = char.charCodeAt(0)
  if (char === '\\') return '\\\\'
  if (char === ' ') return '\\040'
  if (code === 0x7f) return '\\^?'
  return code < 0x20 ? `\\^${String.fromCharCode(code + 0x40)}` : char
}

function addForwards(
  forwards: readonly ConfigForward[],
  options: Map<string, readonly OptionValue[]>,
  rows: Row[],
): void {
  const add = (keyword: string, { value, origin }: OptionValue): void => {
    rows.push({ keyword, line: `${keyword} ${value}`, origin })
  }
  for (const forward of forwards) {
    // ssh prints a local forward to a socket among the dynamic ones too: it looks only at the target's host.
    const printed = forward.type !== 'remote' && (isDynamic(forward) || forward.target?.kind === 'unix')
    if (printed) add('dynamicforward', { value: forwardEndText(forward.listen), origin: forward.origin })
  }
  for (const type of ['dynamic', 'local', 'remote'] as const) {
    const keyword = `${type}forward`
    const entries: OptionValue[] = []
    for (const forward of forwards) {
      const kind = forward.type === 'remote' ? 'remote' : isDynamic(forward) ? 'dynamic' : 'local'
      if (kind !== type) continue
      const entry = { value: forwardText(forward), origin: forward.origin }
      entries.push(entry)
      if (type !== 'dynamic') add(keyword, entry)
    }
    if (entries.length > 0) options.set(keyword, entries)
  }
}

/** A local forward to a host called "socks" is what ssh takes for a dynamic one. */
function isDynamic({ target }: ConfigForward): boolean {
  return target === null || (target.kind === 'tcp' && target.host === 'socks')
}

function forwardText(forward: ConfigForward): string {
  const listen = forwardEndText(forward.listen)
  if (forward.type !== 'remote' && isDynamic(forward)) return listen
  return `${listen} ${forward.target === null ? '[socks]:0' : forwardEndText(forward.target)}`
}
