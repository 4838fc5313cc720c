/**
 * The slot file: what every owner moved, up to the last turn of the event loop.
 *
 * Each owner has a slot of fixed size that is overwritten in place, without fsync: the page cache survives the death of the process, so
 * that `kill -9` loses nothing that was written. SQLite follows once a second. A slot carries a check sum, so that one that the power
 * failed in the middle of is noticed; the file names the books it belongs to, so that it is never added to others.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

const SLOT_BYTES = 128
const MAGIC = 'WARRENTRAFFIC001'
const BOOKS_AT = 16
const MAX_BOOKS_BYTES = 64
const UP_AT = 8
const DOWN_AT = 16
const CONNECTIONS_AT = 24
const TIME_AT = 32
const LENGTH_AT = 40
const ID_AT = 42
const MAX_ID_BYTES = SLOT_BYTES - ID_AT
const FIRST_SLOTS = 64
/** Owners at once that are written one by one; more go in one piece with what lies between. */
const FEW = 2

/** Counts since the owner was made. */
export interface SlotValues {
  readonly ownerId: string
  readonly up: number
  readonly down: number
  readonly connections: number
}

export interface SavedSlot extends SlotValues {
  readonly place: number
  /** Milliseconds, when it was written. */
  readonly time: number
}

export interface SlotFileContent {
  readonly slots: readonly SavedSlot[]
  /** Slots whose check sum does not fit. */
  readonly damaged: number
  /** Not a slot file at all. */
  readonly isForeign: boolean
}

export interface SlotFile {
  /** A place for this owner, or `null` when its id is too long for one. */
  readonly place: (ownerId: string) => number | null
  /** Notes what was moved; it is in the file when the running turn of the event loop goes on. Never throws. */
  readonly put: (place: number, values: Omit<SlotValues, 'ownerId'>, time: number) => void
  /** The place is free again. */
  readonly release: (place: number) => void
  /** Writes what is noted now. */
  readonly write: () => void
  /** What the last write met; `null` when it went well. Everything is written again after a failure. */
  readonly fault: () => unknown
  readonly close: () => void
}

/** Reads what an earlier process left. A file of other books, or none, is empty; throws only what the system says about reading it. */
export function readSlotFile(path: string, books: string): SlotFileContent {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return nothing(false)
    throw error
  }
  if (bytes.length === 0) return nothing(false)
  const header = headerOf(books)
  if (bytes.length < SLOT_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return nothing(true)
  if (!bytes.subarray(0, SLOT_BYTES).equals(header)) return nothing(false)
  const slots: SavedSlot[] = []
  let damaged = 0
  for (let at = SLOT_BYTES; at < bytes.length; at += SLOT_BYTES) {
    const slot = bytes.subarray(at, at + SLOT_BYTES)
    if (slot.every((byte) => byte === 0)) continue
    const saved = slot.length === SLOT_BYTES ? readSlot(slot, at / SLOT_BYTES) : null
    if (saved === null) damaged += 1
    else slots.push(saved)
  }
  return { slots, damaged, isForeign: false }
}

/**
 * Begins the file anew but for the slots that are not in SQLite yet, which keep their places. Throws what the system says about opening
 * it; what it says about writing is told by {@link SlotFile.fault}.
 */
export function createSlotFile(path: string, books: string, kept: readonly SavedSlot[] = []): SlotFile {
  const file = openSync(path, kept.length === 0 ? 'w' : 'r+', 0o600)
  let used = Math.max(0, ...kept.map(({ place }) => place)) + 1
  const free = freePlaces(used, kept)
  let memory = kept.length === 0 ? headerOf(books) : readFileSync(path)
  for (const place of free) memory.fill(0, place * SLOT_BYTES, (place + 1) * SLOT_BYTES)
  const dirty: number[] = []
  const isDirty = new Set<number>()
  let isScheduled = false
  let fault: unknown = null
  let isClosed = false

  const writeAt = (from: number, to: number): void => {
    let at = from
    while (at < to) at += writeSync(file, memory, at, to - at, at)
  }
  const grow = (): void => {
    const larger = Buffer.alloc(Math.max(memory.length * 2, FIRST_SLOTS * SLOT_BYTES))
    memory.copy(larger)
    memory = larger
    // At once, so that a disk that fills up later still has room for every slot.
    attempt(() => writeAt(0, memory.length))
  }
  const attempt = (work: () => void): void => {
    try {
      work()
      fault = null
    } catch (error) {
      fault = error
    }
  }
  const write = (): void => {
    isScheduled = false
    if (isClosed || (dirty.length === 0 && fault === null)) return
    for (const place of dirty) seal(memory, place * SLOT_BYTES)
    const places = dirty.splice(0)
    isDirty.clear()
    attempt(() => {
      if (fault !== null) writeAt(0, memory.length)
      else if (places.length <= FEW) {
        for (const place of places) writeAt(place * SLOT_BYTES, (place + 1) * SLOT_BYTES)
      } else {
        let first = Infinity
        let last = 0
        for (const place of places) {
          first = Math.min(first, place)
          last = Math.max(last, place)
        }
        writeAt(first * SLOT_BYTES, (last + 1) * SLOT_BYTES)
      }
    })
  }
  const note = (place: number): void => {
    if (!isDirty.has(place)) {
      isDirty.add(place)
      dirty.push(place)
    }
    if (isScheduled) return
    isScheduled = true
    // All that were told in this turn go in one piece; a microtask runs before the loop turns.
    queueMicrotask(write)
  }
  grow()
  return {
    place: (ownerId) => {
      const length = Buffer.byteLength(ownerId)
      if (length > MAX_ID_BYTES) return null
      const place = free.pop() ?? used++
      const at = place * SLOT_BYTES
      if (at + SLOT_BYTES > memory.length) grow()
      memory.fill(0, at, at + SLOT_BYTES)
      memory.writeUInt16LE(length, at + LENGTH_AT)
      memory.write(ownerId, at + ID_AT)
      return place
    },
    put: (place, values, time) => {
      const at = place * SLOT_BYTES
      memory.writeDoubleLE(values.up, at + UP_AT)
      memory.writeDoubleLE(values.down, at + DOWN_AT)
      memory.writeDoubleLE(values.connections, at + CONNECTIONS_AT)
      memory.writeDoubleLE(time, at + TIME_AT)
      note(place)
    },
    release: (place) => {
      memory.fill(0, place * SLOT_BYTES, (place + 1) * SLOT_BYTES)
      free.push(place)
      note(place)
    },
    write,
    fault: () => fault,
    close: () => {
      write()
      isClosed = true
      closeSync(file)
    },
  }
}

// --- internal ---

function nothing(isForeign: boolean): SlotFileContent {
  return { slots: [], damaged: 0, isForeign }
}

function freePlaces(end: number, kept: readonly SavedSlot[]): number[] {
  const taken = new Set(kept.map(({ place }) => place))
  return Array.from({ length: end - 1 }, (_, at) => at + 1).filter((place) => !taken.has(place))
}

function headerOf(books: string): Buffer {
  const header = Buffer.alloc(SLOT_BYTES)
  header.write(MAGIC, 'latin1')
  header.write(books.slice(0, MAX_BOOKS_BYTES), BOOKS_AT, 'latin1')
  return header
}

function seal(memory: Buffer, at: number): void {
  const isFree = memory.readUInt16LE(at + LENGTH_AT) === 0
  memory.writeUInt32LE(isFree ? 0 : checkSum(memory, at), at)
}

/** FNV-1a over the words behind the sum (draft-eastlake-fnv): enough to notice a torn write, and 30 steps long. */
function checkSum(memory: Buffer, at: number): number {
  let sum = 0x811c9dc5
  for (let word = at + 4; word < at + SLOT_BYTES; word += 4) {
    sum = Math.imul(sum ^ memory.readUInt32LE(word), 0x01000193)
    sum ^= sum >>> 15
  }
  return sum >>> 0
}

function readSlot(slot: Buffer, place: number): SavedSlot | null {
  const length = slot.readUInt16LE(LENGTH_AT)
  if (slot.readUInt32LE(0) !== checkSum(slot, 0) || length === 0 || length > MAX_ID_BYTES) return null
  const saved = {
    place,
    ownerId: slot.toString('utf8', ID_AT, ID_AT + length),
    up: slot.readDoubleLE(UP_AT),
    down: slot.readDoubleLE(DOWN_AT),
    connections: slot.readDoubleLE(CONNECTIONS_AT),
    time: slot.readDoubleLE(TIME_AT),
  }
  const counts = [saved.up, saved.down, saved.connections, saved.time]
  return counts.every((count) => Number.isSafeInteger(count) && count >= 0) ? saved : null
}
