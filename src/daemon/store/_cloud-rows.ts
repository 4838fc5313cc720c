/** Between rows and what the cloud keeps here. Our own JSON: a row that does not parse is reported, never dropped from the file. */
import { cloudFieldNames, PERSONAL, teamRoles, type CloudFields } from '@shared/cloud-views'
import { forwardTypes } from '@shared/specs'
import type { Binding, Conflict, Namespace, OutboxEntry } from '@sync'
import { z } from 'zod'
import type { AccountRecord } from '../cloud/types'
import type { CloudAccountRow, CloudBindingRow, CloudConflictRow, CloudOutboxRow, CloudSpaceRow } from './_tables'

/** Sealed text of a forward here. */
export type SealedSecrets = Pick<CloudFields, 'password' | 'keyContent' | 'passphrase'>

export interface SavedBinding extends Binding {
  readonly secrets: SealedSecrets
  /** The shared port that was taken here when it arrived. */
  readonly remappedFrom: number | null
  /** The cloud was told, or will be, that it runs here. */
  readonly toldRunning: boolean
}

/** A list of the server that is followed here. */
export interface CloudSpace {
  readonly namespace: Namespace
  readonly name: string
  readonly role: (typeof teamRoles)[number]
  readonly cursor: string | null
}

export function namespaceText(namespace: Namespace): string {
  return namespace ?? PERSONAL
}

export function bindingToRow(binding: SavedBinding): CloudBindingRow {
  return {
    forwardId: binding.forwardId,
    namespace: namespaceText(binding.namespace),
    localId: binding.localId,
    cloudId: binding.cloudId,
    version: binding.version,
    base: asJson(binding.base),
    overrides: JSON.stringify(binding.overrides),
    refused: asJson(binding.refused),
    activeElsewhere: Number(binding.activeElsewhere),
    secrets: JSON.stringify(binding.secrets),
    remappedFrom: binding.remappedFrom,
    toldRunning: Number(binding.toldRunning),
  }
}

export function bindingFromRow(row: CloudBindingRow): SavedBinding | null {
  return parsed(bindingSchema, {
    ...row,
    namespace: namespaceOf(row.namespace),
    base: fromJson(row.base),
    overrides: fromJson(row.overrides),
    refused: fromJson(row.refused),
    activeElsewhere: row.activeElsewhere === 1,
    secrets: fromJson(row.secrets),
    toldRunning: row.toldRunning === 1,
  })
}

export function bindingFromJson(text: string): SavedBinding | null {
  return parsed(bindingSchema, fromJson(text))
}

export function entryFromRow(row: CloudOutboxRow): OutboxEntry | null {
  return parsed(entrySchema, fromJson(row.entry))
}

export function conflictFromRow(row: CloudConflictRow): Conflict | null {
  return parsed(conflictSchema, fromJson(row.conflict))
}

export function spaceFromRow(row: CloudSpaceRow): CloudSpace | null {
  return parsed(spaceSchema, { ...row, namespace: namespaceOf(row.namespace) })
}

export function accountFromRow(row: CloudAccountRow): AccountRecord | null {
  const account = { ...row, insecure: row.insecure === 1, isSignedIn: row.isSignedIn === 1 }
  return parsed(accountSchema, account)
}

export function accountToRow(account: AccountRecord): CloudAccountRow {
  return { ...account, id: 1, insecure: Number(account.insecure), isSignedIn: Number(account.isSignedIn) }
}

// --- internal ---

const text = z.string().nullable()
const namespace = text
const fieldName = z.enum(cloudFieldNames)
const fields = z.object({
  name: z.string(),
  type: z.enum(forwardTypes),
  ...{ localHost: text, localPort: z.int().nullable(), remoteHost: text, remotePort: z.int().nullable() },
  ...{ bindAddress: text, bindPort: z.int().nullable(), serverAddress: text, username: text },
  ...{ tags: z.array(z.string()), description: z.string(), password: text, keyContent: text, passphrase: text },
})
// What another version of Warren wrote for a person: shown, never acted upon.
const fault = z.object({
  code: z.string(),
  message: z.string(),
  ...{ fix: text, field: text, remedy: z.unknown(), detail: text },
})
const version = z.number().nullable()
const bindingSchema = z.object({
  ...{ forwardId: z.string(), namespace, localId: z.string(), cloudId: text, version, base: fields.nullable() },
  ...{ overrides: z.array(fieldName), refused: fault.nullable(), activeElsewhere: z.boolean() },
  secrets: z.object({ password: text, keyContent: text, passphrase: text }),
  ...{ remappedFrom: z.int().nullable(), toldRunning: z.boolean() },
})
const entryBase = { seq: z.int(), namespace, at: z.string() }
const entrySchema = z.discriminatedUnion('kind', [
  z.object({ ...entryBase, kind: z.literal('save'), forwardId: z.string() }),
  z.object({
    ...{ ...entryBase, kind: z.literal('delete'), cloudId: text, localId: z.string(), version },
    base: fields.nullable(),
  }),
  z.object({
    ...{ ...entryBase, kind: z.literal('run'), forwardId: z.string(), running: z.boolean() },
    ...{ tunnelId: text, connectionId: text },
  }),
])
const conflictSchema = z.object({
  ...{ id: z.string(), namespace, kind: z.enum(['edited', 'deleted-there', 'deleted-here']), forwardId: text },
  ...{ localId: z.string(), cloudId: text, version, fields: z.array(fieldName), at: z.string() },
  ...{ base: fields.nullable(), mine: fields.nullable(), theirs: fields.nullable() },
})
const spaceSchema = z.object({ namespace, name: z.string(), role: z.enum(teamRoles), cursor: text })
const accountSchema = z.object({
  ...{ url: z.string(), userId: z.string(), email: z.string(), username: z.string() },
  ...{ keeps: z.enum(['keychain', 'file', 'memory']), insecure: z.boolean(), isSignedIn: z.boolean() },
})

function parsed<T>(schema: z.ZodType, value: unknown): T | null {
  const result = schema.safeParse(value)
  return result.success ? (result.data as T) : null
}

function namespaceOf(saved: string): Namespace {
  return saved === PERSONAL ? null : saved
}

function asJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

function fromJson(value: string | null): unknown {
  if (value === null) return null
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
