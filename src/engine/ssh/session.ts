/** A live SSH session on top of a client that is logged in. */
import type { Client } from 'ssh2'
import { WarrenError } from '@shared/errors'
import type { SessionSnapshot } from '@shared/snapshots'
import { ChannelStream } from './_duplex'
import { Mux } from './_mux'
import { nodeEnd } from './_node-end'
import { internals } from './_protocol'
import { RemoteListeners } from './_remote-listeners'
import { openSplice } from './_splice'
import type { SessionEnd, SshSession } from './types'

/** SSH_DISCONNECT_BY_APPLICATION (RFC 4253 §11.1). */
const BY_APPLICATION = 11
/** How long the peer may take to close after we said goodbye. */
const GOODBYE_MS = 2000

export interface SessionOptions {
  readonly id: string
  readonly serverId: string
  readonly name: string
  readonly remoteAddress: string | null
  readonly algorithms: SessionSnapshot['algorithms']
  readonly keepaliveMs: number
  readonly keepaliveCount: number
  readonly leases: () => number
  /** What was received is needed for longer than the turn in which it came. */
  readonly keep: () => void
}

export interface LiveSession extends SshSession {
  /** Says goodbye and closes. `error` is what {@link SshSession.closed} tells; `null` for an orderly end. */
  readonly end: (error: Error | null) => void
}

/** Takes over a client in its `ready` state, its error handling included. */
export function liveSession(client: Client, options: SessionOptions): LiveSession {
  const since = new Date().toISOString()
  const listeners = new RemoteListeners(options.name)
  const mux = new Mux(client, options, listeners.onIncoming)
  listeners.mux = mux
  let ended: SessionEnd | null = null
  let settle!: (end: SessionEnd) => void
  const closed = new Promise<SessionEnd>((resolve) => {
    settle = resolve
  })
  let failure: Error | null = null

  const finish = (error: Error | null): void => {
    if (ended !== null) return
    ended = { error }
    stopKeepalive()
    mux.end(error ?? new WarrenError('ssh.closed', `The session to ${options.name} is closed.`))
    settle(ended)
  }
  const end = (error: Error | null): void => {
    if (ended !== null) return
    finish(error)
    if (error === null) {
      internals(client)._protocol.disconnect(BY_APPLICATION)
      const socket = internals(client)._sock
      socket.end()
      // A peer that never says goodbye must not keep the socket.
      const timer = setTimeout(() => socket.destroy(), GOODBYE_MS)
      socket.once('close', () => {
        clearTimeout(timer)
      })
    } else internals(client)._sock.destroy()
  }
  client.on('error', (error: Error) => {
    failure ??= error
  })
  client.on('close', () => {
    finish(
      new WarrenError(
        'ssh.closed',
        `${options.name} closed the session${failure === null ? '' : `: ${failure.message}`}.`,
        {
          cause: failure ?? undefined,
        },
      ),
    )
  })
  const dead = (afterMs = options.keepaliveMs * options.keepaliveCount): void => {
    const seconds = Math.round(afterMs / 1000)
    end(
      new WarrenError('ssh.keepalive-timeout', `${options.name} has not answered for ${seconds} s.`, {
        fix: 'Is the network up?',
      }),
    )
  }
  // Behind a hop there is no socket to ask, but packets come in.
  const bytesRead = (): number => internals(client)._sock.bytesRead ?? mux.packetsReceived
  const stopKeepalive = startKeepalive(mux, options, { dead, bytesRead })

  return {
    id: options.id,
    closed,
    end,
    openChannel: (target, origin) => mux.open(target, origin, (channel) => new ChannelStream(channel)),
    forwardSocket: (socket, forward) =>
      new Promise((resolve, reject) => {
        openSplice(mux, nodeEnd(socket), { ...forward, onClosed: resolve, onRefused: reject })
      }),
    forwardClient: (client, forward) => {
      openSplice(mux, client, forward)
    },
    listenRemote: (at, onChannel) => listeners.listen(at, onChannel),
    probe: async (timeoutMs) => {
      if (ended !== null) return false
      const before = bytesRead()
      let timer: NodeJS.Timeout | undefined
      const silence = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => {
          // What has come is read before it is judged: on a busy machine the timer may be first. Any byte is a sign of life; the
          // answer itself may stand behind megabytes.
          setImmediate(() => {
            resolve(bytesRead() > before)
          })
        }, timeoutMs)
      })
      const answer = mux
        .request((protocol) => protocol.ping())
        .then(
          () => true,
          () => false,
        )
      const alive = await Promise.race([answer, silence])
      clearTimeout(timer)
      if (!alive) dead(timeoutMs)
      return alive
    },
    snapshot: () => ({
      id: options.id,
      serverId: options.serverId,
      server: options.name,
      state: ended === null ? 'ready' : 'closing',
      since,
      remoteAddress: options.remoteAddress,
      leases: options.leases(),
      algorithms: options.algorithms,
      serverVersion: internals(client)._remoteVer ?? null,
    }),
  }
}

// --- internal ---

/**
 * As ssh does (ServerAliveInterval, ServerAliveCountMax): any answer counts, also a refusal, and so does any other byte.
 *
 * A peer that falls silent is found within interval × count: the last of the silent intervals ends the session.
 */
function startKeepalive(
  mux: Mux,
  options: Pick<SessionOptions, 'keepaliveMs' | 'keepaliveCount'>,
  peer: { dead: () => void; bytesRead: () => number },
): () => void {
  if (options.keepaliveMs === 0) return () => undefined
  let silent = 0
  let seen = peer.bytesRead()
  let asked = false
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
  }
  const look = (): void => {
    if (isOver) return
    const now = peer.bytesRead()
    silent = now !== seen || !asked ? 0 : silent + 1
    seen = now
    if (silent >= Math.max(1, options.keepaliveCount - 1)) {
      stop()
      peer.dead()
      return
    }
    asked = true
    const sentAt = performance.now()
    mux
      .request((protocol) => protocol.ping())
      .then(
        () => {
          mux.link.sample(performance.now() - sentAt)
        },
        () => undefined,
      )
    mux.wire.flush()
    lookLater()
  }
  // Turns of ours that take long are no silence of the peer: from what is sent until it is judged is never less than an interval,
  // and what has come is read before.
  const lookLater = (): void => {
    timer = setTimeout(() => setImmediate(look), options.keepaliveMs)
  }
  lookLater()
  return stop
}
