/** What a change of the cloud means for this machine: which forwards, servers, names and ports. Decides; writes nothing. */
import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CloudField, CloudFields } from '@shared/cloud-views'
import { listenEndpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'
import { forwardDraftSchema, type ForwardSpec, type ServerSpec } from '@shared/specs'
import { defaultOverrides, isSameServer, type Binding, type ReplicaChanges } from '@sync'
import type { Catalog } from '../catalog'
import type { CloudTransaction, SavedBinding } from '../store/index'
import type { Book } from './book'
import { fieldsOf, NO_SECRETS, secretsOf, specWith, withoutExposure } from './fields'
import { lostSpace, type Lost } from './_lost'
import { createNameGiver, createPortGiver, type NameGiver, type PortGiver } from './_names'
import { portFor } from './_ports'
import { createServerFinder, type ServerFinder } from './_servers'

export interface PlanOptions {
  readonly catalog: Catalog
  readonly book: Book
  readonly now: () => number
}

/** One thing that a person may want to know. */
export interface News {
  readonly kind: 'added' | 'changed' | 'removed'
  readonly spec: ForwardSpec
  readonly namespace: Binding['namespace']
  readonly notes: readonly string[]
}

export interface Plan {
  readonly transaction: CloudTransaction
  readonly arrived: readonly ForwardSpec[]
  readonly changed: readonly ForwardSpec[]
  readonly removed: readonly string[]
  readonly goneServers: readonly string[]
  readonly news: readonly News[]
  /** A team that is not this account's any more. */
  readonly lost: Lost | null
  /** Forwards whose view is another one. */
  readonly touched: ReadonlySet<string>
}

export async function planChanges(changes: ReplicaChanges, options: PlanOptions): Promise<Plan> {
  const planner = new Planner(options)
  planner.leave(changes)
  await planner.save(changes.save ?? [])
  await planner.arrive(changes.arrive ?? [])
  for (const binding of changes.bindings ?? []) planner.bind(binding)
  return planner.finish(changes)
}

// --- internal ---

type Saved = NonNullable<ReplicaChanges['save']>[number]
type Arriving = NonNullable<ReplicaChanges['arrive']>[number]

const bareForward = forwardDraftSchema.parse({ name: 'x', type: 'dynamic', serverId: 'x' })

class Planner {
  private readonly at: string
  private readonly names: NameGiver
  private readonly ports: PortGiver
  private readonly servers: ServerFinder
  private readonly gone = new Map<string, ForwardSpec>()
  private readonly unbound = new Set<string>()
  private readonly done = new Set<number>()
  private readonly settled: string[] = []
  private readonly arrived: ForwardSpec[] = []
  private readonly changed: ForwardSpec[] = []
  private readonly bindings = new Map<string, SavedBinding>()
  private readonly left = new Set<string>()
  private readonly news: News[] = []
  private readonly touched = new Set<string>()
  private lost: Lost | null = null

  constructor(private readonly options: PlanOptions) {
    const { catalog, now } = options
    this.at = new Date(now()).toISOString()
    this.names = createNameGiver(catalog)
    this.ports = createPortGiver(catalog, (id) => this.gone.has(id))
    this.servers = createServerFinder(catalog, this.names, this.at)
  }

  /** What goes away or is shared no more: it makes room for what comes. */
  leave({ release = [], remove = [], forgetNamespace }: ReplicaChanges): void {
    const { book } = this.options
    for (const id of release) this.unbind(id)
    for (const id of remove) this.remove(id)
    if (forgetNamespace === undefined) return
    this.lost = lostSpace(forgetNamespace, this.options)
    for (const { forwardId } of book.bindings(forgetNamespace)) this.remove(forwardId)
    for (const { seq } of book.outbox(forgetNamespace)) this.done.add(seq)
    this.settled.push(...book.conflicts(forgetNamespace).map(({ id }) => id))
  }

  async save(all: readonly Saved[]): Promise<void> {
    const { catalog } = this.options
    const here = all.filter(({ binding }) => catalog.hasForward(binding.forwardId))
    for (const { binding, fields } of here) {
      const { name } = catalog.forward(binding.forwardId).spec
      if (!binding.overrides.includes('name') && name !== fields.name) this.names.free(binding.forwardId)
    }
    for (const one of here) {
      await this.saveOne(one)
      await nextTurn()
    }
  }

  /** Thousands of them must not hold up what flows. */
  async arrive(all: readonly Arriving[]): Promise<void> {
    for (const one of all) {
      await this.arriveOne(one)
      await nextTurn()
    }
  }

  bind(binding: Binding): void {
    const before = this.bindings.get(binding.forwardId) ?? this.options.book.binding(binding.forwardId)
    // Removed here while the server was asked: what waits in the outbox says so.
    if (before === null || this.gone.has(binding.forwardId) || this.unbound.has(binding.forwardId)) return
    this.put({ ...before, ...binding })
  }

  finish(changes: ReplicaChanges): Plan {
    const { book } = this.options
    const goneServers = this.unusedServers()
    const { namespace, value } = changes.cursor ?? { namespace: null, value: null }
    const space = changes.cursor === undefined ? null : book.space(namespace)
    const spaces = changes.cursor === undefined ? [] : [{ ...(space ?? bareSpace(namespace)), cursor: value }]
    const removed = [...this.gone.keys()]
    const settled = [...this.settled, ...(changes.settled ?? [])]
    for (const { forwardId } of changes.conflicts ?? []) if (forwardId !== null) this.touched.add(forwardId)
    for (const conflict of book.conflicts()) {
      if (conflict.forwardId !== null && settled.includes(conflict.id)) this.touched.add(conflict.forwardId)
    }
    return {
      transaction: {
        servers: this.servers.made(),
        forwards: [...this.changed, ...this.arrived],
        deleted: { forwards: removed, servers: goneServers, at: this.at },
        bindings: [...this.bindings.values()],
        unbound: [...this.unbound],
        done: [...this.done, ...(changes.done ?? [])],
        outbox: book.stamp(changes.outbox ?? []),
        conflicts: changes.conflicts ?? [],
        settled,
        spaces,
        spacesGone: changes.forgetNamespace === undefined ? [] : [changes.forgetNamespace],
        madeServers: this.servers.made().map(({ id }) => id),
      },
      arrived: this.arrived,
      changed: this.changed,
      removed,
      goneServers,
      // Of a team that is lost one line tells all.
      news: this.news.filter(
        ({ kind, namespace: of }) => this.lost === null || kind !== 'removed' || of !== this.lost.namespace,
      ),
      lost: this.lost,
      touched: this.touched,
    }
  }

  private put(binding: SavedBinding): void {
    this.bindings.set(binding.forwardId, binding)
    this.touched.add(binding.forwardId)
  }

  private unbind(forwardId: string): void {
    const { book } = this.options
    if (book.binding(forwardId) === null) return
    this.unbound.add(forwardId)
    this.touched.add(forwardId)
    for (const { seq } of book.entriesOf(forwardId)) this.done.add(seq)
  }

  private remove(forwardId: string): void {
    const { book, catalog } = this.options
    const namespace = book.binding(forwardId)?.namespace ?? null
    this.unbind(forwardId)
    if (!catalog.hasForward(forwardId) || this.gone.has(forwardId)) return
    const { spec } = catalog.forward(forwardId)
    this.gone.set(forwardId, spec)
    this.names.free(forwardId)
    this.left.add(spec.serverId)
    this.news.push({ kind: 'removed', spec, namespace, notes: [] })
  }

  private async saveOne({ binding, fields }: Saved): Promise<void> {
    const { catalog, book } = this.options
    const { spec: before } = catalog.forward(binding.forwardId)
    const known = book.binding(binding.forwardId)
    const saved: SavedBinding = {
      ...binding,
      secrets: secretsOf(fields),
      remappedFrom: known?.remappedFrom ?? null,
      toldRunning: known?.toldRunning ?? false,
    }
    const isOtherKind = before.type !== fields.type && !binding.overrides.includes('type')
    const values = isOtherKind ? withoutExposure(fields, binding.namespace) : fields
    const overrides = new Set(isOtherKind ? ownKinds(binding, fields) : binding.overrides)
    // Of another kind the values of now mean nothing: the suggestion is taken once.
    const held = new Set(isOtherKind ? binding.overrides.filter((name) => !LOCAL_SIDE.has(name)) : overrides)
    const notes: string[] = []
    const server = this.serverFor(before, { binding, values, overrides: held })
    if (server === null) return this.refuse(saved, 'its server address cannot be used here')
    this.ownLogin(server, { values, namespace: binding.namespace, overrides })
    let { remappedFrom } = saved
    const name = this.nameFor(binding, { wanted: fields.name, overrides, held })
    const ported = await portFor(this.ports, binding.forwardId, { values, before, held, isArriving: isOtherKind })
    if (ported.remapped !== null) {
      overrides.add(ported.remapped.field)
      remappedFrom = ported.remapped.from
      notes.push(ported.remapped.note)
    }
    const taken = { ...values, ...ported.values, name }
    const keep = [...held].filter((one) => one !== 'name')
    const spec = specWith(before, taken, { overrides: keep, serverId: server.id, at: this.at })
    if (spec === null) return this.refuse(saved, 'what the cloud says of it makes no forward here')
    this.put({ ...saved, overrides: [...overrides], remappedFrom })
    if (isSame(before, spec)) return
    if (before.serverId !== spec.serverId) this.left.add(before.serverId)
    this.ports.take(listenOf(spec), spec.id)
    this.changed.push(spec)
    this.news.push({ kind: 'changed', spec, namespace: binding.namespace, notes })
  }

  private async arriveOne({ binding, fields }: Arriving): Promise<void> {
    const { namespace } = binding
    const values = withoutExposure(fields, namespace)
    const forwardId = randomUUID()
    const overrides = new Set(defaultOverrides(fields.type, namespace))
    const server = this.servers.forArrival(values, namespace)
    if (server === null) throw unusable(fields.name, 'its server address cannot be used here')
    this.ownLogin(server, { values, namespace, overrides })
    const held = new Set<CloudField>()
    const name = this.nameFor({ forwardId, namespace }, { wanted: fields.name, overrides, held })
    const ported = await portFor(this.ports, forwardId, { values, before: null, held, isArriving: true })
    if (ported.remapped !== null) overrides.add(ported.remapped.field)
    const stamps = { createdAt: this.at, updatedAt: this.at }
    const bare: ForwardSpec = { ...bareForward, id: forwardId, serverId: server.id, ...stamps }
    const taken = { ...values, ...ported.values, name }
    const spec = specWith(bare, taken, { overrides: [], serverId: server.id, at: this.at })
    if (spec === null) throw unusable(fields.name, 'what the cloud says of it makes no forward here')
    this.ports.take(listenOf(spec), forwardId)
    this.arrived.push(spec)
    this.put({
      ...{ ...binding, forwardId, overrides: [...overrides], secrets: secretsOf(fields) },
      ...{ remappedFrom: ported.remapped?.from ?? null, toldRunning: false },
    })
    const notes = ported.remapped === null ? [] : [ported.remapped.note]
    this.news.push({ kind: 'added', spec, namespace, notes })
  }

  private serverFor(
    before: ForwardSpec,
    { binding, values, overrides }: { binding: Binding; values: CloudFields; overrides: ReadonlySet<CloudField> },
  ): ServerSpec | null {
    const now = this.options.catalog.server(before.serverId)
    const here = fieldsOf(before, now, NO_SECRETS)
    const isPersonal = binding.namespace === null
    const wanted = {
      ...values,
      serverAddress: overrides.has('serverAddress') ? here.serverAddress : values.serverAddress,
      username: isPersonal && !overrides.has('username') ? values.username : here.username,
    }
    const isThere = isSameServer(here.serverAddress, wanted.serverAddress)
    if (isThere && (!isPersonal || wanted.username === null || wanted.username === here.username)) return now
    return this.servers.forMove(now, wanted, binding.namespace)
  }

  /** A server that was here has the login that the person wrote. */
  private ownLogin(
    server: ServerSpec,
    { values, namespace, overrides }: { values: CloudFields; namespace: string | null; overrides: Set<CloudField> },
  ): void {
    if (namespace === null && server.username !== values.username) overrides.add('username')
  }

  private nameFor(
    { forwardId, namespace }: Pick<Binding, 'forwardId' | 'namespace'>,
    about: { wanted: string; overrides: Set<CloudField>; held: ReadonlySet<CloudField> },
  ): string {
    const { catalog, book } = this.options
    if (about.held.has('name')) return catalog.forward(forwardId).spec.name
    const name = this.names.give(forwardId, about.wanted.trim(), book.space(namespace)?.name ?? 'Personal')
    if (name !== about.wanted.trim()) about.overrides.add('name')
    return name
  }

  private refuse(binding: SavedBinding, why: string): void {
    const { catalog } = this.options
    const { name } = catalog.forward(binding.forwardId).spec
    const refused = new WarrenError('cloud.refused', `${name} is not changed on this machine: ${why}.`, {
      fix: 'Edit it here or there.',
    }).toFault()
    this.put({ ...binding, refused })
  }

  /** Servers that came with forwards go with the last of them. */
  private unusedServers(): readonly string[] {
    const { catalog, book } = this.options
    const candidates = [...this.left].filter((id) => book.isMade(id))
    if (candidates.length === 0) return []
    const moved = new Map(this.changed.map((spec) => [spec.id, spec.serverId]))
    const used = new Set<string>(this.arrived.map(({ serverId }) => serverId))
    for (const { spec } of catalog.forwards()) {
      if (!this.gone.has(spec.id)) used.add(moved.get(spec.id) ?? spec.serverId)
    }
    for (const server of catalog.servers()) for (const hop of server.jump) used.add(hop)
    return candidates.filter((id) => !used.has(id))
  }
}

/** It is named as one that is left alone; a row that went by in silence would never come again. */
function unusable(name: string, why: string): WarrenError {
  return new WarrenError('spec.invalid', `${name} cannot be had on this machine: ${why}.`)
}

const LOCAL_SIDE: ReadonlySet<CloudField> = new Set(['localHost', 'localPort', 'bindAddress', 'bindPort'])

/** The own fields of a forward that is of another kind now. */
function ownKinds(binding: Binding, fields: CloudFields): readonly CloudField[] {
  const kept = binding.overrides.filter((name) => !LOCAL_SIDE.has(name))
  return [...new Set([...kept, ...defaultOverrides(fields.type, binding.namespace)])]
}

function listenOf(spec: ForwardSpec): ReturnType<typeof listenEndpoint> {
  return spec.type === 'remote' ? { path: '' } : listenEndpoint(spec)
}

function isSame(one: ForwardSpec, other: ForwardSpec): boolean {
  const plain = (spec: ForwardSpec): string => JSON.stringify(Object.entries({ ...spec, updatedAt: '' }).sort())
  return plain(one) === plain(other)
}

function bareSpace(namespace: string | null): { namespace: string | null; name: string; role: 'owner' | 'user' } {
  return { namespace, name: namespace === null ? 'Personal' : 'Team', role: namespace === null ? 'owner' : 'user' }
}
