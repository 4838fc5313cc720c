/** One SOCKS client from its greeting to the point where bytes flow. */
import type { Duplex } from 'node:stream'
import { toFault } from '@shared/errors'
import { resetStream } from '../traffic'
import { SOCKS_REPLY, socksAnswer, SocksParser, type SocksReply, type SocksRequest } from './_socks'

/** A client that says nothing must not hold a connection for ever. */
export const SOCKS_GREETING_TIMEOUT_MS = 30_000

export interface SocksAsk {
  readonly request: SocksRequest
  /** What the client sent ahead. */
  readonly head: Buffer | null
  readonly grant: () => void
  /** Answers why not, as far as SOCKS has a word for it, and closes. */
  readonly refuse: (error: Error) => void
}

/** Resolves with what the client asks for; `null` when it asked for nothing we do, and was answered and closed. */
export function askSocksClient(stream: Duplex, onTrouble: (message: string) => void): Promise<SocksAsk | null> {
  return new Promise((resolve) => {
    const parser = new SocksParser()
    const settle = (ask: SocksAsk | null): void => {
      clearTimeout(timer)
      stream.off('data', onData)
      stream.off('end', onGone)
      stream.off('close', onGone)
      resolve(ask)
    }
    const onGone = (): void => {
      settle(null)
      resetStream(stream)
    }
    const onData = (chunk: Buffer): void => {
      const step = parser.push(chunk)
      switch (step.kind) {
        case 'more':
          if (step.answer !== null) stream.write(step.answer)
          return
        case 'refuse':
          settle(null)
          onTrouble(step.message ?? 'The request is not valid.')
          finish(stream, step.answer)
          return
        case 'request':
          stream.pause()
          if (step.answer !== null) stream.write(step.answer)
          settle(step.request === null ? null : asked(stream, step.request, step.rest))
      }
    }
    const timer = setTimeout(() => {
      onTrouble('No request came in time.')
      onGone()
    }, SOCKS_GREETING_TIMEOUT_MS)
    // Whoever takes the stream over adds its own; this one keeps an early reset from being unhandled.
    stream.on('error', () => undefined)
    stream.on('data', onData)
    stream.on('end', onGone)
    stream.on('close', onGone)
    stream.resume()
  })
}

// --- internal ---

function asked(stream: Duplex, request: SocksRequest, head: Buffer | null): SocksAsk {
  return {
    request,
    head,
    grant: () => {
      if (!stream.destroyed) stream.write(socksAnswer(request.version, SOCKS_REPLY.granted))
    },
    refuse: (error) => {
      finish(stream, socksAnswer(request.version, replyFor(error)))
    },
  }
}

function replyFor(error: Error): SocksReply {
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

/** Says a last word and closes, reading no more. */
function finish(stream: Duplex, lastWord: Buffer | null): void {
  if (stream.destroyed) return
  stream.resume()
  stream.end(lastWord ?? undefined, () => {
    stream.destroy()
  })
}
