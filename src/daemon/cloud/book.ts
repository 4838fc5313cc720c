/** What the store keeps of the cloud, in memory and indexed: bindings, what waits, conflicts, lists. */
import type { Conflict, Namespace, NewOutboxEntry, OutboxEntry } from '@sync'
import {
  namespaceText,
  outboxKey,
  type CloudChange,
  type CloudContent,
  type CloudSpace,
  type SavedBinding,
} from '../store/index'

export interface Counts {
  /** Changes that the server has not confirmed and that wait for nobody here. */
  readonly waiting: number
  readonly conflicts: number
  readonly refused: number
}

export interface Book {
  readonly binding: (forwardId: string) => SavedBinding | null
  readonly byCloudId: (cloudId: string) => SavedBinding | null
  readonly byLocalId: (namespace: Namespace, localId: string) => SavedBinding | null
  readonly bindings: (namespace?: Namespace) => readonly SavedBinding[]
  /** Oldest first. */
  readonly outbox: (namespace: Namespace) => readonly OutboxEntry[]
  readonly entry: (key: string) => OutboxEntry | null
  /** `save` and `run` of a forward. */
  readonly entriesOf: (forwardId: string) => readonly OutboxEntry[]
  readonly conflicts: (namespace?: Namespace) => readonly Conflict[]
  readonly conflictOf: (forwardId: string) => Conflict | null
  readonly space: (namespace: Namespace) => CloudSpace | null
  readonly spaces: () => readonly CloudSpace[]
  /** Teams of which something is kept here. */
  readonly namespaces: () => readonly string[]
  /** Whether the server was made for forwards that arrived. */
  readonly isMade: (serverId: string) => boolean
  readonly counts: () => Counts
  /** Numbers new entries; they are in the book when they are applied. */
  readonly stamp: (entries: readonly NewOutboxEntry[]) => readonly OutboxEntry[]
  /** What was written. */
  readonly apply: (change: CloudChange & { readonly deleted?: { readonly servers: readonly string[] } }) => void
  /** Another account. */
  readonly clear: () => void
}

export function createBook(content: CloudContent, now: () => number): Book {
  const bindings = new Map<string, SavedBinding>()
  const cloudIds = new Map<string, string>()
  const localIds = new Map<string, string>()
  const members = new Map<Namespace, Set<string>>()
  const outbox = new Map<string, OutboxEntry>()
  const keys = new Map<number, string>()
  const conflicts = new Map<string, Conflict>()
  const conflicted = new Map<string, string>()
  const spaces = new Map<Namespace, CloudSpace>()
  const made = new Set<string>()
  let seq = 0

  const localKey = (namespace: Namespace, localId: string): string => `${namespaceText(namespace)} ${localId}`
  const unbind = (forwardId: string): void => {
    const old = bindings.get(forwardId)
    if (old === undefined) return
    bindings.delete(forwardId)
    if (old.cloudId !== null && cloudIds.get(old.cloudId) === forwardId) cloudIds.delete(old.cloudId)
    const key = localKey(old.namespace, old.localId)
    if (localIds.get(key) === forwardId) localIds.delete(key)
    members.get(old.namespace)?.delete(forwardId)
  }
  const bind = (binding: SavedBinding): void => {
    unbind(binding.forwardId)
    bindings.set(binding.forwardId, binding)
    if (binding.cloudId !== null) cloudIds.set(binding.cloudId, binding.forwardId)
    localIds.set(localKey(binding.namespace, binding.localId), binding.forwardId)
    const set = members.get(binding.namespace) ?? new Set()
    members.set(binding.namespace, set.add(binding.forwardId))
  }
  const drop = (done: number): void => {
    const key = keys.get(done)
    if (key === undefined) return
    keys.delete(done)
    outbox.delete(key)
  }
  const queue = (entry: OutboxEntry): void => {
    const key = outboxKey(entry)
    const old = outbox.get(key)
    if (old !== undefined) keys.delete(old.seq)
    // Behind the others: it is the newest.
    outbox.delete(key)
    outbox.set(key, entry)
    keys.set(entry.seq, key)
    seq = Math.max(seq, entry.seq)
  }
  const settle = (id: string): void => {
    const old = conflicts.get(id)
    conflicts.delete(id)
    const forwardId = old?.forwardId ?? null
    if (forwardId !== null && conflicted.get(forwardId) === id) conflicted.delete(forwardId)
  }
  const raise = (conflict: Conflict): void => {
    settle(conflict.id)
    conflicts.set(conflict.id, conflict)
    if (conflict.forwardId !== null) conflicted.set(conflict.forwardId, conflict.id)
  }
  const apply: Book['apply'] = (change) => {
    for (const id of change.unbound ?? []) unbind(id)
    for (const binding of change.bindings ?? []) bind(binding)
    for (const done of change.done ?? []) drop(done)
    for (const entry of change.outbox ?? []) queue(entry)
    for (const id of change.settled ?? []) settle(id)
    for (const conflict of change.conflicts ?? []) raise(conflict)
    for (const gone of change.spacesGone ?? []) spaces.delete(gone)
    for (const space of change.spaces ?? []) spaces.set(space.namespace, space)
    for (const id of change.madeServers ?? []) made.add(id)
    for (const id of change.deleted?.servers ?? []) made.delete(id)
  }
  apply(content)
  const pick = <K, V>(ids: Iterable<K>, from: ReadonlyMap<K, V>): V[] =>
    [...ids].map((id) => from.get(id)).filter((one) => one !== undefined)
  const find = (id: string | undefined): SavedBinding | null => (id === undefined ? null : (bindings.get(id) ?? null))
  return {
    binding: find,
    byCloudId: (id) => find(cloudIds.get(id)),
    byLocalId: (namespace, localId) => find(localIds.get(localKey(namespace, localId))),
    bindings: (namespace) =>
      namespace === undefined ? [...bindings.values()] : pick(members.get(namespace) ?? [], bindings),
    outbox: (namespace) => [...outbox.values()].filter((entry) => entry.namespace === namespace),
    entry: (key) => outbox.get(key) ?? null,
    entriesOf: (id) => pick([`save ${id}`, `run ${id}`], outbox),
    conflicts: (namespace) =>
      [...conflicts.values()].filter((one) => namespace === undefined || one.namespace === namespace),
    conflictOf: (id) => conflicts.get(conflicted.get(id) ?? '') ?? null,
    space: (namespace) => spaces.get(namespace) ?? null,
    spaces: () => [...spaces.values()],
    namespaces: () => {
      const used = [...members].filter(([, ids]) => ids.size > 0).map(([namespace]) => namespace)
      const waiting = [...outbox.values(), ...conflicts.values()].map(({ namespace }) => namespace)
      return [...new Set([...used, ...waiting, ...spaces.keys()])].filter((one) => one !== null)
    },
    isMade: (id) => made.has(id),
    counts: () => {
      const isOurs = (entry: OutboxEntry): boolean => {
        if (entry.kind !== 'save') return entry.kind === 'delete'
        return bindings.get(entry.forwardId)?.refused === null && !conflicted.has(entry.forwardId)
      }
      const waiting = [...outbox.values()].filter(isOurs).length
      const refused = [...bindings.values()].filter((binding) => binding.refused !== null).length
      return { waiting, conflicts: conflicts.size, refused }
    },
    stamp: (entries) => {
      const at = new Date(now()).toISOString()
      return entries.map((entry) => {
        seq += 1
        return { ...entry, seq, at }
      })
    },
    apply,
    clear: () => {
      for (const map of [bindings, cloudIds, localIds, members, outbox, keys, conflicts, conflicted, spaces])
        map.clear()
      made.clear()
    },
  }
}
