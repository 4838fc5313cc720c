/** Ways to a server that are not a direct connection: HTTP CONNECT, SOCKS, and a command. */
import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { SocksClient } from 'socks'
import { WarrenError } from '@shared/errors'
import { connectSocket } from './_socket'

const MAX_RESPONSE_BYTES = 16 * 1024
const HTTP_PROXY_AUTHENTICATION_REQUIRED = 407
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80 }
const DEFAULT_SOCKS_PORT = 1080
/** What a host or user may hold when it is put into a command line; OpenSSH refuses the same since 9.6. */
const SAFE_TOKEN = /^[A-Za-z0-9_.:@%+=\-[\]\\]*$/

export interface ProxyRequest {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Connects through `proxy`, a URL. Rejects with `ssh.proxy-failed` or `ssh.proxy-auth`. */
export async function connectThroughProxy(proxy: string, request: ProxyRequest): Promise<Socket> {
  const url = parseProxy(proxy)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? DEFAULT_SOCKS_PORT) : Number(url.port)
  const what = `The proxy ${host}:${port}`
  const deadline = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)])
  const socket = await connectSocket({ ...request, host, port, what }).catch((error: unknown) => {
    request.signal.throwIfAborted()
    throw new WarrenError('ssh.proxy-failed', error instanceof Error ? error.message : what, { cause: error })
  })
  const abort = (): void => {
    socket.destroy(new Error('no answer in time'))
  }
  deadline.addEventListener('abort', abort, { once: true })
  try {
    if (url.protocol === 'http:') await requestConnect(socket, url, request)
    else await requestSocks(socket, url, request)
    socket.pause()
    return socket
  } catch (error) {
    socket.destroy()
    request.signal.throwIfAborted()
    if (error instanceof WarrenError) throw error
    throw new WarrenError('ssh.proxy-failed', `${what} did not connect: ${messageOf(error)}.`, { cause: error })
  } finally {
    deadline.removeEventListener('abort', abort)
  }
}

export interface CommandRequest {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly signal: AbortSignal
  /** A line the command wrote to its standard error. */
  readonly onDiagnostic: (line: string) => void
}

/** Runs a ProxyCommand (ssh_config(5)) through the shell; its standard input and output are the connection. */
export function connectThroughCommand(command: string, request: CommandRequest): Duplex {
  const line = expandCommand(command, request)
  const child = spawn(process.platform === 'win32' ? line : `exec ${line}`, {
    shell: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
  child.on('error', (error) => {
    stream.destroy(
      new WarrenError('ssh.proxy-failed', `The proxy command cannot run: ${error.message}.`, { cause: error }),
    )
  })
  child.stderr.on('data', (text: Buffer) => {
    for (const each of text.toString('utf8').split('\n')) if (each.trim() !== '') request.onDiagnostic(each.trim())
  })
  child.on('exit', (code) => {
    if (code === null || code === 0 || stream.destroyed) return
    stream.destroy(
      new WarrenError('ssh.proxy-failed', `The proxy command ended with status ${code}.`, { field: 'proxyCommand' }),
    )
  })
  stream.on('close', () => {
    child.kill()
  })
  return stream
}

/** Fills in `%h`, `%n`, `%p`, `%r` and `%%`. Rejects values that a shell would read as more than a word. */
export function expandCommand(command: string, values: Pick<CommandRequest, 'host' | 'port' | 'username'>): string {
  return command.replace(/%(.)/g, (_, token: string) => {
    switch (token) {
      case '%':
        return '%'
      case 'h':
      case 'n':
        return safe(values.host, 'host')
      case 'p':
        return String(values.port)
      case 'r':
        return safe(values.username, 'username')
      default:
        throw new WarrenError('spec.invalid', `The proxy command has an unknown token %${token}.`, {
          field: 'proxyCommand',
          fix: 'Known are %h, %n, %p, %r and %%.',
        })
    }
  })
}

// --- internal ---

function safe(value: string, field: string): string {
  if (SAFE_TOKEN.test(value) && !value.startsWith('-')) return value
  throw new WarrenError('spec.invalid', `${value} cannot be put into a proxy command.`, { field })
}

function parseProxy(proxy: string): URL {
  try {
    return new URL(proxy)
  } catch (error) {
    throw new WarrenError('spec.invalid', 'The proxy is not a URL.', { field: 'proxy', cause: error })
  }
}

/** RFC 9110 §9.3.6, by hand: one request, one response head, then the bytes are ours. */
async function requestConnect(socket: Socket, url: URL, { host, port }: ProxyRequest): Promise<void> {
  const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const authorization =
    url.username === '' ? '' : `Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`)
  const head = await readHead(socket)
  const status = /^HTTP\/1\.[01] (\d{3})([^\r\n]*)/.exec(head)
  if (status === null) throw new Error('it does not speak HTTP')
  const code = Number(status[1])
  if (code === HTTP_PROXY_AUTHENTICATION_REQUIRED) throw proxyAuthError(url)
  if (code < 200 || code > 299) throw new Error(`it answered ${code}${status[2] ?? ''}`)
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

async function requestSocks(socket: Socket, url: URL, request: ProxyRequest): Promise<void> {
  // The library listens for data, but does not wake a paused socket. A SOCKS server does not speak first.
  socket.resume()
  try {
    await SocksClient.createConnection({
      command: 'connect',
      existing_socket: socket,
      timeout: request.timeoutMs,
      destination: { host: request.host, port: request.port },
      proxy: {
        host: url.hostname,
        port: url.port === '' ? DEFAULT_SOCKS_PORT : Number(url.port),
        type: url.protocol.startsWith('socks4') ? 4 : 5,
        ...(url.username === ''
          ? {}
          : { userId: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
      },
    })
  } catch (error) {
    // The library's error carries its options, the proxy's password among them: only its words go on.
    const plain = new Error(messageOf(error))
    if (/auth/i.test(plain.message)) throw proxyAuthError(url, plain)
    throw plain
  }
}

function proxyAuthError(url: URL, cause?: unknown): WarrenError {
  return new WarrenError('ssh.proxy-auth', `The proxy ${url.host} refused the login.`, {
    fix: 'Put name and password into the proxy address: socks5://name:password@host:port.',
    field: 'proxy',
    cause,
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
