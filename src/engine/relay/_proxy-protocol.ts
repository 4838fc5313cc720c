/**
 * The PROXY protocol, versions 1 and 2 (haproxy.org/download/3.0/doc/proxy-protocol.txt): who the client is, said by the hop before.
 *
 * What is read comes from the network: it is bounded, and whatever is not a header is refused at its first wrong byte, so that a
 * client that speaks something else does not wait for a time-out.
 */
import { WarrenError } from '@shared/errors'
import { formatIpv4, formatIpv6, parseIp } from './_ip-address'

export interface ProxyEnd {
  readonly host: string
  readonly port: number
}

/** The ends of the client's connection; both `null` when the header does not tell (LOCAL, UNKNOWN, UNSPEC, Unix sockets). */
export interface ProxyHeader {
  readonly version: 1 | 2
  readonly source: ProxyEnd | null
  readonly destination: ProxyEnd | null
}

/** With both line end bytes (§2.1). */
export const MAX_V1_BYTES = 107
/** Addresses and TLVs of a v2 header. §2.2 asks for 520 at least; client certificates in TLVs take some more. */
export const MAX_V2_PAYLOAD_BYTES = 4096

/** The header for a connection from `source` to `destination`; `null` where the ends are not known. Mixed families go as IPv6. */
export function encodeProxyHeader(
  version: 'v1' | 'v2',
  ends: { readonly source: ProxyEnd; readonly destination: ProxyEnd } | null,
): Buffer {
  const pair = ends === null ? null : binaryPair(ends.source, ends.destination)
  return version === 'v1' ? encodeV1(pair) : encodeV2(pair)
}

/** Reads one header from the begin of a stream, in whatever pieces it comes. */
export class ProxyHeaderReader {
  private held: Buffer = Buffer.alloc(0)

  /**
   * The header and what came after it, or `null` until it is complete. Throws `relay.proxy-header`. It may keep `chunk`'s bytes, not
   * `chunk` itself; `rest` may be a part of `chunk`.
   */
  push(chunk: Buffer): { readonly header: ProxyHeader; readonly rest: Buffer } | null {
    // A copy: the chunk's memory belongs to whoever reads the socket.
    const data = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk])
    const found = data[0] === V2_SIGNATURE[0] ? readV2(data) : readV1(data)
    if (found === null) {
      this.held = Buffer.from(data)
      return null
    }
    return { header: found.header, rest: data.subarray(found.length) }
  }
}

// --- internal ---

const V1_PREFIX = Buffer.from('PROXY ')
const V2_SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a])
const V2_HEAD_BYTES = 16
const CR = 0x0d
const LF = 0x0a
const VERSION_2 = 0x20
const COMMAND_LOCAL = 0
const COMMAND_PROXY = 1
const FAMILY_INET = 1
const FAMILY_INET6 = 2
const TRANSPORT_STREAM = 1
/** The shortest address block of each family (§2.2): none, IPv4, IPv6, two Unix paths. */
const ADDRESS_BYTES = [0, 12, 36, 216] as const
const MAX_TRANSPORT = 2
const MAX_PORT = 65_535
const MAPPED = 0xffffn << 32n

interface Found {
  readonly header: ProxyHeader
  /** Bytes of the header. */
  readonly length: number
}

interface BinaryPair {
  readonly family: 4 | 6
  readonly source: bigint
  readonly destination: bigint
  readonly ports: readonly [number, number]
}

/** `null` for ends that are no addresses. */
function binaryPair(source: ProxyEnd, destination: ProxyEnd): BinaryPair | null {
  const from = parseIp(source.host)
  const to = parseIp(destination.host)
  if (from === null || to === null) return null
  const ports = [source.port, destination.port] as const
  if (from.family === 4 && to.family === 4)
    return { family: 4, source: BigInt(from.value), destination: BigInt(to.value), ports }
  const wide = (ip: typeof from): bigint => (ip.family === 4 ? MAPPED | BigInt(ip.value) : ip.value)
  return { family: 6, source: wide(from), destination: wide(to), ports }
}

function encodeV1(pair: BinaryPair | null): Buffer {
  if (pair === null) return Buffer.from('PROXY UNKNOWN\r\n')
  const text = (value: bigint): string => (pair.family === 4 ? formatIpv4(Number(value)) : formatIpv6(value))
  return Buffer.from(
    `PROXY TCP${pair.family} ${text(pair.source)} ${text(pair.destination)} ${pair.ports[0]} ${pair.ports[1]}\r\n`,
  )
}

function encodeV2(pair: BinaryPair | null): Buffer {
  const width = pair === null ? 0 : pair.family === 4 ? 4 : 16
  const payload = pair === null ? 0 : 2 * width + 4
  const out = Buffer.alloc(V2_HEAD_BYTES + payload)
  V2_SIGNATURE.copy(out)
  out[12] = VERSION_2 | (pair === null ? COMMAND_LOCAL : COMMAND_PROXY)
  out[13] = pair === null ? 0 : ((pair.family === 4 ? FAMILY_INET : FAMILY_INET6) << 4) | TRANSPORT_STREAM
  out.writeUInt16BE(payload, 14)
  if (pair === null) return out
  const digits = (value: bigint): string => value.toString(16).padStart(2 * width, '0')
  out.write(digits(pair.source) + digits(pair.destination), V2_HEAD_BYTES, 'hex')
  out.writeUInt16BE(pair.ports[0], V2_HEAD_BYTES + 2 * width)
  out.writeUInt16BE(pair.ports[1], V2_HEAD_BYTES + 2 * width + 2)
  return out
}

function readV1(data: Buffer): Found | null {
  const known = Math.min(data.length, V1_PREFIX.length)
  if (V1_PREFIX.compare(data, 0, known, 0, known) !== 0) throw refused('it does not begin with PROXY')
  const end = data.subarray(0, MAX_V1_BYTES).indexOf(LF)
  if (end < 0) {
    if (data.length >= MAX_V1_BYTES) throw refused(`its line is longer than ${MAX_V1_BYTES} bytes`)
    return null
  }
  if (data[end - 1] !== CR) throw refused('its line does not end with CR LF')
  const line = data.toString('latin1', V1_PREFIX.length, end - 1)
  return { header: parseV1(line), length: end + 1 }
}

function parseV1(line: string): ProxyHeader {
  // What follows UNKNOWN is to be ignored (§2.1).
  if (line === 'UNKNOWN' || line.startsWith('UNKNOWN ')) return { version: 1, source: null, destination: null }
  const [protocol, source, destination, sourcePort, destinationPort, ...more] = line.split(' ')
  if (protocol !== 'TCP4' && protocol !== 'TCP6') throw refused('its protocol is none of TCP4, TCP6 and UNKNOWN')
  if (more.length > 0) throw refused('its line has too many fields')
  return {
    version: 1,
    source: { host: address(source, protocol), port: port(sourcePort) },
    destination: { host: address(destination, protocol), port: port(destinationPort) },
  }
}

function address(text: string | undefined, protocol: 'TCP4' | 'TCP6'): string {
  const ip = text === undefined || text.includes('%') ? null : parseIp(text)
  if (ip === null || text?.includes(':') !== (protocol === 'TCP6')) throw refused(`it has no ${protocol} address`)
  return ip.family === 4 ? formatIpv4(ip.value) : formatIpv6(ip.value)
}

function port(text: string | undefined): number {
  if (text === undefined || !/^(0|[1-9]\d{0,4})$/.test(text) || Number(text) > MAX_PORT) throw refused('it has no port')
  return Number(text)
}

function readV2(data: Buffer): Found | null {
  const known = Math.min(data.length, V2_SIGNATURE.length)
  if (V2_SIGNATURE.compare(data, 0, known, 0, known) !== 0) throw refused('its signature is wrong')
  if (data.length < V2_HEAD_BYTES) return null
  const [command, family, transport] = [(data[12] ?? 0) & 15, (data[13] ?? 0) >> 4, (data[13] ?? 0) & 15]
  if (((data[12] ?? 0) & 0xf0) !== VERSION_2) throw refused('its version is not 2')
  if (command > COMMAND_PROXY) throw refused('its command is neither LOCAL nor PROXY')
  const addressBytes = ADDRESS_BYTES[family]
  if (addressBytes === undefined || transport > MAX_TRANSPORT) throw refused('its address family is not known')
  const payload = data.readUInt16BE(14)
  if (payload > MAX_V2_PAYLOAD_BYTES) throw refused(`it is longer than ${MAX_V2_PAYLOAD_BYTES} bytes`)
  if (command === COMMAND_PROXY && payload < addressBytes) throw refused('it is too short for its addresses')
  const length = V2_HEAD_BYTES + payload
  if (data.length < length) return null
  const isStream = command === COMMAND_PROXY && transport === TRANSPORT_STREAM
  const inet = isStream && (family === FAMILY_INET || family === FAMILY_INET6)
  const ends = inet ? v2Ends(data, family === FAMILY_INET ? 4 : 16) : { source: null, destination: null }
  return { header: { version: 2, ...ends }, length }
}

/** The TLVs behind the addresses are skipped. */
function v2Ends(data: Buffer, width: 4 | 16): Pick<ProxyHeader, 'source' | 'destination'> {
  const host = (at: number): string => {
    const value = BigInt(`0x${data.toString('hex', at, at + width)}`)
    return width === 4 || value >> 32n === 0xffffn ? formatIpv4(Number(value & 0xffff_ffffn)) : formatIpv6(value)
  }
  const ports = V2_HEAD_BYTES + 2 * width
  return {
    source: { host: host(V2_HEAD_BYTES), port: data.readUInt16BE(ports) },
    destination: { host: host(V2_HEAD_BYTES + width), port: data.readUInt16BE(ports + 2) },
  }
}

function refused(why: string): WarrenError {
  return new WarrenError('relay.proxy-header', `The client sent no PROXY protocol header: ${why}.`, {
    fix: 'Have the proxy before this relay send the header, or turn off that the relay wants one.',
    field: 'acceptProxy',
  })
}
