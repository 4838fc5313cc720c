/** What the daemon tidies up by itself while it runs. */
import { secretOwner, UNDO_MS } from './handlers/forwards'
import type { Services } from './services'

/** The first backup of a run soon after something changed, the others at most this often. */
const BACKUP_MS = 60 * 60 * 1000

/** Forgets what was removed a day ago, and copies the data file now and then. Returns the way to stop. */
export function keepHouse(services: Services): () => void {
  const { store, logs, secrets, warnings, now } = services
  const tidy = async (): Promise<void> => {
    const gone = await warnings.tolerate(() => store.purge(new Date(now() - UNDO_MS).toISOString()))
    const { forwards, relays, servers } = gone ?? { forwards: [], relays: [], servers: [] }
    for (const id of [...forwards, ...relays]) logs.forget(id)
    for (const owner of [...forwards.map(secretOwner), ...servers]) {
      await warnings.tolerate(() => Promise.resolve().then(() => secrets.forget(owner)))
    }
    await warnings.tolerate(() => Promise.resolve().then(() => store.backUp()))
  }
  const first = setTimeout(() => void tidy(), 5000)
  const later = setInterval(() => void tidy(), BACKUP_MS)
  first.unref()
  later.unref()
  return () => {
    clearTimeout(first)
    clearInterval(later)
  }
}
