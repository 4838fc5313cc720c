/** A forward as the document answers it (seed-behaviour §C.3), then what we add. */
import { SEALED_PREFIX, secretFields } from '@shared/cloud'
import type { ForwardFields, ForwardChange } from './forward-body'
import type { ForwardRow } from './store'
import type { Running } from './store/activity'

export interface ForwardAnswer {
  readonly id: string
  readonly localId: string | null
  readonly name: string
  readonly type: string
  readonly localHost: string | null
  readonly localPort: number | null
  readonly remoteHost: string | null
  readonly remotePort: number | null
  readonly bindAddress: string | null
  readonly bindPort: number | null
  readonly serverId: string | null
  readonly status: string
  readonly lastUsed: string | null
  readonly tunnelId: string | null
  readonly connectionId: string | null
  readonly createdAt: string
  readonly updatedAt: string
  readonly serverAddress: string | null
  readonly username: string | null
  readonly authType: string | null
  readonly keyPath: string | null
  /** Sealed text or `null`. */
  readonly password: string | null
  readonly keyContent: string | null
  readonly passphrase: string | null
  readonly tags: readonly string[]
  readonly description: string
  readonly namespace: string | null
  readonly dataType: 'personal' | 'team'
  readonly version: number
}

export function answerOf(row: ForwardRow): ForwardAnswer {
  const { id, localId, name, type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort } = row
  const { serverId, status, lastUsed, tunnelId, connectionId, createdAt, updatedAt } = row
  const { serverAddress, username, authType, keyPath, password, keyContent, passphrase } = row
  return {
    ...{ id, localId, name, type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort },
    ...{ serverId, status, lastUsed, tunnelId, connectionId, createdAt, updatedAt },
    ...{ serverAddress, username, authType, keyPath, password, keyContent, passphrase },
    tags: JSON.parse(row.tags) as readonly string[],
    description: row.description,
    namespace: row.namespace,
    dataType: row.namespace === null ? 'personal' : 'team',
    version: row.version,
  }
}

/** The document's status answer, and every device that runs it. */
export function statusOf(row: ForwardRow, running: readonly Running[]): Readonly<Record<string, unknown>> {
  const { id, status, lastUsed, tunnelId, connectionId, name, type } = row
  const { localHost, localPort, remoteHost, remotePort, bindAddress, bindPort } = row
  return {
    ...{ id, status, lastUsed, tunnelId, connectionId, isActive: status === 'active', name, type },
    ...{ localHost, localPort, remoteHost, remotePort, bindAddress, bindPort },
    runs: running.map((one) => ({
      ...{ deviceId: one.deviceId, deviceName: one.deviceName, userId: one.userId, user: one.email },
      ...{ tunnelId: one.tunnelId, connectionId: one.connectionId, startedAt: one.startedAt },
    })),
  }
}

/** Strong (RFC 9110 §8.8.3): it grows with every change of what was written. */
export function etagOf({ id, version }: Pick<ForwardRow, 'id' | 'version'>): string {
  return `"${id.slice(0, 8)}-${version}"`
}

/** The version of an `If-Match`; `null` when anything matches, -1 when nothing can. */
export function versionOf(ifMatch: string | undefined, id: string): number | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null
  const versions = ifMatch.split(',').flatMap((tag) => {
    const [, version] = new RegExp(`^"${id.slice(0, 8)}-(\\d{1,15})"$`).exec(tag.trim()) ?? []
    return version === undefined ? [] : [Number(version)]
  })
  return versions[0] ?? -1
}

export interface Kept<T> {
  readonly fields: T
  /** Names of the fields whose clear text was left out. */
  readonly dropped: readonly string[]
}

/** Secrets stay only as sealed text: what comes in clear is not kept, and the answer says so. */
export function withoutClearSecrets<T extends ForwardFields | ForwardChange>(fields: T): Kept<T> {
  const dropped = secretFields.filter((name) => {
    const value = fields[name]
    return typeof value === 'string' && value !== '' && !value.startsWith(SEALED_PREFIX)
  })
  if (dropped.length === 0) return { fields, dropped }
  return { fields: { ...fields, ...Object.fromEntries(dropped.map((name) => [name, null])) }, dropped }
}
