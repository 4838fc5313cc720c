/** The client's half of SOCKS 4, 4a (Ying-Da Lee) and 5 (RFC 1928, RFC 1929), for one CONNECT. */
import { lookup } from 'node:dns/promises'
import { isIP, isIPv4, type Socket } from 'node:net'
import type { ProxyAddress } from '@shared/proxy-url'
import { ipv6Bytes } from './_ipv6-bytes'
import { loginRefused, ProxyRefusal, type ProxyTarget } from './_proxy-refusal'

const CONNECT = 1
const NO_LOGIN = 0
const PASSWORD_LOGIN = 2
const NO_METHOD = 0xff
const IPV4 = 1
const NAME = 3
const IPV6 = 4

/** Resolves when the proxy is connected; the socket's next bytes are the server's. Names are resolved by the proxy, except by SOCKS 4. */
export function requestSocks(socket: Socket, proxy: ProxyAddress, target: ProxyTarget): Promise<void> {
  return proxy.scheme.startsWith('socks4') ? request4(socket, proxy, target) : request5(socket, proxy, target)
}

// --- internal ---

async function request4(socket: Socket, proxy: ProxyAddress, { host, port }: ProxyTarget): Promise<void> {
  const user = Buffer.from(`${proxy.username ?? ''}\0`)
  const isName = isIP(host) === 0
  const byName = isName && proxy.scheme === 'socks4a'
  const address = isName && !byName ? (await lookup(host, { family: 4 })).address : host
  if (!byName && !isIPv4(address)) {
    throw new ProxyRefusal('SOCKS 4 knows no IPv6 addresses', 'Use socks5:// if the proxy speaks it.')
  }
  // 4a: an impossible address 0.0.0.x says that a name follows.
  const bytes = byName ? [0, 0, 0, 1] : ipv4Bytes(address)
  const name = byName ? Buffer.from(`${host}\0`) : Buffer.alloc(0)
  socket.write(Buffer.concat([Buffer.from([4, CONNECT, ...portBytes(port), ...bytes]), user, name]))
  const reply = await readExactly(socket, 8)
  if (reply[0] !== 0)
    throw new ProxyRefusal('it does not speak SOCKS 4', 'Is it an HTTP proxy, or does it speak SOCKS 5?')
  switch (reply[1]) {
    case 90:
      return
    case 92:
    case 93:
      throw loginRefused(proxy)
    default:
      throw new ProxyRefusal('it refused or failed to connect', 'SOCKS 4 does not say why; its log does.')
  }
}

async function request5(socket: Socket, proxy: ProxyAddress, target: ProxyTarget): Promise<void> {
  const methods = proxy.username === null ? [NO_LOGIN] : [NO_LOGIN, PASSWORD_LOGIN]
  socket.write(Buffer.from([5, methods.length, ...methods]))
  const [version, method] = await readExactly(socket, 2)
  if (version !== 5)
    throw new ProxyRefusal('it does not speak SOCKS 5', 'Is it an HTTP proxy, or does it speak SOCKS 4?')
  if (method === NO_METHOD || (method === PASSWORD_LOGIN && proxy.username === null)) throw loginRefused(proxy)
  if (method === PASSWORD_LOGIN) await logIn(socket, proxy)
  else if (method !== NO_LOGIN) throw new ProxyRefusal('it wants a login that Warren does not know', null)
  socket.write(Buffer.from([5, CONNECT, 0, ...targetBytes(target.host), ...portBytes(target.port)]))
  const head = await readExactly(socket, 4)
  const code = head[1] ?? 1
  if (code !== 0) throw refusal5(code, target)
  await readExactly(socket, (await boundLength(socket, head[3] ?? 0)) + 2)
}

/** RFC 1929. */
async function logIn(socket: Socket, proxy: ProxyAddress): Promise<void> {
  const name = Buffer.from(proxy.username ?? '')
  const password = Buffer.from(proxy.password ?? '')
  socket.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([password.length]), password]))
  const closed = (error: unknown): never => {
    // A proxy that refuses must close (RFC 1929 §2); some do so without a word.
    if (error instanceof EarlyEnd) throw loginRefused(proxy)
    throw error
  }
  const reply = await readExactly(socket, 2).catch(closed)
  if (reply[1] !== 0) throw loginRefused(proxy)
}

async function boundLength(socket: Socket, kind: number): Promise<number> {
  if (kind === IPV4) return 4
  if (kind === IPV6) return 16
  if (kind === NAME) return (await readExactly(socket, 1))[0] ?? 0
  throw new ProxyRefusal('its answer is not SOCKS 5', null)
}

const REASONS: Readonly<Record<number, readonly [what: string, fix: string]>> = {
  1: ['it failed', 'Its log says why.'],
  2: ['its rules forbid it', 'Its administrator can allow it.'],
  3: ['it cannot reach the network', 'Does the server need a jump host behind the proxy?'],
  4: ['it cannot reach the host', 'Is the server up, and does the proxy know its name?'],
  5: ['the connection was refused', 'Is the port right, and is an SSH server running there?'],
  6: ['the connection took too long', 'Is the server up?'],
  7: ['it does not know CONNECT', 'Use another proxy.'],
  8: ['it does not know this kind of address', 'Use a name or an address of the other family.'],
}

function refusal5(code: number, target: ProxyTarget): ProxyRefusal {
  const [what, fix] = REASONS[code] ?? [`it answered with code ${code}`, `Can it reach ${target.host}?`]
  return new ProxyRefusal(what, fix)
}

function targetBytes(host: string): readonly number[] {
  switch (isIP(host)) {
    case 4:
      return [IPV4, ...ipv4Bytes(host)]
    case 6:
      return [IPV6, ...ipv6Bytes(host)]
    default: {
      const name = Buffer.from(host)
      return [NAME, name.length, ...name]
    }
  }
}

function ipv4Bytes(address: string): readonly number[] {
  return address.split('.').map(Number)
}

function portBytes(port: number): readonly [number, number] {
  return [port >> 8, port & 0xff]
}

class EarlyEnd extends Error {}

/** Exactly so many bytes; what follows stays in the socket. The socket must be paused. */
function readExactly(socket: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stop = (settle: () => void): void => {
      socket.off('readable', read).off('error', fail).off('end', ended).off('close', ended)
      settle()
    }
    const fail = (error: Error): void => {
      stop(() => reject(error))
    }
    const ended = (): void => {
      fail(new EarlyEnd('it closed the connection'))
    }
    const read = (): void => {
      const chunk = socket.read(size) as Buffer | null
      // At its end a stream hands over less than was asked for.
      if (chunk !== null)
        stop(chunk.length === size ? () => resolve(chunk) : () => reject(new EarlyEnd('it closed the connection')))
    }
    socket.on('readable', read).on('error', fail).on('end', ended).on('close', ended)
    read()
  })
}
