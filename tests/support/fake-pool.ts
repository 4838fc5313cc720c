/** A session pool in memory: the test decides when a login succeeds, what the server answers and when the session ends. */
import { WarrenError } from '../../src/shared/errors'
import type { AcquireOptions, RemoteListener, SessionEnd, SessionPool, SshSession } from '../../src/engine/ssh/types'

export interface FakeSession extends SshSession {
  readonly end: (error: Error | null) => void
}

export interface FakePool extends SessionPool {
  /** Logins that wait for an outcome, oldest first. */
  readonly pending: readonly PendingLogin[]
  /** Leases that were given and not released. */
  readonly leases: () => number
  /** How often a login was asked for. */
  readonly dials: () => number
}

export interface PendingLogin {
  readonly options: AcquireOptions
  readonly succeed: (session?: FakeSession) => void
  readonly fail: (error: Error) => void
}

export function fakeSession(change: Partial<SshSession> = {}): FakeSession {
  let end!: (end: SessionEnd) => void
  const closed = new Promise<SessionEnd>((resolve) => {
    end = resolve
  })
  const unused = (): never => {
    throw new Error('This test does not use it')
  }
  return {
    id: 'session-1',
    // Nobody listens at what a forward asks for before it relies on it.
    openChannel: () => Promise.reject(new WarrenError('target.refused', 'Nobody listens there.')),
    forwardSocket: unused,
    forwardClient: unused,
    listenRemote: unused,
    closed,
    probe: () => Promise.resolve(true),
    snapshot: unused,
    ...change,
    end: (error) => {
      end({ error })
    },
  }
}

export function fakePool(): FakePool {
  const pending: PendingLogin[] = []
  let leases = 0
  let dials = 0
  return {
    pending,
    leases: () => leases,
    dials: () => dials,
    acquire: (_route, options) =>
      new Promise((resolve, reject) => {
        dials += 1
        const forget = (): void => {
          pending.splice(pending.indexOf(login), 1)
          options.signal.removeEventListener('abort', onAbort)
        }
        const onAbort = (): void => {
          forget()
          reject(options.signal.reason as Error)
        }
        const login: PendingLogin = {
          options,
          succeed: (session = fakeSession()) => {
            forget()
            leases += 1
            let held = true
            resolve({
              session,
              release: () => {
                if (held) leases -= 1
                held = false
              },
            })
          },
          fail: (error) => {
            forget()
            reject(error)
          },
        }
        pending.push(login)
        options.signal.addEventListener('abort', onAbort)
      }),
    live: () => null,
    sessions: () => [],
    onChange: () => () => undefined,
    probeAll: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

/** A listener on a server that answers `close` only when `answering`. */
export function fakeRemoteListener(port: number, answering = true): RemoteListener & { readonly closes: () => number } {
  let closes = 0
  return {
    bound: { host: 'localhost', port },
    closes: () => closes,
    close: () => {
      closes += 1
      return answering ? Promise.resolve() : new Promise(() => undefined)
    },
  }
}
