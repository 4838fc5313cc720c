/** Every keyword of ssh_config(5) and its reader. Host, Match and Include are not here: they steer the reading itself. */
import * as choices from './_choices'
import {
  algorithms,
  choice,
  command,
  consume,
  fileList,
  integer,
  seconds,
  text,
  wordList,
  type Reader,
} from './_directive'
import * as special from './_special'
import type { SshRelease } from './types'

const MAX_KNOWN_HOSTS_FILES = 32
const MAX_DOMAINS = 32
const MAX_KEY_FILES = 100

const ignored: Reader = consume

function table(names: readonly string[], reader: (key: string) => Reader): Record<string, Reader> {
  return Object.fromEntries(names.map((name) => [name, reader(name)]))
}

const flags = [
  'batchmode',
  'canonicalizefallbacklocal',
  'checkhostip',
  'clearallforwardings',
  'enableescapecommandline',
  'enablesshkeysign',
  'exitonforwardfailure',
  'forkafterauthentication',
  'forwardx11',
  'forwardx11trusted',
  'gatewayports',
  'gssapiauthentication',
  'gssapidelegatecredentials',
  'gssapikeyexchange',
  'gssapirenewalforcesrekey',
  'gssapitrustdns',
  'hashknownhosts',
  'hostbasedauthentication',
  'identitiesonly',
  'kbdinteractiveauthentication',
  'nohostauthenticationforlocalhost',
  'passwordauthentication',
  'permitlocalcommand',
  'proxyusefdpass',
  'stdinnull',
  'streamlocalbindunlink',
  'tcpkeepalive',
  'visualhostkey',
]

const texts = [
  'bindaddress',
  'bindinterface',
  'controlpath',
  'gssapiclientidentity',
  'gssapiserveridentity',
  'hostkeyalias',
  'hostname',
  'ignoreunknown',
  'kbdinteractivedevices',
  'pkcs11provider',
  'preferredauthentications',
  'revokedhostkeys',
  'securitykeyprovider',
  'user',
  'xauthlocation',
]

const readers: Readonly<Record<string, Reader>> = {
  ...table(flags, (key) => choice(key, choices.flag)),
  ...table(texts, text),
  ...table(
    ['canonicalizemaxdots', 'connectionattempts', 'numberofpasswordprompts', 'requiredrsasize', 'serveralivecountmax'],
    integer,
  ),
  ...table(['connecttimeout', 'forwardx11timeout', 'serveraliveinterval'], seconds),
  ...table(['knownhostscommand', 'localcommand', 'proxycommand', 'remotecommand'], command),
  addkeystoagent: special.addKeysToAgent,
  addressfamily: choice('addressfamily', choices.addressFamily),
  canonicaldomains: wordList('canonicaldomains', { max: MAX_DOMAINS, read: special.canonicalDomain }),
  canonicalizehostname: choice('canonicalizehostname', choices.canonicalize),
  canonicalizepermittedcnames: wordList('canonicalizepermittedcnames', {
    max: MAX_DOMAINS,
    read: special.permittedCname,
  }),
  casignaturealgorithms: algorithms('casignaturealgorithms'),
  certificatefile: fileList('certificatefile', MAX_KEY_FILES),
  ciphers: algorithms('ciphers'),
  compression: choice('compression', choices.compression),
  controlmaster: choice('controlmaster', choices.controlMaster),
  controlpersist: special.controlPersist,
  dynamicforward: special.forward('dynamic'),
  escapechar: special.escapeChar,
  fingerprinthash: choice('fingerprinthash', choices.digest),
  forwardagent: special.forwardAgent,
  globalknownhostsfile: wordList('globalknownhostsfile', { max: MAX_KNOWN_HOSTS_FILES }),
  gssapikexalgorithms: special.gssKexAlgorithms,
  hostbasedacceptedalgorithms: algorithms('hostbasedacceptedalgorithms'),
  hostkeyalgorithms: algorithms('hostkeyalgorithms'),
  identityagent: special.identityAgent,
  identityfile: fileList('identityfile', MAX_KEY_FILES),
  ipqos: special.ipQos,
  kexalgorithms: algorithms('kexalgorithms'),
  localforward: special.forward('local'),
  loglevel: choice('loglevel', choices.logLevel),
  logverbose: special.logVerbose,
  macs: algorithms('macs'),
  permitremoteopen: special.permitRemoteOpen,
  port: special.port,
  proxyjump: special.proxyJump,
  pubkeyacceptedalgorithms: algorithms('pubkeyacceptedalgorithms'),
  pubkeyauthentication: choice('pubkeyauthentication', choices.pubkey),
  rekeylimit: special.rekeyLimit,
  remoteforward: special.forward('remote'),
  requesttty: choice('requesttty', choices.requestTty),
  sendenv: special.sendEnv,
  sessiontype: choice('sessiontype', choices.sessionType),
  setenv: special.setEnv,
  streamlocalbindmask: special.streamLocalBindMask,
  stricthostkeychecking: choice('stricthostkeychecking', choices.strictHostKey),
  syslogfacility: special.syslogFacility,
  tunnel: choice('tunnel', choices.tunnel),
  tunneldevice: special.tunnelDevice,
  updatehostkeys: choice('updatehostkeys', choices.yesNoAsk),
  userknownhostsfile: wordList('userknownhostsfile', { max: MAX_KNOWN_HOSTS_FILES }),
  verifyhostkeydns: choice('verifyhostkeydns', choices.yesNoAsk),
}

/** Older or Debian-only names of options. */
const aliases: Readonly<Record<string, string>> = {
  challengeresponseauthentication: 'kbdinteractiveauthentication',
  skeyauthentication: 'kbdinteractiveauthentication',
  tisauthentication: 'kbdinteractiveauthentication',
  dsaauthentication: 'pubkeyauthentication',
  hostbasedkeytypes: 'hostbasedacceptedalgorithms',
  pubkeyacceptedkeytypes: 'pubkeyacceptedalgorithms',
  identityfile2: 'identityfile',
  keepalive: 'tcpkeepalive',
  protocolkeepalives: 'serveraliveinterval',
  setuptimeout: 'serveraliveinterval',
  smartcarddevice: 'pkcs11provider',
}

/** Options that ssh once had: read and without effect. */
const withoutEffect = [
  'afstokenpassing',
  'cipher',
  'compressionlevel',
  'fallbacktorsh',
  'globalknownhostsfile2',
  'kerberosauthentication',
  'kerberostgtpassing',
  'protocol',
  'rhostsauthentication',
  'rhostsrsaauthentication',
  'rsaauthentication',
  'useblacklistedkeys',
  'userknownhostsfile2',
  'useroaming',
  'useprivilegedport',
  'usersh',
]

/** Keywords of releases after 9.2. They do not change what `ssh -G` of 9.2 prints. */
const newer: Readonly<Record<string, Reader>> = {
  tag: text('tag'),
  ...table(
    ['channeltimeout', 'refuseconnection', 'versionaddendum', 'warnweakcrypto', 'obscurekeystroketiming'],
    () => ignored,
  ),
}

export interface Keyword {
  readonly name: string
  readonly reader: Reader
}

/** Finds a keyword by its lower-case spelling. */
export function findKeyword(word: string, release: SshRelease): Keyword | null {
  const name = (Object.hasOwn(aliases, word) ? aliases[word] : undefined) ?? word
  if (withoutEffect.includes(name)) return { name, reader: ignored }
  if (Object.hasOwn(readers, name)) return { name, reader: readers[name] ?? ignored }
  if (release === 'newest' && Object.hasOwn(newer, name)) return { name, reader: newer[name] ?? ignored }
  return null
}
