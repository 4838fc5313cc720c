/** One client of a proxy port, whatever it speaks: its first byte tells SOCKS 4, SOCKS 5 and HTTP apart. */
import { toFault } from '@shared/errors'
import { GREETING_TIMEOUT_MS, serveHttp } from './_http-client'
import type { ProxyClientOptions } from './_proxy-types'
import { SOCKS_REPLY, socksAnswer, SocksParser, type SocksReply, type SocksRequest } from './_socks'
import { sayAndClose, StreamReader } from './_stream-reader'
import type { Duplex } from 'node:stream'
import { resetStream } from '../traffic'

const SOCKS_4 = 4
const SOCKS_5 = 5
const TLS_HANDSHAKE = 0x16

/** Settles when it is over, and the stream closed or closing. Never rejects. */
export async function serveProxyClient(stream: Duplex, options: ProxyClientOptions): Promise<void> {
  const reader = new StreamReader(stream)
  reader.deadline(GREETING_TIMEOUT_MS)
  const first = await reader.read()
  const [byte] = first ?? []
  if (first === null || byte === undefined) {
    if (reader.late) options.onInvalid('no request came in time')
    resetStream(stream)
    return
  }
  reader.unread(first)
  if (byte === SOCKS_4 || byte === SOCKS_5) return serveSocks(reader, options)
  if (isLetter(byte)) return serveHttp(reader, options)
  options.onInvalid(byte === TLS_HANDSHAKE ? 'TLS was spoken to a proxy port' : 'neither SOCKS nor HTTP was spoken')
  reader.release()
  sayAndClose(stream, null)
}

// --- internal ---

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}

async function serveSocks(reader: StreamReader, options: ProxyClientOptions): Promise<void> {
  const { stream } = reader
  const parser = new SocksParser(options.login)
  for (;;) {
    const chunk = await reader.read()
    if (chunk === null) {
      if (reader.late) options.onInvalid('no request came in time')
      reader.release()
      resetStream(stream)
      return
    }
    const step = parser.push(chunk)
    if (step.kind === 'refuse') {
      options.onInvalid(step.message ?? 'the request is not valid')
      reader.release()
      sayAndClose(stream, step.answer)
      return
    }
    if (step.answer !== null && !stream.destroyed) stream.write(step.answer)
    if (step.request === null) continue
    if (step.rest !== null) reader.unread(step.rest)
    await tunnel(reader, { request: step.request, options })
    return
  }
}

async function tunnel(
  reader: StreamReader,
  { request, options }: { request: SocksRequest; options: ProxyClientOptions },
): Promise<void> {
  const target = { host: request.host, port: request.port }
  options.counter.target = target
  const { stream } = reader
  const head = reader.release() ?? undefined
  try {
    await options.way.tunnel(target, {
      head,
      onOpen: () => {
        if (!stream.destroyed) stream.write(socksAnswer(request.version, SOCKS_REPLY.granted))
        options.onReached()
      },
    })
  } catch (error) {
    options.onFailure(error as Error)
    sayAndClose(stream, socksAnswer(request.version, replyFor(error)))
  }
}

function replyFor(error: unknown): SocksReply {
  switch (toFault(error).code) {
    case 'target.refused':
      return SOCKS_REPLY.refused
    case 'target.unreachable':
    case 'target.unresolvable':
    case 'target.timeout':
      return SOCKS_REPLY.hostUnreachable
    case 'forward.refused':
      return SOCKS_REPLY.notAllowed
    default:
      return SOCKS_REPLY.failure
  }
}
