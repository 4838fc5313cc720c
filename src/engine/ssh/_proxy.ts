/** The way to a server through an HTTP or SOCKS proxy, and the login at the proxy. */
import type { Socket } from 'node:net'
import { WarrenError } from '@shared/errors'
import { parseProxy, proxyLogin, type ProxyAddress } from '@shared/proxy-url'
import type { AddressFamily, ServerSpec } from '@shared/specs'
import { requestHttp } from './_proxy-http'
import { ProxyRefusal, type ProxyTarget } from './_proxy-refusal'
import { requestSocks } from './_proxy-socks'
import { connectSocket } from './_socket'
import type { SshPorts } from './types'

/** A password that was refused is asked for once more. */
const PASSWORD_TRIES = 2

export interface ProxyOptions {
  readonly ports: SshPorts
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly family?: AddressFamily | undefined
  readonly sourceAddress?: string | null | undefined
}

/**
 * Connects to a server through its proxy. The password of the proxy is a secret of the server; where none is known, a person is
 * asked. Rejects with `ssh.proxy-failed`, `ssh.proxy-auth` or what the question ended with.
 */
export async function connectThroughProxy(
  server: Pick<ServerSpec, 'id' | 'name' | 'host' | 'port' | 'proxy'>,
  options: ProxyOptions,
): Promise<Socket> {
  const proxy = parseProxy(server.proxy ?? '')
  const login = new ProxyLogin(server, proxy, options)
  for (let left = PASSWORD_TRIES; ; left -= 1) {
    const address = { ...proxy, password: await login.password() }
    try {
      const socket = await connectOnce(address, server, options)
      login.succeeded()
      return socket
    } catch (error) {
      if (!(error instanceof WarrenError) || error.code !== 'ssh.proxy-auth') throw error
      if (!login.refused(error) || left <= 1) throw error
    }
  }
}

// --- internal ---

async function connectOnce(proxy: ProxyAddress, target: ProxyTarget, options: ProxyOptions): Promise<Socket> {
  const { host, port, scheme } = proxy
  const what = `The proxy ${host}:${port}`
  const began = performance.now()
  const socket = await connectSocket({ ...options, host, port, what }).catch((error: unknown) => {
    options.signal.throwIfAborted()
    if (!(error instanceof WarrenError)) throw error
    const { message, fix, field } = error
    throw new WarrenError('ssh.proxy-failed', message, { fix, field: field === 'host' ? 'proxy' : field, cause: error })
  })
  const abort = (): void => {
    socket.destroy(new Error('no answer in time'))
  }
  // A timer of our own: see the agent's.
  const timer = setTimeout(abort, options.timeoutMs - (performance.now() - began))
  options.signal.addEventListener('abort', abort, { once: true })
  try {
    options.signal.throwIfAborted()
    if (scheme === 'http') await requestHttp(socket, proxy, target)
    else await requestSocks(socket, proxy, target)
    socket.pause()
    return socket
  } catch (error) {
    socket.destroy()
    options.signal.throwIfAborted()
    if (error instanceof WarrenError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new WarrenError('ssh.proxy-failed', `${what} did not connect to ${target.host}:${target.port}: ${message}.`, {
      fix: error instanceof ProxyRefusal ? error.fix : `Is ${scheme} what it speaks, and is the port right?`,
      cause: error,
    })
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', abort)
  }
}

/** Where the password comes from, and what becomes of it. */
class ProxyLogin {
  private readonly subject: string
  private given: string | null = null
  private refusedBefore: WarrenError | null = null

  constructor(
    private readonly server: Pick<ServerSpec, 'id' | 'name'>,
    private readonly proxy: ProxyAddress,
    private readonly options: Pick<ProxyOptions, 'ports' | 'signal'>,
  ) {
    this.subject = proxyLogin(proxy)
  }

  async password(): Promise<string | null> {
    const { proxy, server } = this
    const { ports, signal } = this.options
    if (proxy.username === null || proxy.password !== null) return proxy.password
    const saved = this.refusedBefore === null ? await ports.secrets.get(server.id, 'proxy', this.subject) : null
    this.given = saved ?? (await this.ask(ports, signal))
    return this.given
  }

  succeeded(): void {
    if (this.given === null) return
    this.options.ports.secrets.accepted(this.server.id, 'proxy', { subject: this.subject, value: this.given })
  }

  /** Whether another password may help. */
  refused(error: WarrenError): boolean {
    if (this.given === null) return false
    this.options.ports.secrets.refused(this.server.id, 'proxy', this.subject)
    this.refusedBefore = error
    return true
  }

  private async ask(ports: SshPorts, signal: AbortSignal): Promise<string> {
    const { server, proxy } = this
    try {
      const answer = await ports.ask(
        {
          kind: 'password',
          serverId: server.id,
          server: server.name,
          login: this.subject,
          username: proxy.username ?? '',
          proxy: `${proxy.host}:${proxy.port}`,
          refused: this.refusedBefore !== null,
        },
        signal,
      )
      if (answer.kind === 'password') return answer.password
      throw new WarrenError('need.cancelled', `The login to the proxy of ${server.name} was cancelled.`, {
        fix: 'Start again to be asked again.',
      })
    } catch (error) {
      const isUnanswered = error instanceof WarrenError && /^need\.(cancelled|unanswered)$/.test(error.code)
      // That the proxy refused the password is the reason, not that a question was closed.
      throw isUnanswered ? (this.refusedBefore ?? error) : error
    }
  }
}
