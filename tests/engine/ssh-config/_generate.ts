/** Makes configs out of lines that are mostly right, sometimes odd and now and then wrong. */
import * as fc from 'fast-check'

const yesNo = ['yes', 'no', 'true', 'FALSE', 'Yes', '"no"', "'yes'"]
const times = ['0', '1', '30', '1m', '1h30m', '2w', '90S', 'none', '1d2h3m4s', '"5"', '007']
const numbers = ['0', '1', '2', '7', '10', '0012', '+5', '2147483647']
const files = [
  '~/.ssh/key',
  '/tmp/%h-%r',
  '%d/key',
  '"/tmp/with space"',
  '/tmp/x\\ y',
  'relative',
  '~root/x',
  "'/tmp/#1'",
  '/tmp/%%',
]
const hosts = ['alpha', 'beta', 'alpha.example.org', 'db1', 'db2', 'Gamma', '10.0.0.1', '[::1]', '%h.example.org']
const patterns = [
  '*',
  'alpha',
  'al*',
  '?eta',
  '*.example.org',
  '!beta',
  '!*.org',
  'db?',
  'db1',
  'GAMMA',
  '"alpha"',
  'a b',
  '',
]
const signatures = [
  'ssh-rsa',
  '+ssh-rsa',
  '-*nist*',
  '^rsa-sha2-256',
  'ssh-ed25519,rsa-sha2-512',
  '+ssh-dss*',
  'rsa',
  '-sk-*,ssh-*',
]
const commands = ['ssh -W %h:%p jump', 'nc "%h" %p # no comment', 'none', "sh -c 'exec x'", '= odd', 'NONE', 'a\\ b  c']

const pools: Readonly<Record<string, readonly string[]>> = {
  ...pool(
    'BatchMode CanonicalizeFallbackLocal CheckHostIP EnableEscapeCommandline EnableSSHKeysign ExitOnForwardFailure ' +
      'ForwardX11 ForwardX11Trusted GatewayPorts HashKnownHosts HostbasedAuthentication IdentitiesOnly KeepAlive StdinNull ' +
      'KbdInteractiveAuthentication ChallengeResponseAuthentication NoHostAuthenticationForLocalhost PasswordAuthentication ' +
      'PermitLocalCommand ProxyUseFdpass StreamLocalBindUnlink TCPKeepAlive VisualHostKey GSSAPIAuthentication GSSAPITrustDns',
    yesNo,
  ),
  ...pool('ConnectTimeout ForwardX11Timeout ServerAliveInterval', times),
  ...pool('CanonicalizeMaxDots NumberOfPasswordPrompts RequiredRSASize ServerAliveCountMax', numbers),
  ...pool('IdentityFile CertificateFile RevokedHostKeys ControlPath PKCS11Provider XAuthLocation', files),
  ...pool('UserKnownHostsFile GlobalKnownHostsFile', [
    ...files,
    'none',
    '~/.ssh/known_hosts',
    '/tmp/a /tmp/b',
    '"/a b" c',
    'a none',
  ]),
  ...pool('HostName HostKeyAlias BindAddress', [...hosts, '%%h', '127.1', '::0001', 'UPPER.Case']),
  ...pool('PubkeyAcceptedAlgorithms HostKeyAlgorithms HostbasedAcceptedAlgorithms PubkeyAcceptedKeyTypes', signatures),
  ...pool('ProxyCommand LocalCommand KnownHostsCommand', commands),
  ...pool('LocalForward', [
    '8080 web:80',
    '127.0.0.1:8081 [::1]:81',
    '[::1]:9 h:1',
    '*:8082 a:b',
    '/tmp/l /tmp/r',
    '8083 /tmp/%h',
    '8080 web:80',
    '0 a:1',
    '1/2/3',
  ]),
  ...pool('RemoteForward', [
    '8080 web:80',
    '0 web:80',
    '9090',
    '/tmp/s /tmp/%r',
    '[::]:7 localhost:7',
    ':5 a:6',
    '/tmp/only',
  ]),
  ...pool('DynamicForward', ['1080', 'localhost:1081', '[::1]:1082', '*:1083', '0', '/tmp/sock', '${NONE}']),
  User: ['root', 'bob', '"two words"', "o'hara'", 'bob extra', '%r'],
  Port: ['22', '2222', 'ssh', '0', '65536', 'https', '"022"', '=22', ' = 23'],
  AddressFamily: ['any', 'inet', 'INET6', 'both'],
  Ciphers: [
    'aes128-ctr',
    '+3des-cbc',
    '-chacha*',
    '^aes256-ctr',
    'aes128-ctr,aes256-ctr',
    'nonsense',
    '-*',
    'aes128-ctr,,x',
  ],
  MACs: ['hmac-sha2-256', '-hmac-*', '+hmac-md5', '^umac-64@openssh.com,hmac-sha1'],
  KexAlgorithms: [
    'curve25519-sha256',
    '+diffie-hellman-group1-sha1',
    '-ecdh*',
    '^ecdh-sha2-nistp256',
    '+gss-group14-sha1-abc',
  ],
  CASignatureAlgorithms: ['ssh-ed25519', '+ssh-rsa', '-rsa*', 'ssh-ed25519-cert-v01@openssh.com'],
  SendEnv: ['LANG', 'LC_* FOO', '-LANG', '-L*', 'A=B', 'FOO "BAR"'],
  SetEnv: ['A=1', 'A=1 B=2 A=3', '"A=with space"', 'A', 'B='],
  StrictHostKeyChecking: ['ask', 'yes', 'off', 'accept-new', 'maybe'],
  UpdateHostkeys: ['yes', 'no', 'ask'],
  VerifyHostKeyDNS: ['yes', 'no', 'ask'],
  PubkeyAuthentication: ['yes', 'unbound', 'host-bound', 'no'],
  RequestTTY: ['no', 'yes', 'force', 'auto'],
  SessionType: ['none', 'subsystem', 'default'],
  ControlMaster: ['yes', 'auto', 'autoask', 'no'],
  ControlPersist: ['yes', 'no', '10m', '0', 'YES'],
  Compression: ['yes', 'no', 'true'],
  RekeyLimit: ['1G', '512K 1h', 'default none', '16', '15', '1.5M 30', 'default 0', '1X', '0'],
  IPQoS: ['af21', 'lowdelay throughput', '0x20 64', 'none', 'EF cs1', '256', '010'],
  EscapeChar: ['~', 'none', '^A', '^]', '%', '"#"', 'ab', '\\\\', '" "'],
  LogLevel: ['quiet', 'DEBUG', 'debug3', 'INFO', 'loud', 'verbose'],
  SyslogFacility: ['auth', 'LOCAL7', 'USER', 'nowhere'],
  LogVerbose: ['kex.c:*', 'none', 'a b', 'a none'],
  StreamLocalBindMask: ['0177', '077', '0', '9', '07x', '01000'],
  TunnelDevice: ['1', '1:2', 'any', 'any:3', 'x'],
  Tunnel: ['yes', 'no', 'ethernet', 'point-to-point'],
  PermitRemoteOpen: ['any', 'none', 'a:1 b:*', '[::1]:22', 'a', 'a:1 none'],
  AddKeysToAgent: ['yes', 'confirm', 'confirm 5m', '1h', 'ask', 'yes 5m', '0'],
  ForwardAgent: ['yes', 'no', '/tmp/agent', '$SSH_AUTH_SOCK', '${FOO}/s', '$bad-name'],
  IdentityAgent: ['none', 'SSH_AUTH_SOCK', '~/agent', '/tmp/%u', '${FOO}', '${MISSING}'],
  ProxyJump: [
    'jump',
    'bob@jump:2222',
    'a,b@c,d',
    'none',
    'ssh://x@y:5',
    '10.0.0.9',
    '[::1]:9',
    'a, b',
    'a # c',
    ',',
    'none # x',
  ],
  CanonicalDomains: ['none', 'example.org', 'Example.ORG. b.test', 'bad..name', '-x'],
  CanonicalizePermittedCNAMEs: ['none', 'none a:b'],
  IgnoreUnknown: ['Foo*,bar', 'none', 'other*'],
  FooBar: ['1', '2 # x'],
  ClearAllForwardings: ['no', 'no', 'yes'],
  GSSAPIKexAlgorithms: ['gss-group14-sha256-', 'gss-gex-sha1-x', 'curve25519-sha256'],
  FingerprintHash: ['md5', 'SHA256', 'sha512', 'crc'],
  PreferredAuthentications: ['publickey,password', 'gssapi-with-mic'],
  Protocol: ['2'],
  Cipher: ['blowfish'],
  RSAAuthentication: ['yes'],
}

function pool(names: string, values: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(names.split(' ').map((name) => [name, values]))
}

const separators = [' ', ' ', ' ', '\t', '=', ' = ', ' =', '  ']
const option = fc
  .constantFrom(...Object.keys(pools))
  .chain((name) =>
    fc.tuple(
      fc.constantFrom(name, name, name.toLowerCase()),
      fc.constantFrom(...separators),
      fc.constantFrom(...(pools[name] ?? [''])),
    ),
  )
  .map((parts) => parts.join(''))

const hostLine = fc
  .array(fc.constantFrom(...patterns), { minLength: 1, maxLength: 3 })
  .map((words) => `Host ${words.join(' ')}`)

const criterion = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('host', 'originalhost', '!host', 'Host'),
      fc.array(fc.constantFrom('alpha', '*.org', '!beta', 'db?', 'GAMMA', '*'), { minLength: 1, maxLength: 2 }),
    )
    .map(([name, list]) => `${name} ${list.join(',')}`),
  fc
    .tuple(fc.constantFrom('user', 'localuser', '!user'), fc.constantFrom('root', 'bob', '*', '!bob,*', 'r*'))
    .map((words) => words.join(' ')),
  fc.constantFrom(
    'exec true',
    'exec "test %h = alpha"',
    '!exec false',
    'exec "test %n = beta"',
    'final',
    '!final',
    'canonical',
    '!canonical',
    'host="alpha"',
    'nonsense x',
    'user',
  ),
)
const matchLine = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom('Match all', 'Match all # comment', 'Match !all', 'Match', 'Match host alpha all'),
  },
  {
    weight: 5,
    arbitrary: fc.array(criterion, { minLength: 1, maxLength: 3 }).map((words) => `Match ${words.join(' ')}`),
  },
)

const odd = fc.constantFrom(
  '',
  '# comment "',
  '   ',
  '\t# x',
  'Port',
  '"Port" 24',
  'User "bob',
  '=User joe',
  'Include',
  'Host',
  'NoSuchOption x',
  'User\r',
)
const indented = fc.tuple(fc.constantFrom('', '  ', '\t', ' = '), option).map((parts) => parts.join(''))

const line = fc.oneof(
  { weight: 24, arbitrary: indented },
  { weight: 5, arbitrary: hostLine },
  { weight: 4, arbitrary: matchLine },
  { weight: 1, arbitrary: odd },
)

/** The lines of one config; few enough that many are accepted as a whole. */
export const configLines = fc.array(line, { minLength: 1, maxLength: 9 })

export const destinations = fc.constantFrom(
  'alpha',
  'beta',
  'alpha.example.org',
  'db1',
  'Gamma',
  'bob@alpha',
  '10.0.0.1',
  '::1',
  'ssh://joe@beta:77',
  'a@b@db2',
)

/** Options that could stand on a command line. */
export const commandOptions = fc.array(
  fc.oneof(
    option.map((value) => ({ flag: 'o' as const, value })),
    fc.constantFrom(
      { flag: 'l' as const, value: 'carol' },
      { flag: 'p' as const, value: '99' },
      { flag: 'J' as const, value: 'j1,j2' },
    ),
    fc.constantFrom({ flag: 'N' as const }, { flag: 'C' as const }, { flag: '4' as const }),
  ),
  { maxLength: 1 },
)

export interface SplitConfig {
  readonly main: readonly string[]
  readonly included: readonly string[]
  /** Where in the main file the Include stands; -1 for nowhere. */
  readonly at: number
}

export const configs: fc.Arbitrary<SplitConfig> = fc.record({
  main: configLines,
  included: fc.array(line, { maxLength: 4 }),
  at: fc.integer({ min: -3, max: 5 }),
})
