/**
 * The outgoing half of the SSH socket.
 *
 * Packets are built and encrypted side by side in one slab and leave in one write per turn of the event loop: with many
 * small connections that is one system call, and for the server one read, instead of one per packet.
 */
import { randomFillSync } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { PacketCipher, Protocol } from './_protocol'
import { SendSlabs } from './_slabs'

/** Written at once when this much is ready, so that the server works while we encrypt the rest. */
const FLUSH_BYTES = 128 * 1024
/** More than this in the socket's own queue and channels stop reading from their clients. */
const HIGH_WATER_BYTES = 1024 * 1024
const PADDING_POOL_BYTES = 8 * 1024
const MAC_BYTES = 16
const MIN_PADDING = 4

/** Who waits until the wire takes data again. */
export interface WireWaiter {
  readonly onWritable: () => void
}

export class Wire {
  private readonly slabs = new SendSlabs()
  private scheduled = false
  private nudging = false
  private congested = false
  private waiters: WireWaiter[] = []
  private readonly padding = randomFillSync(Buffer.allocUnsafeSlow(PADDING_POOL_BYTES))
  private paddingUsed = 0

  constructor(
    private readonly socket: Duplex,
    private readonly protocol: Protocol,
  ) {
    this.hookCipher()
    protocol._onWrite = this.wrote
    const disconnect = protocol.disconnect.bind(protocol)
    // ssh2 ends the socket right after this message: it has to be on its way by then.
    protocol.disconnect = (reason) => {
      disconnect(reason)
      this.flush()
    }
    socket.on('drain', this.onDrain)
  }

  /** False while the socket is full or new keys are being exchanged: nothing may be sent on channels then. */
  get ready(): boolean {
    return !this.congested && this.protocol._kexinit === undefined
  }

  waitFor(waiter: WireWaiter): void {
    this.waiters.push(waiter)
  }

  /** To be called when a key exchange is complete. */
  readonly resume = (): void => {
    if (!this.ready || this.waiters.length === 0) return
    const waiting = this.waiters
    this.waiters = []
    for (const waiter of waiting) waiter.onWritable()
  }

  /** Encrypts one CHANNEL_DATA packet (RFC 4254 §5.2) straight from the client's chunk. */
  sendData(remoteId: number, source: Buffer, range: { from: number; length: number }): void {
    const { length, from } = range
    const writer = this.protocol._packetRW.write
    const packet = writer.alloc(9 + length)
    const at = writer.allocStart
    packet[at] = 94
    writeUint32(packet, remoteId, at + 1)
    writeUint32(packet, length, at + 5)
    source.copy(packet, at + 9, from, from + length)
    this.protocol._cipher.encrypt(writer.finalize(packet))
  }

  /**
   * Has an acknowledgement go out with this turn, in an SSH_MSG_IGNORE (RFC 4253 §11.2) if there is nothing else to say.
   *
   * sshd leaves Nagle's algorithm on for connections without a terminal: it holds its next small packet, such as the
   * confirmation of a channel, until the one before is acknowledged, which our kernel would put off for 40 ms.
   */
  nudge(): void {
    if (!this.ready) return
    this.nudging = true
    this.schedule()
  }

  readonly flush = (): void => {
    this.scheduled = false
    if (this.nudging) {
      this.nudging = false
      if (this.slabs.ready === 0 && this.ready) this.sendIgnore()
    }
    if (this.slabs.ready === 0) return
    const ready = this.slabs.take()
    if (!this.socket.writable) return
    if (!this.socket.write(ready) && this.socket.writableLength > HIGH_WATER_BYTES) this.congested = true
  }

  private readonly onDrain = (): void => {
    this.congested = false
    if (this.slabs.ready === 0) this.slabs.change(this.idle())
    this.resume()
  }

  /** The kernel has all that was written. */
  private idle(): boolean {
    return this.socket.writableLength === 0
  }

  private alloc(length: number): Buffer {
    if (!this.slabs.fits(length)) {
      this.flush()
      this.slabs.change(this.idle())
    }
    return this.slabs.room(length)
  }

  private readonly wrote = (data: Buffer): void => {
    if (!this.slabs.fits(data.length)) this.alloc(data.length)
    this.slabs.add(data)
    if (this.slabs.ready >= FLUSH_BYTES) this.flush()
    else this.schedule()
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(this.flush)
  }

  private sendIgnore(): void {
    const writer = this.protocol._packetRW.write
    const packet = writer.alloc(5)
    packet.fill(0, writer.allocStart, writer.allocStart + 5)
    packet[writer.allocStart] = 2
    // What it sets off is written below, by the flush that asked.
    this.scheduled = true
    this.protocol._cipher.encrypt(writer.finalize(packet))
    this.scheduled = false
  }

  /** ssh2 makes a new cipher at each key exchange, so the property is watched. */
  private hookCipher(): void {
    let cipher = this.adopt(this.protocol._cipher)
    Object.defineProperty(this.protocol, '_cipher', {
      configurable: true,
      get: () => cipher,
      set: (next: PacketCipher) => {
        cipher = this.adopt(next)
      },
    })
  }

  private adopt(cipher: PacketCipher): PacketCipher {
    cipher._onWrite = this.wrote
    const block = inPlaceBlockSize(cipher)
    if (block === null) return cipher
    cipher.allocPacket = (payloadLength) => {
      const bare = 1 + payloadLength
      let padding = block - (bare & (block - 1))
      if (padding < MIN_PADDING) padding += block
      const length = bare + padding
      const packet = this.alloc(4 + length + MAC_BYTES)
      writeUint32(packet, length, 0)
      packet[4] = padding
      this.pad(packet, 5 + payloadLength, padding)
      return packet
    }
    return cipher
  }

  /** Padding is random (RFC 4253 §6), drawn from a pool because one draw per packet costs more than the packet. */
  private pad(packet: Buffer, at: number, length: number): void {
    if (this.paddingUsed + length > PADDING_POOL_BYTES) {
      randomFillSync(this.padding)
      this.paddingUsed = 0
    }
    for (let i = 0; i < length; i++) packet[at + i] = this.padding[this.paddingUsed++] ?? 0
  }
}

// --- internal ---

/** Block size of the native ciphers that encrypt a whole packet in place; `null` for all others. */
function inPlaceBlockSize(cipher: PacketCipher): number | null {
  switch (cipher.constructor.name) {
    case 'AESGCMCipherBinding':
      return 16
    case 'ChaChaPolyCipherBinding':
      return 8
    default:
      return null
  }
}

function writeUint32(target: Buffer, value: number, at: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}
