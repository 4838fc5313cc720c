/**
 * Many machines edit the same forwards, online and offline, while servers and machines are killed; then all is held against the ledger of
 * what was edited. The seed decides what is done; when it meets what is the run's.
 */
import { createCloudClient, resolveConflict, type Conflict, type Namespace } from '../../src/sync'
import { startInstances, type Instances } from './_instances'
import { createLedger, editedFields, textOf, type Judgement, type Ledger } from './_ledger'
import { machine, memoryTokens, type Machine } from './_machine'
import { newDisk, someFields, type Disk } from './_replica'

export interface ChaosOptions {
  readonly seed: number
  readonly seconds: number
  readonly people: number
  readonly machinesEach: number
}

export interface ChaosFigures {
  readonly seed: number
  readonly seconds: number
  readonly machines: number
  readonly instances: number
  readonly kills: number
  readonly cuts: number
  readonly crashes: number
  readonly offline: number
  readonly conflictsDecided: number
  /** With the inboxes as they were when the edits ended. */
  readonly first: Judgement & { readonly inInboxes: number }
  /** After every conflict was decided. */
  readonly last: Judgement
  readonly forwards: number
  readonly doubled: readonly string[]
  readonly missing: readonly string[]
  /** Replicas that are not as the server; empty when all are equal. */
  readonly unequal: readonly string[]
  readonly settleSeconds: number
}

const SETTLE_ROUNDS = 40
const DECIDE_ROUNDS = 30
const PAUSE_MS = 250

export async function runChaos(options: ChaosOptions): Promise<ChaosFigures> {
  const instances = await startInstances(3, { WARREN_CLOUD_TOKEN_SECONDS: '60' })
  const desks: Desk[] = []
  try {
    const random = seeded(options.seed)
    const world: World = { instances, random, ledger: createLedger(), count: newCount(), value: 0 }
    await makePeople(world, options, desks)
    for (const desk of desks) open(desk)
    await play(world, desks, options.seconds)
    return await settle(world, { desks, options })
  } finally {
    await Promise.all(desks.map(shut))
    await instances.close()
  }
}

// --- internal ---

interface World {
  readonly instances: Instances
  readonly random: () => number
  readonly ledger: Ledger
  readonly count: Count
  /** Makes every value of an edit another one. */
  value: number
}
interface Count {
  kills: number
  cuts: number
  crashes: number
  offline: number
  decided: number
}
interface Desk {
  readonly name: string
  readonly person: number
  readonly url: string
  readonly disk: Disk
  readonly tokens: ReturnType<typeof memoryTokens>
  readonly namespaces: readonly Namespace[]
  /** `null` while it is off: edits go on, on its disk. */
  machine: Machine | null
  isChanging: boolean
}

function newCount(): Count {
  return { kills: 0, cuts: 0, crashes: 0, offline: 0, decided: 0 }
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function pick<T>({ random }: Pick<World, 'random'>, all: readonly T[]): T {
  const found = all[Math.floor(random() * all.length)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

async function makePeople(
  { instances: { url } }: World,
  { people, machinesEach }: ChaosOptions,
  desks: Desk[],
): Promise<void> {
  const client = (tokens: ReturnType<typeof memoryTokens>, name: string): ReturnType<typeof createCloudClient> =>
    createCloudClient({ url, tokens, device: { id: name, name } })
  const email = (person: number): string => `person-${person}@example.com`
  let team: string | null = null
  for (let person = 0; person < people; person += 1) {
    const tokens = memoryTokens(null)
    const own = client(tokens, `person-${person}`)
    const who = { email: email(person), password: 'secret123' }
    await own.register({ ...who, username: `person-${person}`, invitation: null })
    if (team === null) team = (await own.teams.create('ops')).id
    else {
      const owner = desks[0]
      if (owner === undefined) throw new Error('nobody owns the team')
      const { link } = await client(owner.tokens, 'owner').teams.invite(team, { role: 'developer', days: 1 })
      await own.teams.join(new URL(link ?? '').hash.slice(1))
    }
    for (let index = 0; index < machinesEach; index += 1) {
      const name = `${person}-${index}`
      const kept = memoryTokens(null)
      await client(kept, name).login(who)
      desks.push({
        ...{ name, person, url, disk: newDisk(), tokens: kept, namespaces: [null, team] },
        ...{ machine: null, isChanging: false },
      })
    }
  }
}

function open(desk: Desk): void {
  const { url, disk, name, tokens } = desk
  const systemClock = {
    now: () => Date.now(),
    after: (ms: number, task: () => void) => {
      const timer = setTimeout(task, ms)
      return () => clearTimeout(timer)
    },
  }
  const made = machine({ url, disk, name, tokens, token: '', clock: systemClock, pollSeconds: 5, timeoutMs: 5000 })
  made.replica.onEdit = () => made.sync.look()
  desk.machine = made
  made.sync.begin()
}

async function shut(desk: Desk): Promise<void> {
  const { machine: made } = desk
  desk.machine = null
  await made?.close()
}

async function play(world: World, desks: readonly Desk[], seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1000
  const busy = new Set<Promise<void>>()
  const aside = (work: Promise<void>): void => {
    const tracked = work.finally(() => busy.delete(tracked))
    busy.add(tracked)
  }
  let nextKill = Date.now() + 2000
  while (Date.now() < until) {
    if (Date.now() >= nextKill) {
      nextKill = Date.now() + 1500 + world.random() * 4000
      aside(harm(world))
    }
    const desk = pick(world, desks)
    if (!desk.isChanging) await act(world, desk, aside)
    await pause(10 + world.random() * 50)
  }
  await Promise.all(busy)
}

async function harm(world: World): Promise<void> {
  const { instances, count, random } = world
  // The first one is a kill: a short run has few, and one without any proves nothing.
  if (random() < 0.2 && count.kills > 0) {
    count.cuts += 1
    instances.balancer.cut()
    return
  }
  const victim = Math.floor(random() * instances.count)
  if (!instances.isUp(victim)) return
  count.kills += 1
  await instances.kill(victim)
  await pause(300 + random() * 2500)
  await instances.start(victim)
}

async function act(world: World, desk: Desk, aside: (work: Promise<void>) => void): Promise<void> {
  const dice = world.random()
  if (dice < 0.03) aside(goAway(world, desk))
  else if (dice < 0.06) aside(crash(world, desk))
  else if (dice < 0.12) await decideOne(world, desk)
  else handle(world, desk, world.random())
}

/** Off for a while; what is edited meanwhile is on its disk. */
async function goAway(world: World, desk: Desk): Promise<void> {
  desk.isChanging = true
  world.count.offline += 1
  await shut(desk)
  desk.isChanging = false
  await pause(500 + world.random() * 6000)
  if (desk.machine === null) open(desk)
}

/** One of the next writes breaks, and the machine is killed. */
async function crash(world: World, desk: Desk): Promise<void> {
  if (desk.machine === null) return
  desk.isChanging = true
  world.count.crashes += 1
  desk.machine.replica.breakAt(world.random() < 0.5 ? 'before' : 'after', Math.floor(world.random() * 3))
  await pause(world.random() * 500)
  await shut(desk)
  open(desk)
  desk.isChanging = false
}

/** An edit by hand. */
function handle(world: World, desk: Desk, dice: number): void {
  const replica = replicaOf(desk)
  const shared = [...desk.disk.forwards].filter(([, { binding }]) => binding !== null).map(([id]) => id)
  const { ledger } = world
  if (shared.length < 5 || dice < 0.04) {
    const id = replica.add({ ...someFields, ...newValues(world) }, pick(world, desk.namespaces))
    ledger.made(replica.binding(id).localId, replica.fields(id))
    return
  }
  const id = pick(world, shared)
  const { localId } = replica.binding(id)
  const before = replica.fields(id)
  if (dice < 0.07) {
    ledger.deleted(localId, before)
    replica.remove(id)
  } else if (dice < 0.12) {
    replica.run(id, !(desk.disk.forwards.get(id)?.isWanted ?? false))
  } else {
    const fresh = newValues(world)
    const field = pick(world, editedFields)
    replica.edit(id, { [field]: fresh[field] })
    ledger.edited(localId, before, replica.fields(id))
  }
}

function replicaOf(desk: Desk): Machine['replica'] {
  return desk.machine?.replica ?? offlineReplica(desk)
}

/** The machine without its sync: its disk can be edited. */
function offlineReplica({ disk, url, name }: Desk): Machine['replica'] {
  return machine({ url, token: '', disk, name }).replica
}

function newValues(world: World): Pick<typeof someFields, (typeof editedFields)[number]> {
  const value = ++world.value
  return {
    ...{ name: `n${value}`, description: `d${value}`, tags: [`t${value}`], remoteHost: `h${value}.example` },
    ...{ remotePort: 1 + (value % 65_000), serverAddress: `s${value}.example` },
  }
}

async function decideOne(world: World, desk: Desk): Promise<void> {
  const conflicts = [...desk.disk.conflicts.values()]
  if (conflicts.length > 0) await decide(world, desk, pick(world, conflicts))
}

async function decide(world: World, desk: Desk, conflict: Conflict): Promise<void> {
  const { ledger, random, count } = world
  const replica = replicaOf(desk)
  const whole = random() < 0.5 ? 'mine' : 'theirs'
  const choice =
    conflict.kind === 'edited' && random() < 0.5
      ? {
          fields: Object.fromEntries(
            conflict.fields.map((name) => [name, random() < 0.5 ? 'mine' : 'theirs'] as const),
          ),
        }
      : whole
  // A machine that is about to break does so in a round, not under the hand of a person.
  replica.breakAt('before', Number.MAX_SAFE_INTEGER)
  await replica.transact((state) => {
    const now = desk.disk.conflicts.get(conflict.id)
    if (now === undefined || now.kind !== conflict.kind || now.fields.length !== conflict.fields.length) {
      return { changes: {}, result: null }
    }
    const mine = now.forwardId === null ? null : (state.byForward(now.forwardId)?.fields ?? null)
    const resolved = resolveConflict(state, now.id, choice)
    count.decided += 1
    const [saved] = resolved.changes.save ?? []
    if (now.kind === 'edited' && saved !== undefined && mine !== null && now.theirs !== null) {
      ledger.edited(now.localId, mine, saved.fields)
      ledger.edited(now.localId, now.theirs, saved.fields)
    } else if (now.kind === 'deleted-there' && whole === 'theirs' && mine !== null) ledger.deleted(now.localId, mine)
    else if (now.kind === 'deleted-here' && whole === 'mine' && now.theirs !== null) {
      ledger.deleted(now.localId, now.theirs)
    }
    return resolved
  })
  replica.onEdit()
}

async function settle(
  world: World,
  { desks, options }: { readonly desks: readonly Desk[]; readonly options: ChaosOptions },
): Promise<ChaosFigures> {
  const { instances, ledger, count } = world
  const began = Date.now()
  for (let index = 0; index < instances.count; index += 1) await instances.start(index)
  for (const desk of desks) if (desk.machine === null) open(desk)
  await quiet(desks)
  const first = await judge(world, desks)
  const inInboxes = desks.reduce((sum, { disk }) => sum + disk.conflicts.size, 0)
  for (let round = 0; round < DECIDE_ROUNDS && desks.some(({ disk }) => disk.conflicts.size > 0); round += 1) {
    for (const desk of desks) for (const one of [...desk.disk.conflicts.values()]) await decide(world, desk, one)
    await quiet(desks)
  }
  const last = await judge(world, desks)
  const { rows, unequal } = await compare(desks)
  const localIds = rows.map(({ localId }) => localId ?? '')
  const conflicted = new Set(desks.flatMap(({ disk }) => [...disk.conflicts.values()].map(({ localId }) => localId)))
  return {
    ...{ seed: options.seed, seconds: options.seconds, machines: desks.length, instances: instances.count },
    ...{ kills: count.kills, cuts: count.cuts, crashes: count.crashes, offline: count.offline },
    conflictsDecided: count.decided,
    first: { ...first, inInboxes },
    last,
    forwards: rows.length,
    doubled: localIds.filter((localId, index) => localIds.indexOf(localId) !== index),
    missing: [...ledger.births()].filter(
      (localId) => !localIds.includes(localId) && !ledger.wasDeleted(localId) && !conflicted.has(localId),
    ),
    unequal: [...unequal, ...[...conflicted].map((localId) => `${localId} is undecided`)],
    settleSeconds: (Date.now() - began) / 1000,
  }
}

/** Until nobody has anything to send but what waits for a decision, and a whole round changed nothing. */
async function quiet(desks: readonly Desk[]): Promise<void> {
  let before = ''
  for (let round = 0; round < SETTLE_ROUNDS; round += 1) {
    const outcomes = await Promise.allSettled(desks.map(async (desk) => desk.machine?.sync.syncNow()))
    const now = JSON.stringify(desks.map(({ disk }) => [...disk.forwards, ...disk.conflicts, ...disk.outbox]))
    if (now === before && outcomes.every(({ status }) => status === 'fulfilled')) return
    before = now
    await pause(PAUSE_MS)
  }
  throw new Error('the machines do not come to rest')
}

async function judge(world: World, desks: readonly Desk[]): Promise<Judgement> {
  const held = new Set<string>()
  const { rows } = await compare(desks)
  for (const { localId, fields } of rows) {
    for (const field of editedFields) held.add(`${localId} ${field} ${textOf(fields[field])}`)
  }
  for (const { disk } of desks) {
    for (const { localId, mine, theirs, forwardId } of disk.conflicts.values()) {
      const here = forwardId === null ? null : (disk.forwards.get(forwardId)?.fields ?? null)
      for (const side of [mine, theirs, here]) {
        if (side !== null) for (const field of editedFields) held.add(`${localId} ${field} ${textOf(side[field])}`)
      }
    }
  }
  return world.ledger.judge((localId, field, value) => held.has(`${localId} ${field} ${value}`))
}

type Row = Awaited<ReturnType<Machine['client']['list']>>['rows'][number]

/** What the server has, and where a replica differs from it but for what waits for a decision. */
async function compare(
  desks: readonly Desk[],
): Promise<{ readonly rows: readonly Row[]; readonly unequal: readonly string[] }> {
  const lists = new Map<string, readonly Row[]>()
  const unequal: string[] = []
  for (const desk of desks) {
    for (const namespace of desk.namespaces) {
      const key = namespace ?? `person ${desk.person}`
      const rows = lists.get(key) ?? (await desk.machine?.client.list(namespace))?.rows ?? []
      lists.set(key, rows)
      unequal.push(...differences(desk, namespace, rows))
    }
  }
  return { rows: [...lists.values()].flat(), unequal }
}

function differences({ disk, name }: Desk, namespace: Namespace, rows: readonly Row[]): readonly string[] {
  const open = new Set([...disk.conflicts.values()].map(({ localId }) => localId))
  const mine = [...disk.forwards.values()].filter(({ binding }) => binding?.namespace === namespace)
  const byLocalId = new Map(mine.map(({ binding, fields }) => [binding?.localId ?? '', fields]))
  const found = rows.flatMap(({ localId, fields }) => {
    if (localId === null || open.has(localId)) return []
    const here = byLocalId.get(localId)
    if (here === undefined) return [`${name} lacks ${localId}`]
    const wrong = editedFields.filter((field) => textOf(here[field]) !== textOf(fields[field]))
    return wrong.map(
      (field) => `${name} has ${field} ${textOf(here[field])} for ${textOf(fields[field])} of ${localId}`,
    )
  })
  const there = new Set(rows.map(({ localId }) => localId))
  const extra = [...byLocalId.keys()].filter((localId) => !there.has(localId) && !open.has(localId))
  const waiting = [...disk.outbox.values()].filter(
    (entry) => entry.namespace === namespace && entry.kind !== 'run' && open.size === 0,
  )
  return [
    ...found,
    ...extra.map((localId) => `${name} has ${localId} too much`),
    ...waiting.map(({ kind }) => `${name} has a ${kind} that waits`),
  ]
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
