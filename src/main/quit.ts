/**
 * Quit, as opposed to closing the window: the forwards and relays stop and the daemon ends.
 *
 * A signal, a logout and a shutdown end only the app: the daemon is not ours to take along.
 */
import { app, dialog, powerMonitor, type BrowserWindow } from 'electron'
import { closingLine } from '@shared/sentence'
import { plural } from '@shared/format'
import type { RelayView } from '@shared/relay-snapshots'
import type { ForwardView } from '@shared/snapshots'
import type { Link } from './daemon-link'
import { log } from './log'
import type { World } from './world'

/** The daemon closes listeners at once and connections soon after; beyond this the app goes without it. */
const STOP_LIMIT_MS = 10_000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface Quit {
  readonly isQuitting: () => boolean
  /** Quits without a question: the tray's entry has said what will close. */
  readonly now: () => void
}

export interface QuitOptions {
  readonly link: Link
  readonly world: () => World
  readonly window: () => BrowserWindow | null
}

export function setupQuit({ link, world, window }: QuitOptions): Quit {
  let isQuitting = false
  let isAsking = false

  const leave = (): void => {
    isQuitting = true
    link.close()
    app.exit(0)
  }
  const stopAndLeave = async (): Promise<void> => {
    isQuitting = true
    window()?.hide()
    try {
      if (world().link.state === 'connected') await within(STOP_LIMIT_MS, link.stop())
    } catch (error) {
      log('warn', 'The daemon did not stop', error)
    }
    leave()
  }
  const askAndLeave = async (): Promise<void> => {
    if (isAsking || isQuitting) return
    isAsking = true
    const agreed = await ask(whatCloses([...world().forwards.values()], [...world().relays.values()]), window())
    isAsking = false
    if (agreed) await stopAndLeave()
  }

  app.on('before-quit', (event) => {
    if (isQuitting) return
    event.preventDefault()
    void askAndLeave()
  })
  for (const signal of SIGNALS) {
    // Libraries that clean up after themselves listen since before Electron took the signals over, and a second listener
    // would not take them back: only the first one of a signal asks the system for it.
    process.removeAllListeners(signal)
    process.on(signal, leave)
  }
  powerMonitor.on('shutdown', leave)

  return {
    isQuitting: () => isQuitting,
    now: () => {
      if (!isQuitting) void stopAndLeave()
    },
  }
}

/** A forward or relay, as far as quitting is concerned. */
type Closing = Pick<ForwardView | RelayView, 'snapshot' | 'spec'>

/** What to say before quitting; `null` when nothing would close. */
export function whatCloses(forwards: readonly Closing[], relays: readonly Closing[] = []): string | null {
  const isWanted = ({ snapshot }: Closing): boolean => snapshot.wanted
  const counts = [forwards.filter(isWanted).length, relays.filter(isWanted).length] as const
  const wanted = [...forwards, ...relays].filter(isWanted)
  if (wanted.length === 0) return null
  const live = wanted.reduce((sum, { snapshot }) => sum + snapshot.connections, 0)
  return `${closingLine(...counts)}${live === 0 ? '' : `, with ${plural(live, 'live connection')}`}. ${returning(wanted)}`
}

// --- internal ---

const MOST_NAMES = 3

/** Which of them the next start of Warren brings back by itself. */
function returning(wanted: readonly Closing[]): string {
  const gone = wanted.filter(({ spec }) => !spec.autoStart).map(({ spec }) => spec.name)
  if (gone.length === 0) return 'With the next start of Warren they run again.'
  const verb = gone.length === 1 ? 'does not start' : 'do not start'
  const who =
    gone.length <= MOST_NAMES ? gone.join(', ') : `${gone.length} of them (${gone.slice(0, MOST_NAMES).join(', ')}, …)`
  return `${who} ${verb} again by ${gone.length === 1 ? 'itself' : 'themselves'}.`
}

const QUIT_BUTTON = 0
const CANCEL_BUTTON = 1

async function ask(detail: string | null, parent: BrowserWindow | null): Promise<boolean> {
  if (detail === null) return true
  const question = {
    type: 'question' as const,
    message: 'Quit Warren?',
    detail: `${detail} Closing the window instead keeps them running.`,
    buttons: ['Quit', 'Cancel'],
    defaultId: CANCEL_BUTTON,
    cancelId: CANCEL_BUTTON,
  }
  const isShown = parent !== null && parent.isVisible()
  const { response } = isShown ? await dialog.showMessageBox(parent, question) : await dialog.showMessageBox(question)
  return response === QUIT_BUTTON
}

async function within(ms: number, task: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`No answer within ${ms} ms`))
    }, ms)
  })
  await Promise.race([task, limit]).finally(() => {
    clearTimeout(timer)
  })
}
