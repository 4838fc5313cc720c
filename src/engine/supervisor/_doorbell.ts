/** A session that is dialled when somebody comes: what an on-demand forward is bound to while it sleeps. */
import type { Socket } from 'node:net'
import { WarrenError } from '@shared/errors'
import type { SshSession } from '../ssh/types'
import type { Clock } from '../types'

/** How long a client waits for the session: a login with a question takes a person's time. */
export const DOOR_WAIT_MS = 60_000

export interface Doorbell {
  /** What the carrier is bound to. */
  readonly session: SshSession
  /** Resolves with the first client. */
  readonly rung: Promise<void>
  /** Lets the clients that wait in, and those that still come here. */
  readonly answer: (session: SshSession) => void
  /** Turns them away. */
  readonly refuse: (error: Error) => void
}

export function createDoorbell(clock: Clock): Doorbell {
  let ring!: () => void
  let answer!: (session: SshSession) => void
  let refuse!: (error: Error) => void
  const rung = new Promise<void>((resolve) => {
    ring = resolve
  })
  const session = new Promise<SshSession>((resolve, reject) => {
    answer = resolve
    refuse = reject
  })
  session.catch(() => undefined)
  const wait = (): Promise<SshSession> => {
    ring()
    return atMost(session, clock)
  }
  return { session: lazySession(wait), rung, answer, refuse }
}

// --- internal ---

function atMost(session: Promise<SshSession>, clock: Clock): Promise<SshSession> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(DOOR_WAIT_MS, () => {
      reject(
        new WarrenError('ssh.timeout', `No session was there within ${DOOR_WAIT_MS / 1000} s for a client.`, {
          fix: 'Does the server answer, and is a question open?',
        }),
      )
    })
    session.then(resolve, reject).finally(cancel)
  })
}

function lazySession(wait: () => Promise<SshSession>): SshSession {
  return {
    id: 'asleep',
    openChannel: async (target, origin) => (await wait()).openChannel(target, origin),
    forwardSocket: async (socket, options) => {
      const session = await whileHeld(socket, wait)
      return session.forwardSocket(socket, options)
    },
    forwardClient: (client, options) => {
      wait().then((session) => {
        session.forwardClient(client, options)
      }, options.onRefused)
    },
    listenRemote: () => Promise.reject(new WarrenError('internal', 'A remote forward cannot sleep')),
    closed: new Promise(() => undefined),
    probe: () => Promise.resolve(true),
    snapshot: () => {
      throw new WarrenError('internal', 'A session that is not there has no snapshot')
    },
  }
}

/** A socket that waits has nobody to hear its errors. */
async function whileHeld(socket: Socket, wait: () => Promise<SshSession>): Promise<SshSession> {
  const hear = (): void => undefined
  socket.on('error', hear)
  try {
    const session = await wait()
    if (socket.destroyed) throw new WarrenError('cancelled', 'The client went away.')
    return session
  } finally {
    // Whoever takes it over listens from this turn on.
    setImmediate(() => socket.off('error', hear))
  }
}
