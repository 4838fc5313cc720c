/** What Warren does with each option of ssh_config(5): acts on it, needs nothing of it, or cannot do it. */
import type { UnhonouredOption } from '@shared/resolved-config'
import { unknownAlgorithms } from './_algorithms'
import { algorithmFamilies, type AlgorithmOption } from './_algorithm-table'
import { splitArguments } from './_lex'
import type { Origin, Support } from './types'

const honoured = new Set(
  (
    'addressfamily bindaddress canonicaldomains canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots ' +
    'canonicalizepermittedcnames casignaturealgorithms certificatefile ciphers clearallforwardings compression ' +
    'connectionattempts connecttimeout dynamicforward gatewayports globalknownhostsfile ' +
    'hashknownhosts hostkeyalgorithms hostkeyalias hostname identitiesonly identityagent identityfile ignoreunknown ' +
    'kbdinteractiveauthentication kexalgorithms localforward macs nohostauthenticationforlocalhost ' +
    'numberofpasswordprompts passwordauthentication port preferredauthentications proxycommand proxyjump ' +
    'pubkeyacceptedalgorithms pubkeyauthentication rekeylimit remoteforward revokedhostkeys ' +
    'serveralivecountmax serveraliveinterval stricthostkeychecking tag updatehostkeys user userknownhostsfile'
  ).split(' '),
)

const session = 'it concerns a shell or command, and Warren opens none'
const shown = 'Warren has its own way to show and log'
const old = 'ssh itself ignores it'

const harmless: Readonly<Record<string, string>> = {
  ...reasons(
    'enableescapecommandline escapechar forkafterauthentication ipqos localcommand permitlocalcommand',
    session,
  ),
  ...reasons('remotecommand requesttty sendenv sessiontype setenv stdinnull channeltimeout refuseconnection', session),
  ...reasons('fingerprinthash loglevel logverbose syslogfacility visualhostkey warnweakcrypto versionaddendum', shown),
  ...reasons('controlmaster controlpath controlpersist', 'Warren shares its own sessions between forwards'),
  ...reasons('obscurekeystroketiming', 'nobody types through a forward'),
  ...reasons('addkeystoagent', 'Warren keeps what it is told to keep itself'),
  ...reasons('batchmode', 'Warren asks only when somebody is there to answer'),
  ...reasons('checkhostip', 'host keys are checked by name'),
  ...reasons('proxyusefdpass', 'Warren talks to the command through its pipes'),
  ...reasons('tcpkeepalive', 'Warren asks the server itself whether it is there'),
  ...reasons('exitonforwardfailure', 'each forward tells its own failure'),
  ...reasons('streamlocalbindunlink', 'Warren removes a socket file that nobody listens at, and no other'),
}

const unsupported: Readonly<Record<string, string>> = {
  ...reasons(
    'forwardagent forwardx11 forwardx11timeout forwardx11trusted xauthlocation',
    'Warren opens no shell to forward into',
  ),
  ...reasons('tunnel tunneldevice', 'Warren makes no network devices'),
  ...reasons(
    'gssapiauthentication gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms',
    'Warren has no Kerberos',
  ),
  ...reasons(
    'gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns',
    'Warren has no Kerberos',
  ),
  ...reasons(
    'enablesshkeysign hostbasedacceptedalgorithms hostbasedauthentication',
    'Warren cannot sign with the key of this machine',
  ),
  ...reasons('requiredrsasize', 'Warren does not weigh the size of RSA keys'),
  ...reasons('permitremoteopen', 'Warren lets a remote SOCKS client name any target'),
  ...reasons('streamlocalbindmask', 'a listening socket of Warren is for you alone'),
  ...reasons('kbdinteractivedevices', 'Warren answers whatever the server asks'),
  ...reasons('pkcs11provider securitykeyprovider', 'Warren reaches hardware keys through the agent'),
  ...reasons('bindinterface', 'Warren binds to addresses; use BindAddress'),
  ...reasons('knownhostscommand', 'Warren reads known hosts from files'),
  ...reasons('verifyhostkeydns', 'Warren does not look up host keys in the DNS'),
}

function reasons(names: string, reason: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, reason]))
}

interface OptionSupport {
  readonly support: Support
  readonly reason: string | null
}

/** How Warren treats an option, by its lower-case name. */
function optionSupport(keyword: string): OptionSupport {
  if (honoured.has(keyword)) return { support: 'honoured', reason: null }
  if (Object.hasOwn(harmless, keyword)) return { support: 'harmless', reason: harmless[keyword] ?? null }
  if (Object.hasOwn(unsupported, keyword)) return { support: 'unsupported', reason: unsupported[keyword] ?? null }
  return { support: 'harmless', reason: old }
}

function isAlgorithmOption(keyword: string): keyword is AlgorithmOption {
  return Object.hasOwn(algorithmFamilies, keyword)
}

interface Seen {
  readonly keyword: string
  readonly value: string
  readonly origin: Origin
}

/** The lines that had an effect in ssh and have none here, each once. */
export function unhonouredOf(seen: readonly Seen[]): UnhonouredOption[] {
  const found = new Map<string, UnhonouredOption>()
  for (const { keyword, value, origin } of seen) {
    const { support, reason } = optionSupport(keyword)
    const key = JSON.stringify([keyword, value, origin])
    if (support !== 'honoured') found.set(key, { keyword, value, origin, support, reason: reason ?? '' })
    else if (isAlgorithmOption(keyword)) {
      const unknown = unknownAlgorithms(keyword, splitArguments(value)?.[0] ?? '')
      const why = `Warren does not know ${unknown.join(', ')}`
      if (unknown.length > 0) found.set(key, { keyword, value, origin, support: 'unsupported', reason: why })
    }
  }
  return [...found.values()]
}
