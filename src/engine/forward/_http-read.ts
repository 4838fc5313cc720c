/** Heads and bodies from a {@link StreamReader}. */
import { BodyMeter } from './_http-body'
import { HttpRefusal, MAX_HEAD_BYTES, type BodyKind } from './_http-head'
import { writePaced, type Pace } from './_pace'
import type { StreamReader } from './_stream-reader'
import type { Duplex } from 'node:stream'

const CR = 0x0d
const LF = 0x0a

/** A head in latin1 without its empty line; `null` when the stream ended first. Throws {@link HttpRefusal} with 400 or 431. */
export async function readHead(reader: StreamReader): Promise<string | null> {
  let text = ''
  for (;;) {
    const chunk = await reader.read()
    if (chunk === null) return null
    const from = Math.max(0, text.length - 3)
    const before = text.length
    text += chunk.toString('latin1')
    // Some clients end a body with an empty line that is not theirs to send (RFC 9112 §2.2).
    const blank = text.startsWith('\r\n') ? 2 : 0
    const end = text.indexOf('\r\n\r\n', Math.max(from, blank))
    if (end >= 0 && end <= MAX_HEAD_BYTES) {
      reader.unread(chunk.subarray(end + 4 - before))
      return text.slice(blank, end)
    }
    // A bare LF may mean that no end will ever come.
    if (hasBareLf(chunk, before === 0 ? null : text.charCodeAt(before - 1))) {
      throw new HttpRefusal(400, 'A line ends with a bare CR or LF.')
    }
    if (text.length > MAX_HEAD_BYTES) throw new HttpRefusal(431, 'The head is too long.')
  }
}

export interface BodyRelay {
  readonly from: StreamReader
  readonly to: Duplex
  readonly body: BodyKind
  readonly pace: Pace
}

/** Passes a body on. `complete`: it was whole; `cut`: its sender broke off; `unwanted`: the receiver is gone. */
export async function relayBody({ from, to, body, pace }: BodyRelay): Promise<'complete' | 'cut' | 'unwanted'> {
  const meter = new BodyMeter(body)
  while (!meter.done) {
    const chunk = await from.read()
    if (chunk === null) return body.kind === 'to-end' && !from.broken ? 'complete' : 'cut'
    const taken = meter.take(chunk)
    from.unread(chunk.subarray(taken))
    if (!(await writePaced(to, chunk.subarray(0, taken), pace))) return 'unwanted'
  }
  return 'complete'
}

// --- internal ---

function hasBareLf(chunk: Buffer, last: number | null): boolean {
  for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
    if ((at === 0 ? last : chunk[at - 1]) !== CR) return true
  }
  return false
}
