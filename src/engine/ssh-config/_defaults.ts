/** What an option is when nobody sets it: OpenSSH 9.2 as Debian 12 builds it. */
import { defaultGssKex } from './_algorithm-table'
import type { Settings } from './_settings'
import type { Origin } from './types'

export const byDefault: Origin = { kind: 'default' }

const defaults: Readonly<Record<string, string>> = {
  addkeystoagent: 'false',
  addressfamily: 'any',
  batchmode: 'no',
  canonicalizefallbacklocal: 'yes',
  canonicalizehostname: 'false',
  canonicalizemaxdots: '1',
  checkhostip: 'no',
  clearallforwardings: 'no',
  compression: 'no',
  connectionattempts: '1',
  connecttimeout: 'none',
  controlmaster: 'false',
  controlpersist: 'no',
  enableescapecommandline: 'no',
  enablesshkeysign: 'no',
  escapechar: '~',
  exitonforwardfailure: 'no',
  fingerprinthash: 'SHA256',
  forkafterauthentication: 'no',
  forwardagent: 'no',
  forwardx11: 'no',
  forwardx11timeout: '1200',
  forwardx11trusted: 'yes',
  gatewayports: 'no',
  gssapiauthentication: 'no',
  gssapidelegatecredentials: 'no',
  gssapikexalgorithms: defaultGssKex,
  gssapikeyexchange: 'no',
  gssapirenewalforcesrekey: 'no',
  gssapitrustdns: 'no',
  hashknownhosts: 'no',
  hostbasedauthentication: 'no',
  identitiesonly: 'no',
  ipqos: 'lowdelay throughput',
  kbdinteractiveauthentication: 'yes',
  loglevel: 'INFO',
  nohostauthenticationforlocalhost: 'no',
  numberofpasswordprompts: '3',
  passwordauthentication: 'yes',
  permitlocalcommand: 'no',
  proxyusefdpass: 'no',
  pubkeyauthentication: 'true',
  requesttty: 'auto',
  requiredrsasize: '1024',
  securitykeyprovider: 'internal',
  serveralivecountmax: '3',
  sessiontype: 'default',
  stdinnull: 'no',
  streamlocalbindmask: '0177',
  streamlocalbindunlink: 'no',
  stricthostkeychecking: 'ask',
  syslogfacility: 'USER',
  tcpkeepalive: 'yes',
  tunnel: 'false',
  tunneldevice: 'any:any',
  verifyhostkeydns: 'false',
  visualhostkey: 'no',
  xauthlocation: '/usr/bin/xauth',
  rekeylimit: '0',
  'rekeylimit.interval': '0',
}

/** These are filled before a second pass, so a second pass cannot set them any more. */
export function fillForCanonicalization(settings: Settings): void {
  for (const key of ['canonicalizemaxdots', 'canonicalizefallbacklocal', 'canonicalizehostname']) {
    settings.once(key, defaults[key] ?? '', byDefault)
  }
}

const identityFiles = ['rsa', 'ecdsa', 'ecdsa_sk', 'ed25519', 'ed25519_sk', 'xmss', 'dsa'].map(
  (kind) => `~/.ssh/id_${kind}`,
)
const globalKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
const userKnownHosts = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']

/** Options for which the word `none` means that there is none. */
const clearedByNone = [
  'localcommand',
  'remotecommand',
  'proxycommand',
  'controlpath',
  'revokedhostkeys',
  'pkcs11provider',
  'securitykeyprovider',
  'knownhostscommand',
]

function fillList(settings: Settings, key: string, values: readonly string[]): void {
  if (settings.list(key).length > 0) return
  for (const value of values) settings.append(key, value, byDefault)
}

/** Fills what is unset. Some defaults hang on other options, so the order matters. */
export function fillDefaults(settings: Settings): void {
  fillUpdateHostKeys(settings)
  settings.once('serveraliveinterval', settings.get('batchmode')?.value === 'yes' ? '300' : '0', byDefault)
  for (const [key, value] of Object.entries(defaults)) settings.once(key, value, byDefault)
  fillList(settings, 'identityfile', identityFiles)
  fillList(settings, 'globalknownhostsfile', globalKnownHosts)
  fillList(settings, 'userknownhostsfile', userKnownHosts)
}

/** Takes out what is set to `none`. Options whose empty form prints as `none` anyway keep the word. */
export function clearNone(settings: Settings): void {
  for (const key of clearedByNone) {
    if (settings.get(key)?.value.toLowerCase() === 'none') settings.remove(key)
  }
  const names = settings.list('canonicalizepermittedcnames')
  if (names.length === 1 && names[0]?.value === 'none') settings.setList('canonicalizepermittedcnames', [])
  // "ProxyJump none" says only that no later line may set one.
  if (settings.get('proxyjump.last') === undefined) settings.remove('proxyjump')
}

/** New host keys are learned only where the usual known_hosts file is in use (ssh_config(5), UpdateHostkeys). */
function fillUpdateHostKeys(settings: Settings): void {
  const dns = settings.get('verifyhostkeydns')?.value ?? 'false'
  const files = settings.list('userknownhostsfile').map((entry) => entry.value)
  const usual = files.length === 0 || (files.length === 1 && files[0] === userKnownHosts[0])
  settings.once('updatehostkeys', dns === 'false' && usual ? 'true' : 'false', byDefault)
}
