/** Tells the cloud what runs on this machine: once when it begins to carry bytes, once when it is stopped. */
import { randomUUID } from 'node:crypto'
import type { ForwardState } from '@shared/snapshots'
import type { NewOutboxEntry } from '@sync'
import type { Services } from '../services'
import type { SavedBinding } from '../store/index'
import type { Book } from './book'

/** Starts and stops of one moment are written together. */
const COALESCE_MS = 300

export interface RunsOptions {
  readonly services: Pick<Services, 'catalog' | 'engine' | 'store' | 'warnings' | 'inTurn'>
  readonly book: Book
  readonly isSignedIn: () => boolean
  /** The outbox grew. */
  readonly onChanged: () => void
}

export interface Runs {
  /** The daemon begins: what the one before had told to run does not, until it is started again. */
  readonly begin: () => Promise<void>
  /** Looks at forwards that came to be shared. */
  readonly look: (forwardIds: readonly string[]) => void
  readonly close: () => Promise<void>
}

export function createRuns(options: RunsOptions): Runs {
  const { services, book, onChanged } = options
  const { catalog, engine, store, warnings, inTurn } = services
  /** What is to be told next. */
  const pending = new Map<string, boolean>()
  let timer: NodeJS.Timeout | undefined

  const note = (id: string): void => {
    const binding = book.binding(id)
    if (binding === null || !options.isSignedIn() || !catalog.hasForward(id)) return
    const running = isRunning(engine.snapshot(id).state)
    // On the way between the two nothing is told: a forward that comes back is one run.
    if (running === null) return
    pending.set(id, running)
    timer ??= setTimeout(() => void write(), COALESCE_MS)
  }
  const write = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    await warnings.tolerate(() =>
      inTurn(async () => {
        const told = [...pending].flatMap(([id, running]) => change(id, running))
        pending.clear()
        if (told.length === 0) return
        const bindings = told.map(({ binding }) => binding)
        const written = { bindings, outbox: book.stamp(told.map(({ entry }) => entry)) }
        await store.changeCloud(written)
        book.apply(written)
        onChanged()
      }),
    )
  }
  const change = (id: string, running: boolean): readonly Told[] => {
    const binding = book.binding(id)
    if (binding === null || binding.toldRunning === running) return []
    const ids = running
      ? { tunnelId: randomUUID(), connectionId: sessionOf(id) }
      : { tunnelId: null, connectionId: null }
    const { namespace, forwardId } = binding
    return [
      { binding: { ...binding, toldRunning: running }, entry: { kind: 'run', namespace, forwardId, running, ...ids } },
    ]
  }
  const sessionOf = (id: string): string | null => {
    if (!catalog.hasForward(id)) return null
    const { serverId } = catalog.forward(id).spec
    return engine.sessions().find((one) => one.serverId === serverId && one.state === 'ready')?.id ?? null
  }
  const stopListening = engine.onChange((event) => {
    if (event.kind === 'forward') note(event.id)
  })
  return {
    begin: async () => {
      for (const { forwardId, toldRunning } of book.bindings()) if (toldRunning) pending.set(forwardId, false)
      if (pending.size > 0) await write()
      for (const { forwardId } of book.bindings()) note(forwardId)
    },
    look: (ids) => {
      for (const id of ids) note(id)
    },
    close: async () => {
      stopListening()
      // Nothing of it carries bytes when the daemon is gone.
      for (const { forwardId, toldRunning } of book.bindings()) if (toldRunning) pending.set(forwardId, false)
      if (pending.size > 0) await write()
    },
  }
}

// --- internal ---

interface Told {
  readonly binding: SavedBinding
  readonly entry: NewOutboxEntry
}

/** `null`: on the way. */
function isRunning(state: ForwardState): boolean | null {
  if (state === 'running' || state === 'degraded') return true
  return state === 'stopped' || state === 'failed' ? false : null
}
