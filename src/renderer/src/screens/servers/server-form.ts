/** What a person has typed about a server, and the way from it to a draft with an error for each field. */
import { WarrenError } from '@shared/errors'
import { parseDestination } from '@shared/ssh-destination'
import {
  serverDraftSchema,
  type AddressFamily,
  type HostKeyPolicy,
  type ServerDraft,
  type ServerSpec,
} from '@shared/specs'

/** How the server is reached; ssh takes one of them too. */
export type Way = 'direct' | 'jump' | 'proxy' | 'command'
export type AgentChoice = 'default' | 'none' | 'path'

export interface ServerForm {
  readonly name: string
  /** False while the name follows the host. */
  readonly nameEdited: boolean
  readonly host: string
  readonly port: string
  /** Empty: the local user. */
  readonly username: string
  readonly identityFiles: readonly string[]
  readonly certificateFiles: readonly string[]
  readonly identitiesOnly: boolean
  readonly agent: AgentChoice
  readonly agentPath: string
  readonly way: Way
  readonly jump: readonly string[]
  readonly proxy: string
  readonly proxyCommand: string
  readonly addressFamily: AddressFamily
  /** Empty: the system chooses. */
  readonly sourceAddress: string
  readonly hostKeyPolicy: HostKeyPolicy
  readonly keepaliveSeconds: string
  readonly keepaliveCount: string
  readonly connectTimeoutSeconds: string
}

export type ServerErrors = Partial<Record<keyof typeof labels, string>>
export type ServerField = keyof typeof labels

/** The words each field goes by. */
export const labels = {
  name: 'Name',
  host: 'Host',
  port: 'Port',
  username: 'User',
  identityFiles: 'Key file',
  certificateFiles: 'Certificate file',
  agent: 'Agent socket',
  jump: 'Jump chain',
  proxy: 'Proxy address',
  proxyCommand: 'Command',
  addressFamily: 'Addresses',
  sourceAddress: 'Dial from',
  keepaliveSeconds: 'Keepalive',
  keepaliveCount: 'Unanswered keepalives',
  connectTimeoutSeconds: 'Time-out',
} as const

export const emptyServerForm: ServerForm = {
  name: '',
  nameEdited: false,
  host: '',
  port: '22',
  username: '',
  identityFiles: [],
  certificateFiles: [],
  identitiesOnly: false,
  agent: 'default',
  agentPath: '',
  way: 'direct',
  jump: [],
  proxy: '',
  proxyCommand: '',
  addressFamily: 'any',
  sourceAddress: '',
  hostKeyPolicy: 'ask',
  keepaliveSeconds: '15',
  keepaliveCount: '3',
  connectTimeoutSeconds: '10',
}

export function serverFormOf(server: ServerSpec): ServerForm {
  return {
    name: server.name,
    nameEdited: true,
    host: server.host,
    port: String(server.port),
    username: server.username ?? '',
    identityFiles: server.identityFiles,
    certificateFiles: server.certificateFiles,
    identitiesOnly: server.identitiesOnly,
    agent: server.agent === null ? 'default' : server.agent === 'none' ? 'none' : 'path',
    agentPath: server.agent === null || server.agent === 'none' ? '' : server.agent,
    way: wayOf(server),
    jump: server.jump,
    proxy: server.proxy ?? '',
    proxyCommand: server.proxyCommand ?? '',
    addressFamily: server.addressFamily,
    sourceAddress: server.sourceAddress ?? '',
    hostKeyPolicy: server.hostKeyPolicy,
    keepaliveSeconds: String(server.keepaliveSeconds),
    keepaliveCount: String(server.keepaliveCount),
    connectTimeoutSeconds: String(server.connectTimeoutSeconds),
  }
}

/** A change as typed, with the name following the host until somebody names it. */
export function changeServerForm(form: ServerForm, change: Partial<ServerForm>): ServerForm {
  const next = { ...form, ...change }
  if (change.name !== undefined) return { ...next, nameEdited: change.name !== '' }
  return next.nameEdited ? next : { ...next, name: nameOfHost(next.host.trim()) }
}

/** The first label of a host's name; an address as a whole, since its first number says nothing. */
function nameOfHost(host: string): string {
  return host.includes(':') || /^[\d.]+$/.test(host) ? host : (host.split('.')[0] ?? '')
}

/** `me@host:2222` in the host field, spread over the three fields it means. */
export function spreadDestination(form: ServerForm): Partial<ServerForm> | null {
  const text = form.host.trim()
  if (!/[@\]]|^[^:]+:\d+$|^ssh:/.test(text)) return null
  try {
    const { host, port, username } = parseDestination(text)
    return {
      host,
      ...(port === null ? {} : { port: String(port) }),
      ...(username === null ? {} : { username }),
    }
  } catch (error) {
    if (error instanceof WarrenError) return null
    throw error
  }
}

export type ServerReading =
  { readonly ok: true; readonly draft: ServerDraft } | { readonly ok: false; readonly errors: ServerErrors }

export function readServerForm(form: ServerForm): ServerReading {
  const draft = {
    name: form.name,
    host: form.host.trim(),
    port: numberOf(form.port),
    username: textOrNull(form.username),
    identityFiles: [...form.identityFiles],
    certificateFiles: [...form.certificateFiles],
    identitiesOnly: form.identitiesOnly,
    agent: form.agent === 'default' ? null : form.agent === 'none' ? 'none' : form.agentPath.trim(),
    jump: form.way === 'jump' ? [...form.jump] : [],
    proxy: form.way === 'proxy' ? form.proxy.trim() : null,
    proxyCommand: form.way === 'command' ? form.proxyCommand.trim() : null,
    addressFamily: form.addressFamily,
    sourceAddress: textOrNull(form.sourceAddress),
    hostKeyPolicy: form.hostKeyPolicy,
    keepaliveSeconds: numberOf(form.keepaliveSeconds),
    keepaliveCount: numberOf(form.keepaliveCount),
    connectTimeoutSeconds: numberOf(form.connectTimeoutSeconds),
  }
  const errors: ServerErrors = {}
  if (form.way === 'jump' && form.jump.length === 0) errors.jump = 'Add the server to jump through.'
  const parsed = serverDraftSchema.safeParse(draft)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const field = serverFieldOf(String(issue.path[0] ?? ''))
      if (field !== null) errors[field] ??= sentence(field, issue.code, issue.message)
    }
  }
  return Object.keys(errors).length > 0 ? { ok: false, errors } : { ok: true, draft }
}

/** The form field that a path of a fault speaks of. */
export function serverFieldOf(path: string): ServerField | null {
  const head = path.split('.')[0] ?? ''
  return Object.hasOwn(labels, head) ? (head as ServerField) : null
}

/**
 * The servers that may be the next hop: not this one, not one that is in the chain, and none whose own way leads through
 * this one, because that chain would never end.
 */
export function jumpChoices(
  servers: readonly ServerSpec[],
  self: string | null,
  chosen: readonly string[],
): readonly ServerSpec[] {
  const leadsBack = (id: string, seen: ReadonlySet<string>): boolean => {
    if (id === self) return true
    if (seen.has(id)) return false
    const server = servers.find((each) => each.id === id)
    return server?.jump.some((hop) => leadsBack(hop, new Set([...seen, id]))) === true
  }
  return servers.filter((server) => !chosen.includes(server.id) && !leadsBack(server.id, new Set()))
}

// --- internal ---

function wayOf(server: ServerSpec): Way {
  if (server.jump.length > 0) return 'jump'
  if (server.proxyCommand !== null) return 'command'
  return server.proxy === null ? 'direct' : 'proxy'
}

function numberOf(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN
}

function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim()
}

const ranges: Partial<Record<ServerField, string>> = {
  port: 'must be 1 to 65535',
  keepaliveSeconds: 'must be 0 to 3600 seconds',
  keepaliveCount: 'must be 1 to 100',
  connectTimeoutSeconds: 'must be 1 to 600 seconds',
}

function sentence(field: ServerField, code: string, message: string): string {
  const range = ranges[field]
  if (range !== undefined) return `${labels[field]} ${range}.`
  return `${labels[field]} ${code === 'too_small' ? 'must not be empty' : message}.`
}
