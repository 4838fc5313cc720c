import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readInPlace } from '../../../src/engine/ssh/_gcm-reader'
import type { PacketDecipher, Protocol } from '../../../src/engine/ssh/_protocol'
import { ReceiveSlabs, SendSlabs } from '../../../src/engine/ssh/_slabs'

const MEBIBYTE = 1024 * 1024

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

/** Reads until the slab has changed at least once; every byte read is `mark`. */
function read(slabs: ReceiveSlabs, mark: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let bytes = 0; bytes < MEBIBYTE; bytes += chunks.at(-1)?.length ?? 0) {
    const room = slabs.room()
    room.fill(mark)
    chunks.push(slabs.filled(room.length))
  }
  return chunks
}

describe('memory to read into', () => {
  it('is used again when a turn has passed', async () => {
    const slabs = new ReceiveSlabs()
    const seen = new Set<ArrayBufferLike>()
    for (let round = 0; round < 20; round += 1) {
      for (const { buffer } of read(slabs, round)) seen.add(buffer)
      await turn()
    }
    expect(seen.size).toBeLessThanOrEqual(3)
  })

  it('is not written again within the turn in which it was filled', () => {
    const slabs = new ReceiveSlabs()
    const rounds = [1, 2, 3, 4, 5].map((mark) => ({ mark, chunks: read(slabs, mark) }))
    for (const { mark, chunks } of rounds)
      for (const chunk of chunks) expect(chunk.every((byte) => byte === mark)).toBe(true)
  })

  it('is never written again when somebody keeps it', async () => {
    const slabs = new ReceiveSlabs()
    const kept = read(slabs, 7)
    slabs.keep()
    for (let round = 0; round < 10; round += 1) {
      await turn()
      read(slabs, 9)
    }
    for (const chunk of kept) expect(chunk.every((byte) => byte === 7)).toBe(true)
  })
})

describe('memory to send from', () => {
  it('stays as it is while the socket is not idle', () => {
    const slabs = new SendSlabs()
    const sent: Buffer[] = []
    for (let mark = 0; mark < 40; mark += 1) {
      if (!slabs.fits(100_000)) slabs.change(false)
      slabs.add(slabs.room(100_000).fill(mark))
      sent.push(slabs.take())
    }
    for (const [mark, chunk] of sent.entries()) expect(chunk.every((byte) => byte === mark)).toBe(true)
  })

  it('takes in what was built elsewhere', () => {
    const slabs = new SendSlabs()
    slabs.add(Buffer.from('one'))
    slabs.add(slabs.room(3).fill('2'))
    expect(slabs.ready).toBe(6)
    expect(slabs.take().toString()).toBe('one222')
    expect(slabs.ready).toBe(0)
  })
})

/** Packets in the clear: what is tested is where they begin and end. */
class AESGCMDecipherBinding implements PacketDecipher {
  inSeqno = 0
  readonly _instance = { decrypt: () => undefined }
  _onPayload: (payload: Buffer) => unknown
  decrypt: PacketDecipher['decrypt'] = () => {
    throw new Error('The native loop must not run')
  }
  constructor(onPayload: (payload: Buffer) => unknown) {
    this._onPayload = onPayload
  }
}

function readerOf(onPayload: (payload: Buffer) => unknown): AESGCMDecipherBinding {
  const protocol = { _decipher: undefined } as Pick<Protocol, '_decipher'> as Protocol
  readInPlace(protocol)
  const decipher = new AESGCMDecipherBinding(onPayload)
  protocol._decipher = decipher
  return decipher
}

function packetOf(payload: Buffer): Buffer {
  const bare = 1 + payload.length
  const padding = 16 - (bare % 16)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bare + padding)
  head[4] = padding
  return Buffer.concat([head, payload, Buffer.alloc(padding), Buffer.alloc(16)])
}

describe('packets read where they lie', () => {
  const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 8 })
  const cuts = fc.array(fc.nat(400), { maxLength: 12 })

  it('are whole however the stream is cut, side by side in memory or not', () => {
    fc.assert(
      fc.property(payloads, cuts, fc.boolean(), (texts, sizes, apart) => {
        const got: string[] = []
        const reader = readerOf((payload) => void got.push(payload.toString('hex')))
        const stream = Buffer.concat(texts.map((text) => packetOf(Buffer.from(text))))
        for (let at = 0; at < stream.length;) {
          const size = Math.max(1, sizes.shift() ?? stream.length)
          const chunk = stream.subarray(at, at + size)
          reader.decrypt(apart ? Buffer.from(chunk) : chunk, 0, chunk.length)
          at += chunk.length
        }
        expect(got).toEqual(texts.map((text) => Buffer.from(text).toString('hex')))
        expect(reader.inSeqno).toBe(texts.length)
      }),
    )
  })

  it('hand the rest of a chunk back when new keys take over, counted from its own beginning', () => {
    const first = packetOf(Buffer.from('new keys'))
    const stream = Buffer.concat([first, Buffer.from('with the new key')])
    for (const cut of [0, 3, 10, first.length]) {
      const reader = readerOf(() => false)
      if (cut > 0 && cut < first.length) expect(reader.decrypt(stream.subarray(0, cut), 0, cut)).toBeUndefined()
      const from = cut === first.length ? 0 : cut
      const chunk = stream.subarray(from)
      expect(reader.decrypt(chunk, 0, chunk.length)).toBe(first.length - from)
    }
  })

  it('are refused when their length cannot be one', () => {
    for (const length of [0, 15, 17, 35_008, 0xffff_ffff]) {
      const bad = Buffer.alloc(64)
      bad.writeUInt32BE(length)
      expect(() => readerOf(() => undefined).decrypt(bad, 0, bad.length)).toThrow('Bad packet length')
    }
    const padded = packetOf(Buffer.from('x'))
    padded[4] = 200
    expect(() => readerOf(() => undefined).decrypt(padded, 0, padded.length)).toThrow('Bad padding length')
  })
})
