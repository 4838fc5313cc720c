/** One HTTP client of a proxy port: CONNECT, requests with absolute addresses, and the PAC file (RFC 9110, RFC 9112). */
import { CONNECTED, failureAnswer, formatAnswer, loginAnswer, type Answer } from './_http-answers'
import { exchange, refuse, wantsMore, type Upstream } from './_http-exchange'
import { HttpRefusal, parseRequestHead, valuesOf, type RequestHead } from './_http-head'
import { readHead } from './_http-read'
import { wishOf, type Wish } from './_http-target'
import { isBasicLogin } from './_login'
import { PAC_PATH, PAC_TYPE, pacFile, safeHost } from './_pac'
import type { ProxyClientOptions, ProxyTarget } from './_proxy-types'
import { sayAndClose, writeAll, type StreamReader } from './_stream-reader'

/** A client that says nothing must not hold a connection for ever. */
export const GREETING_TIMEOUT_MS = 30_000
/** How long a kept connection may wait for its next request. */
const IDLE_TIMEOUT_MS = 120_000

/** Settles when the client is closed or has become a tunnel that ended. Never rejects. */
export async function serveHttp(client: StreamReader, options: ProxyClientOptions): Promise<void> {
  let upstream: Upstream | null = null
  const ended = { client: false }
  try {
    while (!ended.client) {
      const text = await nextHead(client)
      if (text === null) {
        if (client.late) options.onInvalid('no request came in time')
        client.release()
        sayAndClose(client.stream, null)
        return
      }
      options.counter.bytesUp += text.length
      const head = parseRequestHead(text)
      const wish = wishOf(head)
      if (wish.kind === 'tunnel') {
        await tunnel(client, { head, target: wish.target, options })
        return
      }
      if (wish.kind === 'request' && isLoggedIn(head, options)) {
        options.counter.target = wish.target
        const result: { keep: boolean; upstream: Upstream | null } = await exchange({
          ...{ client, head, wish, options, kept: upstream },
        })
        upstream = result.upstream
        ended.client = !result.keep
      } else {
        ended.client = !(await reply(client, { head, wish, options }))
      }
    }
  } catch (error) {
    turnAway(client, { error, options })
  } finally {
    upstream?.reader.stream.destroy()
  }
}

// --- internal ---

async function nextHead(client: StreamReader): Promise<string | null> {
  client.deadline(IDLE_TIMEOUT_MS)
  const first = await client.read()
  if (first === null) {
    // Silence between two requests is no mistake.
    client.late = false
    return null
  }
  client.unread(first)
  client.deadline(GREETING_TIMEOUT_MS)
  const text = await readHead(client)
  client.deadline(null)
  return text
}

function isLoggedIn(head: RequestHead, { login }: ProxyClientOptions): boolean {
  if (login === null) return true
  const given = valuesOf(head.fields, 'proxy-authorization')
  return given.length === 1 && isBasicLogin(login, given[0] ?? '')
}

async function tunnel(
  client: StreamReader,
  { head, target, options }: { head: RequestHead; target: ProxyTarget; options: ProxyClientOptions },
): Promise<void> {
  if (head.body.kind !== 'none') throw new HttpRefusal(400, 'A CONNECT request has no body.')
  if (!isLoggedIn(head, options)) {
    refuse({ client, options }, loginAnswer(false))
    return
  }
  options.counter.target = target
  const { stream } = client
  const rest = client.release()
  try {
    await options.way.tunnel(target, {
      head: rest ?? undefined,
      onOpen: () => {
        if (!stream.destroyed) stream.write(CONNECTED, 'latin1')
        options.onReached()
      },
    })
  } catch (error) {
    options.onFailure(error as Error)
    sayAndClose(stream, formatAnswer(failureAnswer(error)))
  }
}

/** What the proxy answers by itself. Resolves to whether the client may ask again. */
async function reply(
  client: StreamReader,
  { head, wish, options }: { head: RequestHead; wish: Wish; options: ProxyClientOptions },
): Promise<boolean> {
  const keep = wantsMore(head) && head.body.kind === 'none'
  const answer = wish.kind === 'own' ? ownPage(head, { path: wish.path, options }) : loginAnswer(keep)
  if (!keep || answer.status === 400) {
    refuse({ client, options }, { ...answer, keep: false, headOnly: head.method === 'HEAD' })
    return false
  }
  const text = formatAnswer({ ...answer, keep, headOnly: head.method === 'HEAD' })
  options.counter.bytesDown += text.length
  return writeAll(client.stream, text)
}

function ownPage(head: RequestHead, { path, options }: { path: string; options: ProxyClientOptions }): Answer {
  if (path.split('?')[0] !== PAC_PATH || !options.servePac) return { status: 400, text: HINT }
  if (head.method !== 'GET' && head.method !== 'HEAD') {
    return { status: 405, text: 'The file can only be read.\n', fields: [['Allow', 'GET, HEAD']] }
  }
  const at = safeHost(valuesOf(head.fields, 'host')[0] ?? '') ?? options.at
  return { status: 200, text: pacFile(at, options.login !== null), type: PAC_TYPE }
}

const HINT = 'This is a proxy port of Warren. Set it as a SOCKS 5 or HTTP proxy; it serves no pages of its own.\n'

function turnAway(client: StreamReader, { error, options }: { error: unknown; options: ProxyClientOptions }): void {
  if (!(error instanceof HttpRefusal)) {
    options.onFailure(error as Error)
    client.release()
    client.stream.destroy()
    return
  }
  options.onInvalid(lowerFirst(error.message))
  refuse({ client, options }, { status: error.status, text: `${error.message}\n` })
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '')
}
