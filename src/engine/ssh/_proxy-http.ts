/** HTTP CONNECT (RFC 9110 §9.3.6), by hand: one request, one response head, then the bytes are ours. */
import type { Socket } from 'node:net'
import { WarrenError } from '@shared/errors'
import type { ProxyAddress } from '@shared/proxy-url'
import { loginRefused, ProxyRefusal, type ProxyTarget } from './_proxy-refusal'

const MAX_RESPONSE_BYTES = 16 * 1024
const FORBIDDEN = 403
const PROXY_AUTHENTICATION_REQUIRED = 407

/** Resolves when the proxy is connected; the socket's next bytes are the server's. */
export async function requestHttp(socket: Socket, proxy: ProxyAddress, { host, port }: ProxyTarget): Promise<void> {
  const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const login = `${proxy.username ?? ''}:${proxy.password ?? ''}`
  const authorization =
    proxy.username === null ? '' : `Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`)
  const head = await readHead(socket)
  const status = /^HTTP\/1\.[01] (\d{3})([^\r\n]*)/.exec(head)
  if (status === null) throw new ProxyRefusal('it does not speak HTTP', 'Is it a SOCKS proxy?')
  const code = Number(status[1])
  if (code >= 200 && code <= 299) return
  if (code === PROXY_AUTHENTICATION_REQUIRED) throw otherLogin(proxy, head) ?? loginRefused(proxy)
  throw new ProxyRefusal(
    `it answered ${code}${printable(status[2] ?? '')}`,
    code === FORBIDDEN
      ? `Many proxies let CONNECT go to port 443 only. Its administrator can allow port ${port}.`
      : 'It cannot reach the server, or does not know its name.',
  )
}

// --- internal ---

/** RFC 9110 §11.7.1: the schemes that the proxy knows; ours is Basic (RFC 7617). */
function otherLogin(proxy: ProxyAddress, head: string): WarrenError | null {
  const schemes = [...head.matchAll(/^proxy-authenticate:[ \t]*([a-z0-9-]+)/gim)].map((match) => match[1] ?? '')
  if (schemes.length === 0 || schemes.some((scheme) => scheme.toLowerCase() === 'basic')) return null
  return new WarrenError(
    'ssh.proxy-auth',
    `The proxy ${proxy.host}:${proxy.port} wants a login by ${schemes.join(' or ')}, and Warren knows Basic only.`,
    { fix: 'Run a helper that logs in for you on this machine, and use that as the proxy.', field: 'proxy' },
  )
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').trimEnd()
}

function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0)
    const stop = (): void => {
      socket.off('readable', read).off('error', fail).off('close', closed)
    }
    const fail = (error: Error): void => {
      stop()
      reject(error)
    }
    const closed = (): void => {
      fail(new Error('it closed the connection'))
    }
    const read = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        head = Buffer.concat([head, chunk])
        const end = head.indexOf('\r\n\r\n')
        if (end >= 0) {
          stop()
          if (end + 4 < head.length) socket.unshift(head.subarray(end + 4))
          resolve(head.toString('latin1', 0, end))
          return
        }
        if (head.length > MAX_RESPONSE_BYTES) {
          fail(new Error('its answer is too long'))
          return
        }
      }
    }
    socket.on('readable', read).on('error', fail).on('close', closed)
  })
}
