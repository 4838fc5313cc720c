/** Listening on the server, at one port or each of a range: all of them or none. */
import { endpointAt, type Endpoint } from '@shared/endpoints'
import { toFault, WarrenError } from '@shared/errors'
import type { IncomingChannel, RemoteListener, SshSession } from '../ssh/types'
import { checkRange } from '../tcp'

/** As often as here: of a busy server's ports clients have many, and a range needs several in a row. */
const MAX_PLACES = 20

export interface RemoteRange {
  readonly at: Endpoint
  readonly count: number
  readonly onChannel: (channel: IncomingChannel, offset: number) => void
}

/**
 * Rejects as {@link SshSession.listenRemote} does. `bound` is the first port.
 *
 * `again`: the port that the server chose for 0 the last time; it is asked for first, so that people need not learn another.
 */
export async function listenRemoteRange(
  session: SshSession,
  { range, again }: { range: RemoteRange; again: number | null },
): Promise<RemoteListener> {
  const { at, count } = range
  if ('path' in at || at.port !== 0) return listenFrom(session, { ...range, at })
  if (again !== null) {
    const kept = await listenFrom(session, { ...range, at: { ...at, port: again } }).catch(unlessTaken)
    if (kept !== null) return kept
  }
  if (count === 1) return listenFrom(session, range)
  for (let place = 1; ; place += 1) {
    const found = await listenAnywhere(session, { ...range, at }).catch((error: unknown) => {
      if (place === MAX_PLACES) throw error
      return unlessTaken(error)
    })
    if (found !== null) return found
  }
}

// --- internal ---

/** Where the server finds one free port, the others may follow. */
async function listenAnywhere(
  session: SshSession,
  range: RemoteRange & { at: { host: string } },
): Promise<RemoteListener> {
  const first = await session.listenRemote(range.at, (channel) => {
    range.onChannel(channel, 0)
  })
  try {
    checkRange(first.bound, range.count)
    const rest = await listenFrom(session, {
      at: endpointAt(first.bound, 1),
      count: range.count - 1,
      onChannel: (channel, offset) => {
        range.onChannel(channel, offset + 1)
      },
    })
    return together([first, rest])
  } catch (error) {
    await first.close()
    throw error
  }
}

async function listenFrom(session: SshSession, { at, count, onChannel }: RemoteRange): Promise<RemoteListener> {
  checkRange(at, count)
  const asked = Array.from({ length: count }, (_, offset) =>
    session.listenRemote(endpointAt(at, offset), (channel) => {
      onChannel(channel, offset)
    }),
  )
  const results = await Promise.allSettled(asked)
  const listeners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return together(listeners)
  await Promise.all(listeners.map((listener) => listener.close()))
  throw failed.reason
}

function together(listeners: readonly RemoteListener[]): RemoteListener {
  const [first] = listeners
  if (first === undefined) throw new WarrenError('internal', 'A range has no port')
  return {
    bound: first.bound,
    close: async () => {
      await Promise.all(listeners.map((listener) => listener.close()))
    },
  }
}

function unlessTaken(error: unknown): null {
  if (['forward.remote-port-in-use', 'spec.invalid'].includes(toFault(error).code)) return null
  throw error
}
