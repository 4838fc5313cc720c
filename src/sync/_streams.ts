/** Event streams, one for each namespace: they tell when to look. */
import type { CloudClient } from './client/types'
import { retryDelayMs } from './_back-off'
import { paced } from './_pace'
import type { Clock, Namespace } from './types'

export interface StreamOptions {
  readonly client: CloudClient
  readonly clock: Clock
  readonly random: () => number
  readonly onChange: (namespace: Namespace, cursor: string) => void
  /** My teams changed, or a stream ended and the answer may be that one is out of a team. */
  readonly onTeams: () => void
  readonly onTeam: (teamId: string) => void
  /** A stream opened or broke. */
  readonly onState: () => void
}

export interface Streams {
  /** Opens what is wanted and closes the rest. */
  readonly want: (namespaces: readonly Namespace[]) => void
  /** Those that broke try at once. */
  readonly retry: () => void
  /** Whether all that are wanted are open. */
  readonly areOpen: () => boolean
  readonly close: () => Promise<void>
}

/** However often a stream tells of changes, a round for each is no way to follow them. */
const PACE_MS = 250

interface Stream {
  readonly namespace: Namespace
  readonly abort: AbortController
  isOpen: boolean
  attempt: number
  /** Ends the wait before the next try. */
  wake: () => void
  over: Promise<void>
}

export function createStreams(options: StreamOptions): Streams {
  const { client, clock, random, onState } = options
  const streams = new Map<Namespace, Stream>()
  const ending = new Set<Promise<void>>()

  const pause = (stream: Stream): Promise<void> =>
    new Promise((resolve) => {
      stream.attempt += 1
      const done = (): void => {
        cancel()
        stream.abort.signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = clock.after(retryDelayMs(stream.attempt, random()), done)
      stream.abort.signal.addEventListener('abort', done, { once: true })
      stream.wake = done
    })

  const listen = async (stream: Stream): Promise<void> => {
    const { namespace, abort } = stream
    let newest = ''
    const onChange = paced(clock, PACE_MS, () => {
      options.onChange(namespace, newest)
    })
    const onTeams = paced(clock, PACE_MS, options.onTeams)
    const onTeam = paced(clock, PACE_MS, () => {
      if (namespace !== null) options.onTeam(namespace)
    })
    const quiet = (): void => {
      for (const each of [onChange, onTeams, onTeam]) each.cancel()
    }
    abort.signal.addEventListener('abort', quiet, { once: true })
    while (!abort.signal.aborted) {
      await client
        .events(
          namespace,
          {
            onOpen: () => {
              stream.isOpen = true
              onState()
              onTeam.call()
            },
            onChange: (cursor) => {
              // It works: the next break begins with the shortest wait.
              stream.attempt = 0
              newest = cursor
              onChange.call()
            },
            onTeams: onTeams.call,
            onTeam: onTeam.call,
          },
          abort.signal,
        )
        // Why it broke is what the next round finds out; a stream only tells when to look.
        .catch(() => undefined)
      if (abort.signal.aborted) return
      const wasOpen = stream.isOpen
      stream.isOpen = false
      if (wasOpen) {
        onState()
        onTeams.call()
      }
      await pause(stream)
    }
  }

  const stop = (stream: Stream): void => {
    streams.delete(stream.namespace)
    stream.abort.abort()
    const over = stream.over.finally(() => ending.delete(over))
    ending.add(over)
  }

  return {
    want: (namespaces) => {
      for (const stream of [...streams.values()]) if (!namespaces.includes(stream.namespace)) stop(stream)
      for (const namespace of namespaces) {
        if (streams.has(namespace)) continue
        const stream: Stream = {
          ...{ namespace, abort: new AbortController(), isOpen: false, attempt: 0 },
          ...{ wake: () => undefined, over: Promise.resolve() },
        }
        streams.set(namespace, stream)
        stream.over = listen(stream)
      }
    },
    retry: () => {
      for (const stream of streams.values()) {
        stream.attempt = 0
        stream.wake()
      }
    },
    areOpen: () => streams.size > 0 && [...streams.values()].every(({ isOpen }) => isOpen),
    close: async () => {
      for (const stream of [...streams.values()]) stop(stream)
      await Promise.all(ending)
    },
  }
}
