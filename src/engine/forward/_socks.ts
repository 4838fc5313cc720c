/** The server's half of SOCKS 4, 4a and 5 (RFC 1928, RFC 1929) as a parser: bytes in, in whatever pieces; a verdict out. */
import { isLogin, type ProxyLogin } from './_login'

const VERSION_4 = 4
const VERSION_5 = 5
const CONNECT = 1
const NO_AUTHENTICATION = 0
const USERNAME_PASSWORD = 2
const NO_ACCEPTABLE_METHOD = 0xff
const ADDRESS_IPV4 = 1
const ADDRESS_NAME = 3
const ADDRESS_IPV6 = 4
const LOGIN_VERSION = 1
const LOGIN_RIGHT = 0
const LOGIN_WRONG = 1
/** Longest request of a sane client: two NUL-ended texts of 255 bytes and the fixed fields. */
const MAX_REQUEST_BYTES = 1024

/** Reply codes of RFC 1928 §6. */
export const SOCKS_REPLY = {
  granted: 0x00,
  failure: 0x01,
  notAllowed: 0x02,
  hostUnreachable: 0x04,
  refused: 0x05,
  commandNotSupported: 0x07,
  addressTypeNotSupported: 0x08,
} as const
export type SocksReply = (typeof SOCKS_REPLY)[keyof typeof SOCKS_REPLY]

export interface SocksRequest {
  readonly version: 4 | 5
  readonly host: string
  readonly port: number
}

export interface SocksStep {
  /** `more`: wait. `request`: connect. `refuse`: close. Whatever it is, `answer` is sent first. */
  readonly kind: 'more' | 'request' | 'refuse'
  readonly answer: Buffer | null
  readonly request: SocksRequest | null
  /** What the client sent ahead of our reply. */
  readonly rest: Buffer | null
  /** Why it is refused, for the log. */
  readonly message: string | null
}

/** One client's greeting, login and request. `login`: what it must give; `null` lets everybody in. */
export class SocksParser {
  private bytes: Buffer = Buffer.alloc(0)
  private expects: 'greeting' | 'login' | 'request' = 'greeting'

  constructor(private readonly login: ProxyLogin | null = null) {}

  push(chunk: Buffer): SocksStep {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk])
    const [version] = this.bytes
    if (version === undefined) return more()
    switch (this.expects) {
      case 'greeting':
        if (version === VERSION_4) return this.version4()
        return version === VERSION_5 ? this.greeting5() : refuse('neither SOCKS 4 nor SOCKS 5 was spoken')
      case 'login':
        return version === LOGIN_VERSION ? this.login5() : refuse('a SOCKS 5 login of another version')
      case 'request':
        return version === VERSION_5 ? this.request5() : refuse(`a SOCKS ${version} request after a SOCKS 5 greeting`)
    }
  }

  /** VN CD DSTPORT DSTIP USERID NUL; SOCKS 4a adds a name and NUL when DSTIP is 0.0.0.x. */
  private version4(): SocksStep {
    const { bytes } = this
    const userEnd = bytes.length > 8 ? bytes.indexOf(0, 8) : -1
    if (userEnd < 0) return this.incomplete()
    // SOCKS 4 has a name and no password: nobody can log in with it.
    if (this.login !== null) return refuse('SOCKS 4 has no login, and this port asks for one', DIFFERENT_USER_4)
    if (bytes[1] !== CONNECT)
      return refuse('only SOCKS 4 CONNECT is supported', socksAnswer(4, SOCKS_REPLY.commandNotSupported))
    const port = bytes.readUInt16BE(2)
    const named = bytes.readUInt32BE(4) < 256 && bytes[7] !== 0
    if (!named) return this.accept({ version: 4, host: [...bytes.subarray(4, 8)].join('.'), port }, userEnd + 1)
    const nameEnd = bytes.indexOf(0, userEnd + 1)
    if (nameEnd < 0) return this.incomplete()
    return this.accept({ version: 4, host: bytes.toString('latin1', userEnd + 1, nameEnd), port }, nameEnd + 1)
  }

  private greeting5(): SocksStep {
    const count = this.bytes[1]
    if (count === undefined || this.bytes.length < 2 + count) return more()
    const method = this.login === null ? NO_AUTHENTICATION : USERNAME_PASSWORD
    if (!this.bytes.subarray(2, 2 + count).includes(method)) {
      const message = this.login === null ? 'the client insists on a SOCKS login' : 'the client offers no login'
      return refuse(message, Buffer.from([VERSION_5, NO_ACCEPTABLE_METHOD]))
    }
    this.expects = this.login === null ? 'request' : 'login'
    return this.proceed(2 + count, Buffer.from([VERSION_5, method]))
  }

  /** VER ULEN UNAME PLEN PASSWD (RFC 1929 §2). */
  private login5(): SocksStep {
    const { bytes, login } = this
    const nameEnd = 2 + (bytes[1] ?? 0)
    const passwordLength = bytes[nameEnd]
    if (bytes.length < 2 || passwordLength === undefined) return more()
    const end = nameEnd + 1 + passwordLength
    if (bytes.length < end) return more()
    if (login === null || !isLogin(login, bytes.subarray(2, nameEnd), bytes.subarray(nameEnd + 1, end))) {
      return refuse('the login is wrong', Buffer.from([LOGIN_VERSION, LOGIN_WRONG]))
    }
    this.expects = 'request'
    return this.proceed(end, Buffer.from([LOGIN_VERSION, LOGIN_RIGHT]))
  }

  /** Goes on with what came after the first `taken` bytes, which are answered with `answer`. */
  private proceed(taken: number, answer: Buffer): SocksStep {
    const ahead = this.bytes.subarray(taken)
    this.bytes = Buffer.alloc(0)
    const next = this.push(ahead)
    return { ...next, answer: next.answer === null ? answer : Buffer.concat([answer, next.answer]) }
  }

  /** VER CMD RSV ATYP DST.ADDR DST.PORT (RFC 1928 §4). */
  private request5(): SocksStep {
    const { bytes } = this
    if (bytes.length < 5) return more()
    if (bytes[1] !== CONNECT) {
      return refuse('only SOCKS 5 CONNECT is supported', socksAnswer(5, SOCKS_REPLY.commandNotSupported))
    }
    const length = addressLength(bytes)
    if (length === null) return refuse('an unknown address type', socksAnswer(5, SOCKS_REPLY.addressTypeNotSupported))
    const end = 4 + length + 2
    if (bytes.length < end) return more()
    const host = addressAt(bytes, length)
    return this.accept({ version: 5, host, port: bytes.readUInt16BE(4 + length) }, end)
  }

  private accept(request: SocksRequest, end: number): SocksStep {
    if (request.host === '' || /[\s\u0000-\u001f\u007f]/.test(request.host)) {
      return refuse('the host name is not valid', socksAnswer(request.version, SOCKS_REPLY.hostUnreachable))
    }
    const rest = this.bytes.subarray(end)
    return { kind: 'request', answer: null, request, rest: rest.length > 0 ? rest : null, message: null }
  }

  private incomplete(): SocksStep {
    return this.bytes.length > MAX_REQUEST_BYTES ? refuse('the request has no end') : more()
  }
}

/** The reply to a request, as its version wants it; the bound address is not told (RFC 1928 §6 lets it be zero). */
export function socksAnswer(version: 4 | 5, reply: SocksReply): Buffer {
  if (version === 5) return Buffer.from([VERSION_5, reply, 0, ADDRESS_IPV4, 0, 0, 0, 0, 0, 0])
  return Buffer.from([0, reply === SOCKS_REPLY.granted ? GRANTED_4 : REJECTED_4, 0, 0, 0, 0, 0, 0])
}

// --- internal ---

const GRANTED_4 = 0x5a
const REJECTED_4 = 0x5b
/** "User id and identd disagree": of the refusals that SOCKS 4 has, the one about who asks. */
const DIFFERENT_USER_4 = Buffer.from([0, 0x5d, 0, 0, 0, 0, 0, 0])

function more(): SocksStep {
  return { kind: 'more', answer: null, request: null, rest: null, message: null }
}

function refuse(message: string, answer: Buffer | null = null): SocksStep {
  return { kind: 'refuse', answer, request: null, rest: null, message }
}

function addressLength(bytes: Buffer): number | null {
  switch (bytes[3]) {
    case ADDRESS_IPV4:
      return 4
    case ADDRESS_IPV6:
      return 16
    case ADDRESS_NAME:
      return 1 + (bytes[4] ?? 0)
    default:
      return null
  }
}

function addressAt(bytes: Buffer, length: number): string {
  if (length === 4 && bytes[3] === ADDRESS_IPV4) return [...bytes.subarray(4, 8)].join('.')
  if (bytes[3] === ADDRESS_NAME) return bytes.toString('latin1', 5, 4 + length)
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(4 + index * 2).toString(16))
  return groups.join(':')
}
