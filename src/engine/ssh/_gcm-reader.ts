/**
 * Reads AES-GCM packets (RFC 5647, and aes*-gcm@openssh.com of OpenSSH's PROTOCOL §1.6) where they lie.
 *
 * ssh2's own loop allocates and copies a packet that came in two reads, which is every eighth of a download. Reads follow each
 * other in one slab, so nearly always the second half is right behind the first.
 */
import type { PacketDecipher, Protocol } from './_protocol'
import { view } from './_slabs'

const LENGTH_BYTES = 4
const TAG_BYTES = 16
const BLOCK_BYTES = 16
/** As ssh2: what RFC 4253 §6.1 asks for at least. */
const MAX_PACKET_BYTES = 35_000

/** To be called before the first key exchange; other ciphers stay as they are. */
export function readInPlace(protocol: Protocol): void {
  let decipher = protocol._decipher
  Object.defineProperty(protocol, '_decipher', {
    configurable: true,
    get: () => decipher,
    set: (next: PacketDecipher | undefined) => {
      if (isNativeGcm(next)) next.decrypt = new GcmReader(next).decrypt
      decipher = next
    },
  })
}

// --- internal ---

interface NativeGcmDecipher extends PacketDecipher {
  readonly _instance: { readonly decrypt: (packet: Buffer, length: number, tag: Buffer) => void }
}

function isNativeGcm(decipher: PacketDecipher | undefined): decipher is NativeGcmDecipher {
  return decipher?.constructor.name === 'AESGCMDecipherBinding'
}

class GcmReader {
  /** The beginning of a packet whose end has not come yet. */
  private held: Buffer | null = null

  constructor(private readonly decipher: NativeGcmDecipher) {}

  /** As ssh2 calls it: returns where another decipher has to go on (new keys), or nothing when all is read. */
  readonly decrypt = (data: Buffer, from: number, end: number): unknown => {
    const { decipher, held } = this
    const bytes = held === null ? data : joined(held, view(data, from, end - from))
    // Positions in `bytes` minus `ahead` are positions in `data`.
    const ahead = held === null ? 0 : held.length - from
    const last = end + ahead
    let at = held === null ? from : 0
    this.held = null
    while (last - at >= LENGTH_BYTES) {
      const length = bytes.readUInt32BE(at)
      if (length + LENGTH_BYTES + TAG_BYTES > MAX_PACKET_BYTES || length < BLOCK_BYTES || length % BLOCK_BYTES !== 0) {
        throw new Error(`Bad packet length: ${length}`)
      }
      const next = at + LENGTH_BYTES + length + TAG_BYTES
      if (next > last) break
      const packet = view(bytes, at + LENGTH_BYTES, length)
      decipher._instance.decrypt(packet, length, view(bytes, next - TAG_BYTES, TAG_BYTES))
      decipher.inSeqno = (decipher.inSeqno + 1) >>> 0
      const padding = packet[0] ?? 0
      if (padding >= length) throw new Error(`Bad padding length: ${padding}`)
      at = next
      const result = decipher._onPayload(view(packet, 1, length - 1 - padding))
      if (result !== undefined) return result === false ? at - ahead : result
    }
    if (at < last) this.held = view(bytes, at, last - at)
    return undefined
  }
}

/** Both as one: a view when they lie side by side. */
function joined(first: Buffer, second: Buffer): Buffer {
  const sideBySide = first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset
  return sideBySide ? view(first, 0, first.length + second.length) : Buffer.concat([first, second])
}
