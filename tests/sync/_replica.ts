/** A machine in memory: forwards, bindings, outbox and inbox, written as one; it can break before or after a write. */
import { randomUUID } from 'node:crypto'
import type { CloudFields } from '../../src/shared/cloud-views'
import { WarrenError } from '../../src/shared/errors'
import {
  defaultOverrides,
  resolveConflict,
  type Binding,
  type Choice,
  type Conflict,
  type Namespace,
  type OutboxEntry,
  type NewOutboxEntry,
  type Replica,
  type ReplicaChanges,
  type ReplicaState,
  type Shared,
} from '../../src/sync'

/** What rests on the disk of the machine: another replica over it is the machine after a restart. */
export interface Disk {
  readonly forwards: Map<string, { fields: CloudFields; isWanted: boolean; binding: Binding | null }>
  readonly outbox: Map<number, OutboxEntry>
  readonly conflicts: Map<string, Conflict>
  readonly cursors: Map<Namespace, string>
  seq: number
}

export class Crash extends Error {}

export interface TestReplica extends Replica {
  /** May be looked over by a test. */
  transact: Replica['transact']
  readonly disk: Disk
  /** Makes a forward that is shared; `null` keeps it to the account. */
  readonly add: (fields: CloudFields, namespace?: Namespace) => string
  readonly edit: (forwardId: string, change: Partial<CloudFields>) => void
  readonly remove: (forwardId: string) => void
  readonly run: (forwardId: string, running: boolean) => void
  readonly resolve: (conflictId: string, choice: Choice) => Promise<void>
  readonly fields: (forwardId: string) => CloudFields
  readonly binding: (forwardId: string) => Binding
  readonly idOf: (name: string) => string
  readonly names: () => readonly string[]
  readonly waiting: () => readonly OutboxEntry[]
  readonly conflicts: () => readonly Conflict[]
  /** The write after `after` more breaks: `before` it is on the disk, or `after` that. Only writes that change something count. */
  readonly breakAt: (when: 'before' | 'after', after?: number) => void
  /** What this machine cannot take, whatever the cloud says; it throws `spec.invalid`. */
  refuses: (fields: CloudFields) => boolean
  /** Called after every change by hand. */
  onEdit: () => void
}

export function newDisk(): Disk {
  return { forwards: new Map(), outbox: new Map(), conflicts: new Map(), cursors: new Map(), seq: 0 }
}

export const someFields: CloudFields = {
  ...{ name: 'web', type: 'local', localHost: '127.0.0.1', localPort: 8080, remoteHost: '10.0.0.1', remotePort: 80 },
  ...{ bindAddress: null, bindPort: null, serverAddress: 'bastion.example:2222', username: 'ada', tags: [] },
  ...{ description: '', password: null, keyContent: null, passphrase: null },
}

export function testReplica(disk: Disk = newDisk()): TestReplica {
  let broken: { when: 'before' | 'after'; left: number } | null = null
  const get = (forwardId: string): { fields: CloudFields; isWanted: boolean; binding: Binding | null } => {
    const found = disk.forwards.get(forwardId)
    if (found === undefined) throw new Error(`no forward ${forwardId}`)
    return found
  }
  const bindingOf = (forwardId: string): Binding => {
    const { binding } = get(forwardId)
    if (binding === null) throw new Error(`${forwardId} is not shared`)
    return binding
  }
  const commit = (changes: ReplicaChanges): void => {
    const hasChange = Object.values(changes).some((change: unknown) => !Array.isArray(change) || change.length > 0)
    if (broken !== null && hasChange && broken.left-- <= 0) {
      const { when } = broken
      broken = null
      if (when === 'after') write(disk, changes)
      throw new Crash(`broken ${when} the write`)
    }
    write(disk, changes)
  }
  const self: TestReplica = {
    disk,
    onEdit: () => undefined,
    refuses: () => false,
    transact: async (work) => {
      await Promise.resolve()
      const { changes, result } = work(stateOf(disk))
      if ([...(changes.save ?? []), ...(changes.arrive ?? [])].some(({ fields }) => self.refuses(fields))) {
        throw new WarrenError('spec.invalid', 'It cannot be had here.')
      }
      commit(changes)
      return result
    },
    add: (fields, namespace = null) => {
      const forwardId = randomUUID()
      const binding: Binding = {
        ...{ forwardId, namespace, localId: randomUUID(), cloudId: null, version: null, base: null },
        ...{ overrides: defaultOverrides(fields.type, namespace), refused: null, activeElsewhere: false },
      }
      disk.forwards.set(forwardId, { fields, isWanted: false, binding })
      write(disk, { outbox: [{ kind: 'save', namespace, forwardId }] })
      self.onEdit()
      return forwardId
    },
    edit: (forwardId, change) => {
      const forward = get(forwardId)
      forward.fields = { ...forward.fields, ...change }
      const { binding } = forward
      if (binding !== null) {
        forward.binding = { ...binding, refused: null }
        write(disk, { outbox: [{ kind: 'save', namespace: binding.namespace, forwardId }] })
      }
      self.onEdit()
    },
    remove: (forwardId) => {
      const { namespace, cloudId, localId, version, base } = bindingOf(forwardId)
      // As the daemon does: what nobody decided about is looked at before it is deleted.
      const isAsked = [...disk.conflicts.values()].some((one) => one.forwardId === forwardId && one.kind === 'edited')
      forget(disk, forwardId)
      const isSent = cloudId !== null
      const seen = isAsked ? null : version
      write(disk, {
        outbox: [{ kind: 'delete', namespace, cloudId, localId, version: seen, base: isSent ? base : null }],
      })
      self.onEdit()
    },
    run: (forwardId, running) => {
      get(forwardId).isWanted = running
      const { namespace } = bindingOf(forwardId)
      const ids = { tunnelId: running ? randomUUID() : null, connectionId: running ? randomUUID() : null }
      write(disk, { outbox: [{ kind: 'run', namespace, forwardId, running, ...ids }] })
      self.onEdit()
    },
    resolve: async (conflictId, choice) => {
      await self.transact((state) => resolveConflict(state, conflictId, choice))
      self.onEdit()
    },
    fields: (forwardId) => get(forwardId).fields,
    binding: bindingOf,
    idOf: (name) => {
      const [found] = [...disk.forwards].filter(([, { fields }]) => fields.name === name)
      if (found === undefined) throw new Error(`no forward is called ${name}: ${self.names().join(', ')}`)
      return found[0]
    },
    names: () => [...disk.forwards.values()].map(({ fields }) => fields.name).sort(),
    waiting: () => [...disk.outbox.values()],
    conflicts: () => [...disk.conflicts.values()],
    breakAt: (when, left = 0) => {
      broken = { when, left }
    },
  }
  return self
}

// --- internal ---

function stateOf(disk: Disk): ReplicaState {
  // Made when they are asked for: most transactions look at one forward.
  const all = once(() => [...disk.forwards.keys()].map((id) => byForward(id)).filter((shared) => shared !== null))
  const keyed = (key: (binding: Binding) => string | null): (() => Map<string, Shared>) =>
    once(
      () =>
        new Map(
          all()
            .flatMap((shared) => [[key(shared.binding), shared] as const])
            .filter(isKeyed),
        ),
    )
  const byForward = (forwardId: string): Shared | null => {
    const { binding = null, fields, isWanted } = disk.forwards.get(forwardId) ?? {}
    return binding === null || fields === undefined ? null : { binding, fields, isWanted: isWanted === true }
  }
  const byCloudId = keyed(({ cloudId }) => cloudId)
  const byLocalId = keyed(({ namespace, localId }) => `${namespace ?? ''} ${localId}`)
  const outbox = once(() => [...disk.outbox.values()].sort((one, other) => one.seq - other.seq))
  const conflicts = [...disk.conflicts.values()]
  return {
    all: (namespace) => all().filter(({ binding }) => binding.namespace === namespace),
    byForward,
    byCloudId: (cloudId) => byCloudId().get(cloudId) ?? null,
    byLocalId: (namespace, localId) => byLocalId().get(`${namespace ?? ''} ${localId}`) ?? null,
    outbox: (namespace) => outbox().filter((entry) => entry.namespace === namespace),
    conflicts: (namespace) => conflicts.filter((one) => one.namespace === namespace),
    cursor: (namespace) => disk.cursors.get(namespace) ?? null,
    namespaces: () =>
      [
        ...new Set(
          [...all().map(({ binding }) => binding), ...outbox(), ...conflicts].map(({ namespace }) => namespace),
        ),
      ]
        .concat([...disk.cursors.keys()])
        .filter((namespace, index, whole) => whole.indexOf(namespace) === index)
        .filter((namespace) => namespace !== null),
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}

function isKeyed(entry: readonly [string | null, Shared]): entry is readonly [string, Shared] {
  return entry[0] !== null
}

function write(disk: Disk, changes: ReplicaChanges): void {
  for (const id of changes.release ?? []) {
    const forward = disk.forwards.get(id)
    if (forward !== undefined) forward.binding = null
  }
  for (const id of changes.remove ?? []) forget(disk, id)
  for (const { binding, fields } of changes.save ?? []) {
    const forward = disk.forwards.get(binding.forwardId)
    if (forward === undefined) throw new Error('saved what is not there')
    Object.assign(forward, { fields, binding })
  }
  for (const { binding, fields } of changes.arrive ?? []) {
    const forwardId = randomUUID()
    const isTaken = [...disk.forwards.values()].some(
      (one) => one.binding?.namespace === binding.namespace && one.binding.localId === binding.localId,
    )
    if (isTaken) throw new Error(`the localId ${binding.localId} is taken`)
    const overrides = defaultOverrides(fields.type, binding.namespace)
    disk.forwards.set(forwardId, { fields, isWanted: false, binding: { ...binding, forwardId, overrides } })
  }
  for (const binding of changes.bindings ?? []) {
    const forward = disk.forwards.get(binding.forwardId)
    if (forward !== undefined) forward.binding = binding
  }
  for (const seq of changes.done ?? []) disk.outbox.delete(seq)
  for (const entry of changes.outbox ?? []) enqueue(disk, entry)
  for (const conflict of changes.conflicts ?? []) disk.conflicts.set(conflict.id, conflict)
  for (const id of changes.settled ?? []) disk.conflicts.delete(id)
  if (changes.cursor !== undefined) {
    const { namespace, value } = changes.cursor
    if (value === null) disk.cursors.delete(namespace)
    else disk.cursors.set(namespace, value)
  }
  if (changes.forgetNamespace !== undefined) forgetNamespace(disk, changes.forgetNamespace)
}

function enqueue(disk: Disk, entry: NewOutboxEntry): void {
  for (const [seq, other] of disk.outbox) {
    const isSame = other.kind !== 'delete' && entry.kind === other.kind && entry.forwardId === other.forwardId
    if (isSame) disk.outbox.delete(seq)
  }
  disk.seq += 1
  disk.outbox.set(disk.seq, { ...entry, seq: disk.seq, at: new Date().toISOString() })
}

function forget(disk: Disk, forwardId: string): void {
  disk.forwards.delete(forwardId)
  for (const [seq, entry] of disk.outbox) {
    if (entry.kind !== 'delete' && entry.forwardId === forwardId) disk.outbox.delete(seq)
  }
  for (const [id, conflict] of disk.conflicts) if (conflict.forwardId === forwardId) disk.conflicts.delete(id)
}

function forgetNamespace(disk: Disk, namespace: string): void {
  for (const [id, { binding }] of disk.forwards) if (binding?.namespace === namespace) forget(disk, id)
  for (const [seq, entry] of disk.outbox) if (entry.namespace === namespace) disk.outbox.delete(seq)
  for (const [id, conflict] of disk.conflicts) if (conflict.namespace === namespace) disk.conflicts.delete(id)
  disk.cursors.delete(namespace)
}
