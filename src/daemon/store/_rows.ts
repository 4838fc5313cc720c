/** Between rows and specs. A row that does not parse is reported, never dropped from the file. */
import { relaySpecSchema, type RelaySpec } from '@shared/relays'
import { forwardSpecSchema, serverSpecSchema, type ForwardSpec, type ServerSpec } from '@shared/specs'
import type { ForwardRow, RelayRow, ServerRow } from './_tables'

/** Names are unique without regard to case. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

export function serverToRow(spec: ServerSpec): ServerRow {
  return {
    ...spec,
    nameKey: nameKey(spec.name),
    identityFiles: JSON.stringify(spec.identityFiles),
    identitiesOnly: Number(spec.identitiesOnly),
    jump: JSON.stringify(spec.jump),
    certificateFiles: JSON.stringify(spec.certificateFiles),
    demo: Number(spec.demo),
    deletedAt: null,
  }
}

export function serverFromRow(row: ServerRow): ServerSpec | null {
  const { nameKey: _key, deletedAt: _deleted, ...fields } = row
  const spec = {
    ...fields,
    identityFiles: parseJson(row.identityFiles),
    identitiesOnly: row.identitiesOnly === 1,
    jump: parseJson(row.jump),
    certificateFiles: parseJson(row.certificateFiles),
    demo: row.demo === 1,
  }
  const parsed = serverSpecSchema.safeParse(spec)
  if (parsed.success) return parsed.data
  // Addresses of proxies were once taken as they were: such a server stays, and says what is wrong when it is dialled.
  const rest = serverSpecSchema.safeParse({ ...spec, proxy: null })
  return rest.success ? { ...rest.data, proxy: row.proxy } : null
}

export type SavedForward = Omit<ForwardRow, 'wanted' | 'lastUsed'>

export function forwardToRow(spec: ForwardSpec): SavedForward {
  return {
    ...spec,
    nameKey: nameKey(spec.name),
    tags: JSON.stringify(spec.tags),
    autoStart: Number(spec.autoStart),
    favourite: Number(spec.favourite),
    onDemand: Number(spec.onDemand),
    servePac: Number(spec.servePac),
    health: spec.health === null ? null : JSON.stringify(spec.health),
    limits: spec.limits === null ? null : JSON.stringify(spec.limits),
    deletedAt: null,
  }
}

export function forwardFromRow(row: ForwardRow): ForwardSpec | null {
  const { nameKey: _key, deletedAt: _deleted, wanted: _wanted, lastUsed: _used, ...fields } = row
  const parsed = forwardSpecSchema.safeParse({
    ...fields,
    tags: parseJson(row.tags),
    autoStart: row.autoStart === 1,
    favourite: row.favourite === 1,
    onDemand: row.onDemand === 1,
    servePac: row.servePac === 1,
    health: row.health === null ? null : (parseJson(row.health) ?? 'damaged'),
    limits: row.limits === null ? null : (parseJson(row.limits) ?? 'damaged'),
  })
  return parsed.success ? parsed.data : null
}

export type SavedRelay = Omit<RelayRow, 'wanted' | 'lastUsed'>

export function relayToRow(spec: RelaySpec): SavedRelay {
  return {
    ...spec,
    nameKey: nameKey(spec.name),
    targets: JSON.stringify(spec.targets),
    allow: JSON.stringify(spec.allow),
    deny: JSON.stringify(spec.deny),
    acceptProxy: Number(spec.acceptProxy),
    limits: JSON.stringify(spec.limits),
    tags: JSON.stringify(spec.tags),
    autoStart: Number(spec.autoStart),
    favourite: Number(spec.favourite),
    deletedAt: null,
  }
}

export function relayFromRow(row: RelayRow): RelaySpec | null {
  const { nameKey: _key, deletedAt: _deleted, wanted: _wanted, lastUsed: _used, ...fields } = row
  const parsed = relaySpecSchema.safeParse({
    ...fields,
    targets: parseJson(row.targets),
    allow: parseJson(row.allow),
    deny: parseJson(row.deny),
    acceptProxy: row.acceptProxy === 1,
    limits: parseJson(row.limits),
    tags: parseJson(row.tags),
    autoStart: row.autoStart === 1,
    favourite: row.favourite === 1,
  })
  return parsed.success ? parsed.data : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not `undefined`: a default would stand in for what is lost.
    return null
  }
}
