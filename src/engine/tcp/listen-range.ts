/** One listener, or one for each port of a range: all of them or none. */
import type { Socket } from 'node:net'
import { endpointAt, type Endpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'
import { MAX_PORT } from '@shared/specs'
import type { LocalPorts } from '../types'
import type { TcpHandle } from './handle'
import { listenHere, type LocalListener } from './listen'

/** How often another place is tried when a range may be anywhere. */
const MAX_PLACES = 20

export interface RangeOptions {
  /** The first one. With port 0 a free range is looked for. */
  readonly at: Endpoint
  readonly count: number
  /** `offset`: at which port of the range the client came. */
  readonly onSocket: (socket: Socket, offset: number) => void
  readonly onHandle?: ((handle: TcpHandle, offset: number) => void) | undefined
  readonly ports: LocalPorts
  readonly portField?: string | undefined
  readonly hostField?: string | undefined
  readonly mask?: number | undefined
  readonly onTrouble?: ((error: NodeJS.ErrnoException) => void) | undefined
}

/** Rejects as {@link listenHere} does, naming the port that is in the way. `bound` is the first port. */
export async function listenRange(options: RangeOptions): Promise<LocalListener> {
  const { at, count } = options
  const isAnywhere = 'port' in at && at.port === 0
  checkRange(at, count)
  for (let place = 1; ; place += 1) {
    const listeners: LocalListener[] = []
    const closeAll = async (): Promise<void> => {
      await Promise.all(listeners.map((listener) => listener.close()))
    }
    try {
      listeners.push(await listenOne(options, { at, offset: 0 }))
      const first = listeners[0]?.bound ?? at
      checkRange(first, count)
      for (let offset = 1; offset < count; offset += 1) {
        listeners.push(await listenOne(options, { at: endpointAt(first, offset), offset }))
      }
      return { bound: first, close: closeAll }
    } catch (error) {
      await closeAll()
      const isOccupied = error instanceof WarrenError && (error.code === 'port.in-use' || error.code === 'spec.invalid')
      if (!isAnywhere || !isOccupied || place === MAX_PLACES) throw inRange(error, count)
    }
  }
}

/** Throws `spec.invalid` when the range goes beyond the last port there is. */
export function checkRange(first: Endpoint, count: number): void {
  if ('path' in first || first.port + count - 1 <= MAX_PORT) return
  throw new WarrenError('spec.invalid', `The ${count} ports from ${first.port} on go beyond ${MAX_PORT}.`, {
    fix: 'Begin at a lower port, or use fewer.',
    field: 'portCount',
  })
}

// --- internal ---

function listenOne(
  { onSocket, onHandle, ports, portField, hostField, mask, onTrouble }: RangeOptions,
  { at, offset }: { at: Endpoint; offset: number },
): Promise<LocalListener> {
  return listenHere({
    at,
    ports,
    portField,
    hostField,
    mask,
    onTrouble,
    onSocket: (socket) => {
      onSocket(socket, offset)
    },
    onHandle:
      onHandle === undefined
        ? undefined
        : (handle) => {
            onHandle(handle, offset)
          },
  })
}

/** "Use 8004 instead" cures one port and breaks another of the range. */
function inRange(error: unknown, count: number): unknown {
  if (count === 1 || !(error instanceof WarrenError) || error.code !== 'port.in-use') return error
  return new WarrenError('port.in-use', error.message, {
    fix: 'Choose another range, or free that port.',
    field: error.field,
    cause: error,
  })
}
