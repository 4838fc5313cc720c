/** Writing no faster than the limits of a connection let pass. */
import type { Duplex } from 'node:stream'
import type { Flow } from '../traffic'
import { writeAll } from './_stream-reader'

export interface Pace {
  /** Asked at each piece: limits change. */
  readonly flow: () => Flow | null
  readonly onBytes: (bytes: number) => void
}

/** Writes all of it, piece by piece, and waits until the stream takes more; `false` when it is gone. */
export async function writePaced(stream: Duplex, bytes: Buffer, { flow, onBytes }: Pace): Promise<boolean> {
  let rest = bytes
  while (rest.length > 0) {
    const limit = flow()
    const may = limit === null ? rest.length : limit.take(rest.length)
    if (may > 0) {
      onBytes(may)
      if (!(await writeAll(stream, rest.subarray(0, may)))) return false
      rest = rest.subarray(may)
    } else if (limit !== null && !(await turn(stream, limit))) return false
  }
  return true
}

// --- internal ---

/** Resolves in its fair turn, or with `false` when the stream is closed before. */
function turn(stream: Duplex, limit: Flow): Promise<boolean> {
  if (stream.destroyed) return Promise.resolve(false)
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('close', done)
      resolve(!stream.destroyed)
    }
    stream.on('close', done)
    limit.await({ granted: done })
  })
}
