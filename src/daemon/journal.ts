/** How the daemon's lives ended, for the Activity screen: told by the next one when it was a crash. */
import { plural } from '@shared/format'
import type { Activity } from './activity'
import type { Store } from './store/index'
import type { Warnings } from './warnings'

const KEY = 'life'
const ALIVE = 'alive'
const ENDED = 'ended'

/** How many run, or are about to. */
export interface Running {
  readonly forwards: number
  readonly relays: number
}

export interface Journal {
  /** Tells whether the daemon before ended unexpectedly; what is coming back starts again. */
  readonly begin: (comingBack: Running) => Promise<void>
  /** An orderly end; `keepWanted`: what runs comes back with the next daemon. */
  readonly end: (closing: { readonly running: Running; readonly keepWanted: boolean }) => Promise<void>
}

export interface JournalOptions {
  readonly store: Pick<Store, 'getMeta' | 'setMeta'>
  readonly activity: Pick<Activity, 'add'>
  readonly warnings: Warnings
}

export function createJournal({ store, activity, warnings }: JournalOptions): Journal {
  const tell = (message: string): void => {
    activity.add({ kind: 'daemon', subject: 'Warren', message })
  }
  return {
    begin: async (comingBack) => {
      const before = await warnings.tolerate(() => store.getMeta(KEY))
      if (before === ALIVE) {
        const back = total(comingBack) === 0 ? '' : ` ${startAgain(comingBack)}.`
        tell(`Warren ended unexpectedly and was started again.${back}`)
      }
      await warnings.tolerate(() => store.setMeta(KEY, ALIVE))
    },
    end: async ({ running, keepWanted }) => {
      if (total(running) > 0) {
        tell(
          keepWanted
            ? `Warren was stopped. ${startAgain(running)} when it is back.`
            : `Warren was stopped, and ${inWords(running)} with it.`,
        )
      }
      await warnings.tolerate(() => store.setMeta(KEY, ENDED))
    },
  }
}

// --- internal ---

function total({ forwards, relays }: Running): number {
  return forwards + relays
}

function startAgain(running: Running): string {
  return `${inWords(running)} ${total(running) === 1 ? 'starts' : 'start'} again`
}

function inWords({ forwards, relays }: Running): string {
  const parts = [forwards > 0 ? plural(forwards, 'forward') : '', relays > 0 ? plural(relays, 'relay') : '']
  return parts.filter((part) => part !== '').join(' and ')
}
