/**
 * The memory that relayed bytes pass through.
 *
 * Idle connections have none: all read into one buffer, which is handed on before the next read. What the kernel does not take at
 * once is copied, before it is written, to memory that may stay. An end that fills the shared buffer gets a big one of its own,
 * and gives it back when it is quiet.
 */

/** What is read at once by default; also what a stalled receiver holds at most. */
export const SHARED_BYTES = 16 * 1024
export const BULK_BYTES = 256 * 1024
/** 64 MiB: beyond it bulk goes through the shared buffer, which costs a copy. */
const MAX_BULK_BUFFERS = 256
/** Kept for the next that need one. */
const SPARE_BULK_BUFFERS = 4

/** Read into by every end that has none of its own. */
export const sharedBuffer = Buffer.allocUnsafeSlow(SHARED_BYTES)

/** The first `length` bytes of the shared buffer, where they may stay if {@link keepCopy} says so before the next call. */
export function copyOfShared(length: number): Buffer {
  if (length <= SMALL_BYTES) {
    small.set(viewOfShared(length), 0)
    return (smallViews[length] ??= small.subarray(0, length))
  }
  if (slabUsed + length > SLAB_BYTES) newSlab()
  const copy = slab.subarray(slabUsed, slabUsed + length)
  copy.set(length === SHARED_BYTES ? sharedBuffer : sharedBuffer.subarray(0, length), 0)
  return copy
}

/** The last copy is still in use: its memory is left to whoever has it. */
export function keepCopy(copy: Buffer): void {
  if (copy.length > SMALL_BYTES) {
    slabUsed += copy.length
    return
  }
  small = Buffer.allocUnsafeSlow(SMALL_BYTES)
  smallViews = []
}

/** A buffer for somebody who moves much, or `null` when there are enough. */
export function takeBulkBuffer(): Buffer | null {
  if (bulkInUse >= MAX_BULK_BUFFERS) return null
  bulkInUse += 1
  return spareBulk.pop() ?? Buffer.allocUnsafeSlow(BULK_BYTES)
}

/** `null`: it is still being written, and goes when that is over. */
export function giveBulkBuffer(buffer: Buffer | null): void {
  bulkInUse -= 1
  if (buffer !== null && spareBulk.length < SPARE_BULK_BUFFERS) spareBulk.push(buffer)
}

// --- internal ---

/** Requests and answers of most protocols; for these nothing is allocated at all. */
const SMALL_BYTES = 2048
const SLAB_BYTES = 64 * 1024

let small = Buffer.allocUnsafeSlow(SMALL_BYTES)
/** Of `small`, by length. */
let smallViews: Buffer[] = []
const sharedViews: Buffer[] = []
let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
let slabUsed = 0
const spareBulk: Buffer[] = []
let bulkInUse = 0

function viewOfShared(length: number): Buffer {
  return (sharedViews[length] ??= sharedBuffer.subarray(0, length))
}

function newSlab(): void {
  slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  slabUsed = 0
}
