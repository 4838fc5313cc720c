/**
 * What a client may write of a forward, with the texts of the document's server for what it may not (seed-behaviour §C.4).
 *
 * `null` counts as absent for an optional field. The order of the texts is that of the original: unknown properties first, then each
 * field's rules from the last to the first.
 */
import { z } from '@hono/zod-openapi'
import { Problem } from './problem'

const MAX_PORT = 65_535
/** The longest text a field may have; the original sets no bound. */
export const MAX_TEXT = 64 * 1024
const MAX_TAGS = 32
export const forwardTypes = ['dynamic', 'local', 'remote'] as const
export const authTypes = ['password', 'key'] as const

const numberRules = (name: string, min: number): readonly Rule[] => [
  { text: `${name} must not be greater than ${MAX_PORT}`, holds: (value) => isNumber(value) && value <= MAX_PORT },
  { text: `${name} must not be less than ${min}`, holds: (value) => isNumber(value) && value >= min },
  {
    text: `${name} must be a number conforming to the specified constraints`,
    holds: (value) => isNumber(value) && Number.isFinite(value),
  },
]
const textRules = (name: string): readonly Rule[] => [
  {
    text: `${name} must be shorter than or equal to ${MAX_TEXT} characters`,
    holds: (value) => typeof value !== 'string' || value.length <= MAX_TEXT,
  },
  { text: `${name} must not contain NUL`, holds: (value) => typeof value !== 'string' || !value.includes('\0') },
  { text: `${name} must be a string`, holds: (value) => typeof value === 'string' },
]
const oneOf = (name: string, values: readonly string[]): readonly Rule[] => [
  {
    text: `${name} must be one of the following values: ${values.join(', ')}`,
    holds: (value) => typeof value === 'string' && values.includes(value),
  },
]
const isTag = (value: unknown): boolean => typeof value === 'string' && value !== '' && value.length <= 50

interface Rule {
  readonly text: string
  readonly holds: (value: unknown) => boolean
}

/** Fields of the document in its order, then our own. */
const rules: Readonly<Record<string, readonly Rule[]>> = {
  localId: textRules('localId'),
  name: textRules('name'),
  type: oneOf('type', forwardTypes),
  localHost: textRules('localHost'),
  localPort: numberRules('localPort', 0),
  remoteHost: textRules('remoteHost'),
  remotePort: numberRules('remotePort', 0),
  bindAddress: textRules('bindAddress'),
  bindPort: numberRules('bindPort', 1),
  serverId: textRules('serverId'),
  serverAddress: textRules('serverAddress'),
  username: textRules('username'),
  authType: oneOf('authType', authTypes),
  password: textRules('password'),
  keyPath: textRules('keyPath'),
  keyContent: textRules('keyContent'),
  passphrase: textRules('passphrase'),
  tags: [
    {
      text: `tags must be an array of at most ${MAX_TAGS} strings of 1 to 50 characters`,
      holds: (value) => Array.isArray(value) && value.length <= MAX_TAGS && value.every(isTag),
    },
  ],
  description: textRules('description'),
}

/** Everything a client may set. A field that is missing in a change stays as it is; `null` empties it. */
export interface ForwardFields {
  readonly localId: string | null
  readonly name: string
  readonly type: (typeof forwardTypes)[number]
  readonly localHost: string | null
  readonly localPort: number | null
  readonly remoteHost: string | null
  readonly remotePort: number | null
  readonly bindAddress: string | null
  readonly bindPort: number | null
  readonly serverId: string | null
  readonly serverAddress: string | null
  readonly username: string | null
  readonly authType: (typeof authTypes)[number] | null
  readonly password: string | null
  readonly keyPath: string | null
  readonly keyContent: string | null
  readonly passphrase: string | null
  readonly tags: readonly string[]
  readonly description: string
}
export type ForwardChange = Partial<ForwardFields>

const empty: Omit<ForwardFields, 'name' | 'type'> = {
  ...{ localId: null, localHost: null, localPort: null, remoteHost: null, remotePort: null },
  ...{ bindAddress: null, bindPort: null, serverId: null, serverAddress: null, username: null, authType: null },
  ...{ password: null, keyPath: null, keyContent: null, passphrase: null, tags: [], description: '' },
}

/** What is wrong with a body, in the texts of the document's server; empty when nothing is. */
export function complaintsOf(body: unknown, kind: 'create' | 'change'): readonly string[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return ['the body must be an object']
  const given = body as Readonly<Record<string, unknown>>
  const unknown = Object.keys(given)
    .filter((key) => !Object.hasOwn(rules, key))
    .map((key) => `property ${shorten(key)} should not exist`)
  const wrong = Object.entries(rules).flatMap(([name, each]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    const isRequired = (name === 'name' || name === 'type') && (kind === 'create' || value === null)
    if (!isRequired && (value === undefined || value === null)) return []
    return each.filter((rule) => !rule.holds(value)).map((rule) => rule.text)
  })
  return [...unknown, ...wrong]
}

/** Throws 400 with every complaint. */
export function readNew(body: unknown): ForwardFields {
  refuse(complaintsOf(body, 'create'))
  return { ...empty, ...given(body as ForwardFields) }
}

/** Throws 400 with every complaint. Absent fields are absent in the answer. */
export function readChange(body: unknown): ForwardChange {
  refuse(complaintsOf(body, 'change'))
  return emptied(body as Record<string, unknown>)
}

const nullableText = z.string().nullable().optional()
const port = (minimum: number): z.ZodType => z.number().min(minimum).max(MAX_PORT).nullable().optional()

/** For the OpenAPI document; the texts above are what is checked with. */
export const forwardBodySchema = z
  .object({
    localId: nullableText.openapi({ description: 'The id on the client, for sync.' }),
    name: z.string(),
    type: z.enum(forwardTypes),
    localHost: nullableText,
    localPort: port(0),
    remoteHost: nullableText,
    remotePort: port(0),
    bindAddress: nullableText,
    bindPort: port(1),
    serverId: nullableText,
    serverAddress: nullableText,
    username: nullableText,
    authType: z.enum(authTypes).nullable().optional(),
    password: nullableText.openapi({ description: 'Opaque: clients seal it before it leaves the machine.' }),
    keyPath: nullableText,
    keyContent: nullableText,
    passphrase: nullableText,
    tags: z.array(z.string()).optional(),
    description: nullableText,
  })
  .openapi('PortForwardBody')

// --- internal ---

function refuse(complaints: readonly string[]): void {
  if (complaints.length > 0) throw new Problem(400, complaints)
}

function given(body: ForwardFields): ForwardFields {
  const present = Object.entries(body).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(present) as unknown as ForwardFields
}

function emptied(body: Readonly<Record<string, unknown>>): ForwardChange {
  const present = Object.entries(body).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present.map(([key, value]) => [key, value ?? empty[key as keyof typeof empty] ?? null]))
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value)
}

/** A key of a megabyte must not come back as a megabyte. */
function shorten(key: string): string {
  return key.length <= 100 ? key : `${key.slice(0, 100)}…`
}
