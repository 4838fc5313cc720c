/** Asks for the keyring once the window is up, and tells the window. */
import type { Keyring } from '@shared/ipc'
import { unknownKeyring, type Sealer } from './keyring'
import { log } from './log'

/** For a window that never says that it is usable. */
const LATEST_MS = 3000

export interface KeyringNews {
  readonly known: () => Keyring
  readonly askSoon: () => void
  readonly askNow: () => void
}

/** The first question may wait for the session bus and for a person who unlocks, so the first paint does not wait for it. */
export function setupKeyringNews(sealer: Pick<Sealer, 'keyring'>, tell: (keyring: Keyring) => void): KeyringNews {
  let known: Keyring = unknownKeyring
  let timer: NodeJS.Timeout | null = null
  const ask = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (known.backend !== unknownKeyring.backend) return
    try {
      known = sealer.keyring()
      tell(known)
    } catch (error) {
      log('warn', 'The keyring could not be asked', error)
    }
  }
  return {
    known: () => known,
    askSoon: () => {
      timer ??= setTimeout(ask, LATEST_MS)
    },
    askNow: () => {
      if (timer !== null) clearTimeout(timer)
      // After the answer that is on its way to the page.
      timer = setTimeout(ask, 0)
    },
  }
}
