/** Host keys that the person trusted in Warren. */
import { createHash, randomUUID } from 'node:crypto'
import { appendKnownHost, type EnginePorts } from '@engine'
import { WarrenError } from '@shared/errors'
import type { TrustedKey } from '@shared/rpc'
import type { Activity } from './activity'
import type { Store, TrustedKeyRecord } from './store/index'
import type { Warnings } from './warnings'

type Pins = EnginePorts['ssh']['pins']

export interface TrustedKeys extends Omit<Pins, 'remove'> {
  readonly list: () => readonly TrustedKey[]
  /** A pin that the server has retired; nothing happens when there is none. */
  readonly drop: Pins['remove']
  /** Adds it to the person's known_hosts. Rejects with `spec.not-found` or `trust.unwritable`. */
  readonly write: (id: string) => Promise<{ readonly file: string; readonly written: boolean }>
  /** Throws `spec.not-found`. */
  readonly remove: (id: string) => Promise<TrustedKey>
}

export interface TrustedKeysOptions {
  readonly loaded: readonly TrustedKeyRecord[]
  readonly store: Store
  readonly activity: Activity
  readonly warnings: Warnings
  readonly now: () => number
  /** The one that ssh writes to. */
  readonly knownHostsFile: string
}

export function createTrustedKeys(options: TrustedKeysOptions): TrustedKeys {
  const keys = new Map(options.loaded.map((key) => [key.id, key]))
  const get = (id: string): TrustedKeyRecord => {
    const key = keys.get(id)
    if (key === undefined) throw new WarrenError('spec.not-found', `There is no trusted key ${id}.`, { field: 'id' })
    return key
  }
  const forgotten = (key: TrustedKeyRecord): void => {
    keys.delete(key.id)
    const message = `Its key ${fingerprint(key.key)} (${key.keyType}) is not trusted any more.`
    options.activity.add({ kind: 'removed', subject: key.host, message })
  }
  return {
    find: (host) => [...keys.values()].filter((key) => key.host === host.toLowerCase()),
    all: () => [...keys.values()],
    add: (pin) => {
      const host = pin.host.toLowerCase()
      if ([...keys.values()].some((key) => key.host === host && key.key === pin.key)) return
      const at = new Date(options.now()).toISOString()
      const record: TrustedKeyRecord = { id: randomUUID(), host, keyType: pin.keyType, key: pin.key, addedAt: at }
      keys.set(record.id, record)
      void options.warnings.tolerate(() => options.store.addTrustedKey(record))
      const message = `Its key ${fingerprint(pin.key)} (${pin.keyType}) is trusted from now on.`
      options.activity.add({ kind: 'trusted', subject: host, message })
    },
    list: () => [...keys.values()].map(describe),
    drop: (pin) => {
      const key = [...keys.values()].find((each) => each.host === pin.host.toLowerCase() && each.key === pin.key)
      if (key === undefined) return
      void options.warnings.tolerate(() => options.store.removeTrustedKey(key.id))
      forgotten(key)
    },
    write: async (id) => {
      const file = options.knownHostsFile
      return { file, written: await appendKnownHost(get(id), { file }) }
    },
    remove: async (id) => {
      const key = get(id)
      await options.store.removeTrustedKey(id)
      forgotten(key)
      return describe(key)
    },
  }
}

function describe({ id, host, keyType, key, addedAt }: TrustedKeyRecord): TrustedKey {
  return { id, host, keyType, fingerprint: fingerprint(key), addedAt }
}

/** OpenSSH's form (ssh-keygen -l). */
function fingerprint(key: string): string {
  const hash = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64')
  return `SHA256:${hash.replace(/=+$/, '')}`
}
