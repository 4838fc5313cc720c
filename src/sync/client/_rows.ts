/** Rows of the server: outside data, read one by one, so that one that cannot be read harms no other. */
import { SEALED_PREFIX, secretFields } from '@shared/cloud'
import { cloudFieldNames, type CloudField, type CloudFields } from '@shared/cloud-views'
import { forwardTypes, serverDraftSchema } from '@shared/specs'
import { z } from 'zod'
import { forwardOf, keptFields, pickFields, sayable } from '../fields'
import { parseServerAddress } from '../server-address'
import type { CloudRow, Extensions } from '../types'
import { badAnswer } from './_faults'
import type { Http } from './_http'
import type { CloudRows, UnreadableRow } from './types'

const MAX_ID = 200
/** As the server keeps at most. */
const MAX_TEXT = 65_536
const text = z
  .string()
  .max(MAX_TEXT)
  .nullish()
  // The document's own app sends empty texts for what it has not.
  .transform((value) => (value === undefined || value === null || value === '' ? null : value))
const port = z
  .number()
  .nullish()
  .transform((value) => value ?? null)

const rowSchema = z.looseObject({
  id: z.string().min(1).max(MAX_ID),
  localId: text,
  name: z.string(),
  type: z.enum(forwardTypes),
  localHost: text,
  localPort: port,
  remoteHost: text,
  remotePort: port,
  bindAddress: text,
  bindPort: port,
  serverAddress: text,
  username: text,
  tags: z.array(z.string()).nullish(),
  description: z.string().nullish(),
  password: text,
  keyContent: text,
  passphrase: text,
  version: z.int().nullish(),
  status: text,
  createdAt: text,
  updatedAt: text,
})
type Row = z.output<typeof rowSchema>

/** Throws `cloud.bad-answer` for what has not even an id. */
export function readRow(given: unknown, extensions: Extensions): CloudRow | UnreadableRow {
  const parsed = rowSchema.safeParse(given)
  if (!parsed.success) {
    const { id, name } = nameOf(given)
    const [issue] = parsed.error.issues
    return { id, name, reason: issue === undefined ? 'is no forward' : `${issue.path.join('.')}: ${issue.message}` }
  }
  const row = parsed.data
  const fields = fieldsOf(row)
  const read = 'reason' in fields ? fields : forwardOf(fields)
  if ('reason' in read) return { id: row.id, name: shorten(row.name), reason: read.reason }
  return {
    id: row.id,
    localId: row.localId === null || row.localId.length > MAX_ID ? null : row.localId,
    fields: read,
    version: row.version ?? null,
    updatedAt: row.updatedAt,
    status: row.status,
    missing: missingOf(given, row, extensions),
    isUntouched:
      row.version === 1 || (isNone(row.version) && row.createdAt !== null && row.createdAt === row.updatedAt),
    hasClearSecrets: secretFields.some((name) => isClear(row[name])),
  }
}

export function readRows(given: unknown, { host, extensions }: Pick<Http, 'host' | 'extensions'>): CloudRows {
  if (!Array.isArray(given)) throw badAnswer(`${host} answered no list of forwards.`)
  const known = extensions()
  const read = given.map((row: unknown) => readRow(row, known))
  return {
    rows: read.filter((row): row is CloudRow => !isUnreadable(row)),
    unreadable: read.filter(isUnreadable),
  }
}

export function isUnreadable(row: CloudRow | UnreadableRow): row is UnreadableRow {
  return 'reason' in row
}

/** What is sent of the fields to a server with these extensions. */
export function bodyOf(fields: Partial<CloudFields>, extensions: Extensions): Record<string, unknown> {
  const names = keptFields(extensions).filter((name) => fields[name] !== undefined)
  return pickFields(sayable(fields as CloudFields), names)
}

// --- internal ---

const usernameSchema = serverDraftSchema.shape.username

function fieldsOf(row: Row): CloudFields | { readonly reason: string } {
  const { name, type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort } = row
  const { serverAddress, username } = row
  if (serverAddress !== null && parseServerAddress(serverAddress) === null) {
    return { reason: 'serverAddress names no server' }
  }
  if (!usernameSchema.safeParse(username).success) return { reason: 'username is none' }
  const sealed = (value: string | null): string | null => (isClear(value) ? null : value)
  return {
    ...{ name, type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort, serverAddress, username },
    ...{ tags: row.tags ?? [], description: row.description ?? '' },
    ...{ password: sealed(row.password), keyContent: sealed(row.keyContent), passphrase: sealed(row.passphrase) },
  }
}

/**
 * What the row says nothing about: members that it does not have, those that this server keeps none of (it answers `null`, whatever was
 * agreed on elsewhere), and the server of one that names none, for a forward goes through one.
 */
function missingOf(given: unknown, row: Row, extensions: Extensions): readonly CloudField[] {
  const has = (name: string): boolean => typeof given === 'object' && given !== null && Object.hasOwn(given, name)
  const kept = keptFields(extensions)
  const optional: readonly CloudField[] = ['username', 'tags', 'description', ...secretFields]
  return cloudFieldNames.filter((name) => {
    if (!kept.includes(name)) return true
    return name === 'serverAddress' ? row.serverAddress === null : optional.includes(name) && !has(name)
  })
}

function nameOf(given: unknown): { readonly id: string; readonly name: string } {
  const parsed = z.looseObject({ id: z.string().min(1).max(MAX_ID), name: z.string().catch('') }).safeParse(given)
  if (!parsed.success) throw badAnswer('The cloud server answered a forward without an id.')
  return { id: parsed.data.id, name: shorten(parsed.data.name) }
}

function isClear(value: string | null): boolean {
  return value !== null && !value.startsWith(SEALED_PREFIX)
}

function isNone(value: number | null | undefined): boolean {
  return value === null || value === undefined
}

function shorten(name: string): string {
  return name.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 100)
}
