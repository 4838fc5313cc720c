/** What each forward and relay moved, in memory: since it was made, and by hour and day what is not saved yet. */
import type { ByteCount } from '@shared/traffic'
import { DAYS_LOADED, type SavedSlot, type SavedTraffic, type SlotFile, type TrafficDelta } from '../store/index'
import { bucketAt, dayOf, monthOf, type Bucket } from './_calendar'

/** What the engine says: all since it was made. */
export interface EngineTotals {
  readonly bytesUp: number
  readonly bytesDown: number
  readonly totalConnections: number
}

/** Bytes and connections. */
interface Count {
  up: number
  down: number
  connections: number
}

export interface AccountUsage {
  readonly today: ByteCount
  readonly month: ByteCount
  readonly ever: ByteCount
  readonly connections: number
}

export interface Accounts {
  /** Opens the account of an owner; what the engine said of it so far is not counted again. */
  readonly open: (id: string, engineTotals: EngineTotals) => void
  /** It was removed: what its last connections moved is still booked, and when it comes back the engine counts from nothing. */
  readonly remove: (id: string) => void
  readonly has: (id: string) => boolean
  /** Books what is new. Unknown owners are not kept. Returns whether there was anything. */
  readonly moved: (id: string, totals: EngineTotals) => boolean
  readonly usage: (id: string) => AccountUsage | null
  /** Bytes of one day, and of the month that this day is in. */
  readonly usedOn: (id: string, day: string) => { readonly day: ByteCount; readonly month: ByteCount }
  /** Takes what is not saved; what could not be saved is given back. */
  readonly take: () => readonly TrafficDelta[]
  readonly giveBack: (deltas: readonly TrafficDelta[]) => void
  readonly hasUnsaved: () => boolean
  /** What could not be saved, and stays. */
  readonly unsaved: () => readonly TrafficDelta[]
}

export interface AccountsOptions {
  readonly now: () => number
  readonly saved: SavedTraffic
  /** What the slot file knows; it may be ahead of SQLite, never behind what was saved but for a power failure. */
  readonly slots: readonly SavedSlot[]
  /** Where the totals are written at once; asked at each turn, since the file may not be there. */
  readonly slotFile: () => SlotFile | null
}

export function createAccounts(options: AccountsOptions): Accounts {
  const { now } = options
  const accounts = new Map<string, OwnerAccount>()
  const unsaved = new Map<string, Mutable<TrafficDelta>>()
  let dirty: OwnerAccount[] = []
  let bucket = bucketAt(now())

  const add = (delta: TrafficDelta): void => {
    const key = `${delta.hour} ${delta.day} ${delta.ownerId}`
    const row = unsaved.get(key)
    if (row === undefined) unsaved.set(key, { ...delta })
    else {
      row.up += delta.up
      row.down += delta.down
      row.connections += delta.connections
    }
  }
  const book = (account: OwnerAccount, into: Bucket): void => {
    const { up, down, connections } = account.news()
    if (up === 0 && down === 0 && connections === 0) return
    account.settle(into.day)
    add({ ownerId: account.id, hour: into.hour, day: into.day, up, down, connections })
  }
  const bookAll = (): void => {
    for (const account of dirty) {
      account.isDirty = false
      book(account, bucket)
    }
    dirty = []
  }
  /** What moved before the hour or day turned, or the clock was set, belongs to where it was. */
  const turn = (at: number): void => {
    if (at >= bucket.begin && at < bucket.end) return
    bookAll()
    bucket = bucketAt(at)
  }
  const note = (account: OwnerAccount, at: number): void => {
    const file = options.slotFile()
    if (file !== null) {
      // A place of a file that is gone is none.
      if (account.file !== file) {
        account.file = file
        account.place = file.place(account.id)
      }
      if (account.place !== null) file.put(account.place, account.ever, at)
    }
    if (account.isDirty) return
    account.isDirty = true
    dirty.push(account)
  }
  const find = (id: string): OwnerAccount => {
    const known = accounts.get(id)
    if (known !== undefined) return known
    const account = new OwnerAccount(id)
    accounts.set(id, account)
    return account
  }

  for (const row of options.saved.counters) find(row.ownerId).begin(row)
  for (const { ownerId, day, up, down } of options.saved.days) find(ownerId).addDay(day, { up, down })
  for (const slot of options.slots) {
    const account = find(slot.ownerId)
    account.raise(slot)
    book(account, bucketAt(slot.time))
  }

  return {
    open: (id, totals) => find(id).follow(totals),
    remove: (id) => accounts.get(id)?.unfollow(),
    has: (id) => accounts.get(id)?.isOpen === true,
    moved: (id, totals) => {
      const account = accounts.get(id)
      if (account?.isOpen !== true) return false
      const at = now()
      turn(at)
      if (!account.count(totals)) return false
      note(account, at)
      return true
    },
    usage: (id) => {
      const account = accounts.get(id)
      if (account === undefined) return null
      const at = now()
      turn(at)
      bookAll()
      const { up, down, connections } = account.ever
      const { day, month } = account.usedOn(dayOf(at))
      return { today: day, month, ever: { up, down }, connections }
    },
    usedOn: (id, day) => {
      turn(now())
      bookAll()
      return find(id).usedOn(day)
    },
    take: () => {
      turn(now())
      bookAll()
      const deltas = [...unsaved.values()]
      unsaved.clear()
      return deltas
    },
    giveBack: (deltas) => {
      for (const delta of deltas) add(delta)
    },
    hasUnsaved: () => unsaved.size > 0 || dirty.length > 0,
    unsaved: () => [...unsaved.values()],
  }
}

// --- internal ---

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const nothing: ByteCount = { up: 0, down: 0 }

class OwnerAccount {
  readonly ever: Count = { up: 0, down: 0, connections: 0 }
  isOpen = false
  isDirty = false
  file: SlotFile | null = null
  place: number | null = null
  private isRemoved = false
  /** How much of `ever` is booked to an hour and a day. */
  private readonly booked: Count = { up: 0, down: 0, connections: 0 }
  /** What the engine said last. */
  private readonly said: Mutable<EngineTotals> = { bytesUp: 0, bytesDown: 0, totalConnections: 0 }
  /** The newest: of this month at least. */
  private readonly days = new Map<string, { up: number; down: number }>()

  constructor(readonly id: string) {}

  /** What SQLite knows. */
  begin({ up, down, connections }: Count): void {
    Object.assign(this.ever, { up, down, connections })
    Object.assign(this.booked, { up, down, connections })
  }

  /** What the slot file knows beyond that: counts only grow, so the larger one is the newer one. */
  raise({ up, down, connections }: Readonly<Count>): void {
    this.ever.up = Math.max(this.ever.up, up)
    this.ever.down = Math.max(this.ever.down, down)
    this.ever.connections = Math.max(this.ever.connections, connections)
  }

  follow({ bytesUp, bytesDown, totalConnections }: EngineTotals): void {
    if (this.isOpen && !this.isRemoved) return
    this.isOpen = true
    this.isRemoved = false
    Object.assign(this.said, { bytesUp, bytesDown, totalConnections })
  }

  unfollow(): void {
    this.isRemoved = true
  }

  /** Whether anything is new. Totals that went down are those of an engine's new beginning. */
  count({ bytesUp, bytesDown, totalConnections }: EngineTotals): boolean {
    const { said, ever } = this
    const isNew = bytesUp < said.bytesUp || bytesDown < said.bytesDown || totalConnections < said.totalConnections
    const up = isNew ? bytesUp : bytesUp - said.bytesUp
    const down = isNew ? bytesDown : bytesDown - said.bytesDown
    const connections = isNew ? totalConnections : totalConnections - said.totalConnections
    if (up === 0 && down === 0 && connections === 0) return false
    ever.up += up
    ever.down += down
    ever.connections += connections
    said.bytesUp = bytesUp
    said.bytesDown = bytesDown
    said.totalConnections = totalConnections
    return true
  }

  news(): Count {
    const { ever, booked } = this
    return {
      up: ever.up - booked.up,
      down: ever.down - booked.down,
      connections: ever.connections - booked.connections,
    }
  }

  settle(day: string): void {
    const { up, down } = this.news()
    this.addDay(day, { up, down })
    Object.assign(this.booked, this.ever)
  }

  addDay(day: string, { up, down }: ByteCount): void {
    const known = this.days.get(day)
    if (known === undefined) {
      this.days.set(day, { up, down })
      this.forgetOldDays()
    } else {
      known.up += up
      known.down += down
    }
  }

  /** By number, not by the clock: one that is wrong for a moment must not make a quota begin anew. */
  private forgetOldDays(): void {
    if (this.days.size < 2 * DAYS_LOADED) return
    for (const day of [...this.days.keys()].sort().slice(0, -DAYS_LOADED)) this.days.delete(day)
  }

  usedOn(day: string): { day: ByteCount; month: ByteCount } {
    const month = { up: 0, down: 0 }
    for (const [each, { up, down }] of this.days) {
      if (monthOf(each) !== monthOf(day)) continue
      month.up += up
      month.down += down
    }
    return { day: { ...(this.days.get(day) ?? nothing) }, month }
  }
}
