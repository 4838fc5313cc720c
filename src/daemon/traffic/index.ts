/** The books: what every forward and relay moved, by hour and day, its ended connections and its quota. See docs/traffic.md. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Clock, Engine, EnginePorts } from '@engine'
import { toFault, WarrenError } from '@shared/errors'
import type { Limits } from '@shared/limits'
import type { EndedConnection, TrafficRow, Usage } from '@shared/traffic'
import type { Activity } from '../activity'
import {
  createSlotFile,
  readSlotFile,
  storeFault,
  type LedgerHook,
  type SlotFile,
  type SlotFileContent,
  type Store,
} from '../store/index'
import type { Warnings } from '../warnings'
import { createAccounts, type EngineTotals } from './_accounts'
import { createEndedQueue } from './_history'
import { createLiveBook } from './_live'
import { createQuotas, type Quotas } from './_quotas'
import { readRows, type RowsQuery } from './_rows'
import { createWriter } from './_writer'

const SLOT_FILE = 'traffic.slots'
const BOOKS_ID = 'traffic.books'

type TrafficPort = NonNullable<EnginePorts['traffic']>

/** A saved forward or relay; of ad hoc ones no books are kept. */
export interface Owner {
  readonly id: string
  readonly kind: 'forward' | 'relay'
  readonly name: string
  readonly limits: Limits | null
}

export interface Books {
  readonly port: TrafficPort
  /** The engine is there: live connections are noted, budgets are given. */
  readonly attach: (engine: Engine) => void
  /** After each `engine.define` of a forward or relay that is saved: opens its account, and gives its budget when its quota is new. */
  readonly define: (owner: Owner) => void
  /** After `engine.remove`. What it moved stays. */
  readonly remove: (ownerId: string) => void
  /** Throws `spec.not-found`. */
  readonly usage: (ownerId: string) => Usage
  readonly rows: (query: RowsQuery) => Promise<readonly TrafficRow[]>
  /** Newest first. */
  readonly history: (query: { id: string | null; limit: number }) => Promise<readonly EndedConnection[]>
  /** Resolves when all that is known now is saved, or could not be (which is a warning). Never rejects. */
  readonly flush: () => Promise<void>
  /** The clock may have jumped, or the machine slept. */
  readonly look: () => void
  /** After `engine.close`, before the store closes. */
  readonly close: () => Promise<void>
}

export interface BooksOptions {
  readonly store: Store
  /** The data folder. */
  readonly home: string
  readonly clock: Clock
  readonly warnings: Pick<Warnings, 'tolerate' | 'add'>
  readonly log: (message: string) => void
  /** Where a used-up quota that only slows down is told; one that stops is told by whoever follows the states. */
  readonly activity?: Pick<Activity, 'add'> | undefined
  /** Other books that follow the same bytes. */
  readonly hooks?: readonly LedgerHook[]
}

/**
 * Opens the books, and brings what an earlier daemon wrote last into SQLite.
 *
 * Rejects only when SQLite cannot be read. What cannot be written is a warning, and is tried again.
 */
export async function openBooks(options: BooksOptions): Promise<Books> {
  const { store, clock, warnings } = options
  const { now } = clock
  const saved = await store.loadTraffic()
  const books = await booksId(options)
  const path = join(options.home, SLOT_FILE)
  const left = books === null ? noSlots : readLeft(options, path, books)
  const slots = createSlots(options, { path, books })
  const accounts = createAccounts({ now, saved, slots: left.slots, slotFile: slots.file })
  const ended = createEndedQueue()
  const run = randomUUID()
  let engine: Engine | null = null
  let quotas: Quotas | null = null
  const live = createLiveBook({ run, isKept: accounts.has, connections: () => engine?.connections() ?? [] })
  const writer = createWriter({
    ...{ store, clock, warnings, accounts, ended, live, run },
    ...{ hooks: options.hooks ?? [], tellSlotFault: slots.tellFault },
  })
  await writer.flush({ isDurable: true })
  // Slots that SQLite could not take stay in the file.
  slots.open(accounts.hasUnsaved() ? left.slots : [])
  slots.tellFault()
  if (accounts.hasUnsaved()) writer.arm()

  const names = new Map(saved.names)
  const kinds = new Map<string, Owner['kind']>()
  const moved: TrafficPort['moved'] = (ownerId, totals) => {
    if (accounts.moved(ownerId, totals)) writer.arm()
  }
  /** What the engine counted and did not tell yet. */
  const ask = (ownerId: string): Snapshot | null => {
    const kind = kinds.get(ownerId)
    if (engine === null || kind === undefined) return null
    try {
      return kind === 'relay' ? engine.relays.snapshot(ownerId) : engine.snapshot(ownerId)
    } catch {
      // It is being removed: what it moved last is told by the engine itself.
      return null
    }
  }
  const catchUp = (ownerId: string): void => {
    const totals = ask(ownerId)
    if (totals !== null) moved(ownerId, totals)
  }
  /** Asks the engine for what it did not tell yet, and saves it all. */
  const flush = (): Promise<void> => {
    for (const ownerId of kinds.keys()) catchUp(ownerId)
    return writer.flush()
  }
  const tellSlow = (ownerId: string): void => {
    const notice = ask(ownerId)?.notice ?? null
    if (notice === null || quotas?.isSlowing(ownerId) !== true) return
    const subject = names.get(ownerId) ?? ownerId
    const message = `${notice}.`
    options.activity?.add({ kind: 'changed', forwardId: ownerId, subject, message, code: 'limit.quota' })
  }
  const stops: (() => void)[] = []
  return {
    port: {
      moved,
      ended: (connection) => {
        if (!accounts.has(connection.ownerId)) return
        ended.add(connection)
        writer.arm()
      },
    },
    attach: (made) => {
      engine = made
      quotas = createQuotas({
        clock,
        engine: made,
        used: (ownerId, day) => {
          catchUp(ownerId)
          return accounts.usedOn(ownerId, day)
        },
      })
      const stop = made.onChange((event) => {
        // One that only waits, without a byte, is noted too.
        if (event.kind === 'connections' && accounts.has(event.forwardId)) writer.arm()
        if (event.kind === 'budget') tellSlow(event.id)
      })
      stops.push(stop)
    },
    define: ({ id, kind, name, limits }) => {
      kinds.set(id, kind)
      accounts.open(id, ask(id) ?? { bytesUp: 0, bytesDown: 0, totalConnections: 0 })
      if (names.get(id) !== name) {
        names.set(id, name)
        writer.rename(id, name)
      }
      quotas?.set(id, limits)
    },
    remove: (ownerId) => {
      kinds.delete(ownerId)
      quotas?.remove(ownerId)
      accounts.remove(ownerId)
    },
    usage: (ownerId) => {
      catchUp(ownerId)
      const usage = accounts.usage(ownerId)
      if (usage === null) {
        throw new WarrenError('spec.not-found', `There is no forward or relay ${ownerId}.`, { field: 'ids' })
      }
      return { id: ownerId, ...usage, quota: quotas?.usage(ownerId) ?? null }
    },
    rows: async (query) => {
      for (const ownerId of query.id === null ? kinds.keys() : [query.id]) catchUp(ownerId)
      await writer.flush()
      return readRows({ store, unsaved: accounts.unsaved(), names }, query)
    },
    history: async ({ id, limit }) => {
      await flush()
      const waiting = ended.list().filter(({ ownerId }) => id === null || id === ownerId)
      const older = await store.trafficHistory({ ownerId: id, limit })
      return [...waiting.reverse(), ...older].slice(0, limit)
    },
    flush,
    look: () => quotas?.look(),
    close: async () => {
      for (const stop of stops) stop()
      quotas?.close()
      await writer.close()
      slots.close()
    },
  }
}

// --- internal ---

type Snapshot = EngineTotals & { readonly notice: string | null }

const noSlots: SlotFileContent = { slots: [], damaged: 0, isForeign: false }

/** Ties the slot file to these books; `null` while that cannot be saved, and then there is no slot file. */
async function booksId({ store, warnings }: BooksOptions): Promise<string | null> {
  const known = await store.getMeta(BOOKS_ID)
  if (known !== null) return known
  const books = randomUUID()
  return warnings.tolerate(async () => {
    await store.setMeta(BOOKS_ID, books)
    return books
  })
}

function readLeft({ home, warnings, log }: BooksOptions, path: string, books: string): SlotFileContent {
  try {
    const left = readSlotFile(path, books)
    if (left.damaged === 0 && !left.isForeign) return left
    const what = left.isForeign ? 'The file' : `Part of the file (${left.damaged} of its entries)`
    const message = `${what} ${path} is damaged: of what was moved last before the end, up to a minute may not be counted.`
    warnings.add({ ...toFault(new WarrenError('store.damaged', message, { field: path })) })
    return left
  } catch (error) {
    log(`${path} cannot be read: ${String(error)}`)
    warnings.add(toFault(storeFault(error, home)))
    return noSlots
  }
}

interface Slots {
  readonly file: () => SlotFile | null
  readonly open: (kept: SlotFileContent['slots']) => void
  /** Warns when it cannot be written; tries again to open one that could not be. */
  readonly tellFault: () => void
  readonly close: () => void
}

/** Without the file everything goes on; a `kill -9` then costs up to a second. */
function createSlots({ home, warnings }: BooksOptions, place: { path: string; books: string | null }): Slots {
  let file: SlotFile | null = null
  let fault: unknown = null
  let isOpen = false
  const open: Slots['open'] = (kept) => {
    if (place.books === null) return
    isOpen = true
    try {
      file = createSlotFile(place.path, place.books, kept)
      fault = null
    } catch (error) {
      fault = error
    }
  }
  return {
    file: () => file,
    open,
    tellFault: () => {
      if (isOpen && file === null) open([])
      const now = file === null ? fault : file.fault()
      if (now !== null) warnings.add(toFault(storeFault(now, home)))
    },
    close: () => {
      file?.close()
      file = null
      isOpen = false
    },
  }
}
