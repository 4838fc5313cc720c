/** Specs: what the user wrote. Saved and synced; never carries status. */
import { z } from 'zod'
import {
  anyPort,
  CONTROL_CHARACTERS,
  filePath,
  host,
  id,
  MAX_HOST,
  MAX_PATH,
  MAX_TAGS,
  name,
  realPort,
  SPACE,
  tagSchema,
  timestamp,
  withoutDefaults,
} from './_fields'
import { checkKinds, type Kinds } from './_forward-kinds'
import { limitsSchema } from './limits'
import { proxyIssue } from './proxy-url'

export { MAX_PORT, tagSchema } from './_fields'

export const forwardTypes = ['local', 'remote', 'dynamic'] as const
export type ForwardType = (typeof forwardTypes)[number]

export const hostKeyPolicies = ['ask', 'accept-new', 'strict'] as const
export type HostKeyPolicy = (typeof hostKeyPolicies)[number]
export const hostKeyPolicySchema = z.enum(hostKeyPolicies)

export const addressFamilies = ['any', 'inet', 'inet6'] as const
export type AddressFamily = (typeof addressFamilies)[number]

/** What a person gives to make a server; the daemon adds id and times. */
export const serverDraftSchema = z.strictObject({
  name,
  host: host.refine((value) => !value.startsWith('/'), 'must be a host name or an address'),
  port: realPort.default(22),
  /** `null`: the name of the local user, as ssh does. */
  username: z
    .string()
    .min(1, 'must not be empty')
    .max(MAX_HOST)
    .refine((value) => !CONTROL_CHARACTERS.test(value), 'must not contain control characters')
    .nullable()
    .default(null),
  /** Private key files; `~` is the home folder. Empty: ssh's defaults. */
  identityFiles: z.array(filePath).max(32).default([]),
  /** OpenSSH user certificates beside those named `KEY-cert.pub` (ssh_config CertificateFile). */
  certificateFiles: z.array(filePath).max(32).default([]),
  /** Offer only the listed keys, even when the agent holds more (ssh_config IdentitiesOnly). */
  identitiesOnly: z.boolean().default(false),
  /** `null`: the agent of `SSH_AUTH_SOCK`; `none`: no agent; else the path of a socket or pipe (ssh_config IdentityAgent). */
  agent: filePath.nullable().default(null),
  /** Ids of the servers to jump through, first hop first (ssh_config ProxyJump). */
  jump: z.array(id).max(16, 'must have at most 16 hops').default([]),
  /** `http://…`, `socks5://…` with the name to log in with before an `@`, or `null`. A password in it is taken out by the daemon. */
  proxy: z
    .string()
    .max(MAX_PATH, 'is too long')
    .refine((value) => !CONTROL_CHARACTERS.test(value) && !SPACE.test(value), 'must not contain spaces')
    .superRefine((value, context) => {
      const issue = proxyIssue(value)
      if (issue !== null) context.addIssue({ code: 'custom', message: issue })
    })
    .nullable()
    .default(null),
  /** A command whose standard input and output are the connection (ssh_config ProxyCommand). */
  proxyCommand: filePath.nullable().default(null),
  hostKeyPolicy: hostKeyPolicySchema.default('ask'),
  /** Seconds between keepalives, 0 for none (ssh_config ServerAliveInterval). */
  keepaliveSeconds: z.int().min(0).max(3600).default(15),
  /** Unanswered keepalives until the session counts as dead (ssh_config ServerAliveCountMax). */
  keepaliveCount: z.int().min(1).max(100).default(3),
  connectTimeoutSeconds: z.int().min(1).max(600).default(10),
  /** Which addresses of a name are tried (ssh_config AddressFamily). */
  addressFamily: z.enum(addressFamilies).default('any'),
  /** The address of this machine to dial from (ssh_config BindAddress). */
  sourceAddress: host.nullable().default(null),
  /** What one would type after `ssh`: the ssh config decides how this server is dialled. `null` for a server written in Warren. */
  configHost: z
    .string()
    .min(1)
    .max(MAX_HOST)
    .refine((value) => !CONTROL_CHARACTERS.test(value), 'must not contain control characters')
    .refine((value) => !value.startsWith('-'), 'must not start with a dash')
    .nullable()
    .default(null),
  /** True for the demo server that the daemon runs itself. */
  demo: z.boolean().default(false),
})
export type ServerDraft = z.input<typeof serverDraftSchema>

export const serverSpecSchema = serverDraftSchema.extend({ id, createdAt: timestamp, updatedAt: timestamp })
export type ServerSpec = z.output<typeof serverSpecSchema>

/** A change of some fields of a server. */
export const serverPatchSchema = withoutDefaults(serverDraftSchema).partial()
export type ServerPatch = z.input<typeof serverPatchSchema>

export const MAX_RANGE = 1000
const healthBase = { everySeconds: z.int().min(1).max(86_400).default(30) }

/** Asked through the forward itself, as a client would; never touches the session. */
export const healthCheckSchema = z.discriminatedUnion('kind', [
  /** A connection is made and stays open for a moment. */
  z.strictObject({ kind: z.literal('tcp'), ...healthBase }),
  /** `GET path` answers with `status`, or with any below 500 when `null`. */
  z.strictObject({
    kind: z.literal('http'),
    path: z.string().startsWith('/', 'must start with /').max(2000).default('/'),
    status: z.int().min(100).max(599).nullable().default(null),
    ...healthBase,
  }),
  /** A SOCKS round trip to `host:port`, for a dynamic forward. */
  z.strictObject({ kind: z.literal('socks'), host, port: realPort, ...healthBase }),
])
export type HealthCheck = z.output<typeof healthCheckSchema>

const forwardDraftObject = z.strictObject({
  name,
  type: z.enum(forwardTypes),
  /** Field names and meanings: design §4 and `port-forwards` of the cloud API. */
  localHost: host.nullable().default(null),
  localPort: anyPort.nullable().default(null),
  remoteHost: host.nullable().default(null),
  remotePort: anyPort.nullable().default(null),
  bindAddress: host.nullable().default(null),
  /** 1–65535 in the document; 0 is kept to this machine and means "any free port". */
  bindPort: anyPort.nullable().default(null),
  serverId: id,
  tags: z.array(tagSchema).max(MAX_TAGS, `must have at most ${MAX_TAGS} tags`).default([]),
  description: z.string().max(2000).default(''),
  /** Start when the daemon starts. */
  autoStart: z.boolean().default(false),
  favourite: z.boolean().default(false),
  /** Ports in a row at both ends, each to the port of the same place (`8000-8009`). */
  portCount: z.int().min(1).max(MAX_RANGE, `must be at most ${MAX_RANGE}`).default(1),
  /** Listen at once, dial at the first connection. */
  onDemand: z.boolean().default(false),
  /** With `onDemand`: the session closes after so many seconds without a connection. */
  idleSeconds: z.int().min(1).max(86_400).default(300),
  health: healthCheckSchema.nullable().default(null),
  /** Dynamic: clients must log in with this name; the password is a secret of the forward. `null`: no login. */
  proxyUsername: z
    .string()
    .min(1, 'must not be empty')
    .max(255, 'is too long')
    .refine((value) => !CONTROL_CHARACTERS.test(value) && !value.includes(':'), 'must not contain colons')
    .nullable()
    .default(null),
  /** Dynamic: a PAC file is served at `/proxy.pac` of the same port. */
  servePac: z.boolean().default(false),
  /** `HOST KEYWORD VALUE` of the ssh config line it comes from; `null` for a forward written in Warren. */
  configLine: z.string().min(1).max(MAX_PATH).nullable().default(null),
  /** What its connections may use; changed live, without dropping any. */
  limits: limitsSchema.nullable().default(null),
})
export const forwardDraftSchema = forwardDraftObject.superRefine(checkEnds)
export type ForwardDraft = z.input<typeof forwardDraftSchema>

export const forwardSpecSchema = forwardDraftObject
  .extend({ id, createdAt: timestamp, updatedAt: timestamp })
  .superRefine(checkEnds)
export type ForwardSpec = z.output<typeof forwardSpecSchema>

/** A change of some fields of a forward; the whole is checked again after it is applied. */
export const forwardPatchSchema = withoutDefaults(forwardDraftObject).partial()
export type ForwardPatch = z.input<typeof forwardPatchSchema>

type Ends = Pick<
  z.output<typeof forwardDraftObject>,
  'type' | 'localHost' | 'localPort' | 'remoteHost' | 'remotePort' | 'bindAddress' | 'bindPort' | 'onDemand' | 'health'
>

function checkEnds(
  spec: Ends & Kinds,
  context: { addIssue: (issue: { code: 'custom'; path: string[]; message: string }) => void },
): void {
  const refuse = (field: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [field], message })
  }
  checkKinds(spec, refuse)
  const isPath = (value: string | null): boolean => value?.startsWith('/') === true
  if (spec.type === 'local') {
    const listensOnPath = isPath(spec.bindAddress ?? spec.localHost)
    if (!listensOnPath && spec.bindPort === null && spec.localPort === null) refuse('localPort', 'is missing')
    if (spec.remoteHost === null) refuse('remoteHost', 'is missing')
    if (!isPath(spec.remoteHost) && (spec.remotePort === null || spec.remotePort === 0)) {
      refuse('remotePort', 'must be 1 to 65535')
    }
  }
  if (spec.type === 'remote') {
    const listensOnPath = isPath(spec.bindAddress ?? spec.remoteHost)
    if (!listensOnPath && spec.remotePort === null) refuse('remotePort', 'is missing')
    const hasTarget = spec.localHost !== null || spec.localPort !== null
    if (hasTarget && !isPath(spec.localHost) && (spec.localPort === null || spec.localPort === 0)) {
      refuse('localPort', 'must be 1 to 65535')
    }
    if (spec.onDemand) refuse('onDemand', 'needs a port on this machine: a remote forward listens on the server')
  }
  checkHealth(spec, refuse)
}

function checkHealth(spec: Ends, refuse: (field: string, message: string) => void): void {
  if (spec.health === null) return
  const asksTarget = spec.health.kind !== 'socks'
  const hasTarget = spec.type === 'local' || (spec.type === 'remote' && spec.localPort !== null)
  if (asksTarget && !hasTarget) refuse('health', 'by TCP or HTTP needs a forward with a target')
  if (!asksTarget && spec.type !== 'dynamic') refuse('health', 'by SOCKS needs a dynamic forward')
}
