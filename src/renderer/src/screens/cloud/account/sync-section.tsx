import type { CloudView } from '@shared/cloud-views'
import { clockTime, syncWords } from '@shared/cloud-words'
import { formatAgo, formatCountdown, formatDuration, plural } from '@shared/format'
import { useCallback, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import { Select } from '../../../components/select'
import { StateGlyph } from '../../../components/state-glyph'
import { syncGlyph } from '../../../components/sync-glyph'
import { valueOf } from '../../../stores/call'
import { useClock } from '../../../stores/clock'
import { setCloudView } from '../../../stores/cloud'
import { showCloud } from '../../../stores/ui'
import { useTask } from '../../../stores/use-task'
import { Setting } from '../../settings/setting'
import cloud from '../cloud-screen.module.css'

const SECOND_MS = 1000
const INTERVALS = [10, 30, 60, 300, 900, 3600] as const

/** How sync stands, what waits, and how changes of others come. */
export function SyncSection({ view }: { view: CloudView }): ReactNode {
  const { busy, fault, run } = useTask()
  const sync = async (): Promise<void> => {
    const done = await run(() => window.api.daemon['cloud.sync']({}))
    if (done !== null) setCloudView(done.value)
  }
  // While it is offline the view says why; the same again from the button would be twice.
  const shown = view.state === 'offline' ? (view.fault ?? fault) : fault
  return (
    <section className={cloud.section} aria-labelledby="sync-title">
      <h2 id="sync-title" className="sr-only">
        Sync
      </h2>
      <Standing view={view} />
      <More view={view} />
      {shown !== null && <FaultView fault={shown} tone="waiting" />}
      <div className={cloud.buttons}>
        <Button busy={busy} onClick={() => void sync()}>
          {view.state === 'offline' ? 'Try now' : 'Sync now'}
        </Button>
        {(view.conflicts > 0 || view.refused > 0) && (
          <Button
            kind={view.conflicts > 0 ? 'primary' : 'plain'}
            onClick={() => {
              showCloud({ kind: 'inbox', conflictId: null })
            }}
          >
            {view.conflicts > 0 ? 'Decide…' : 'See why…'}
          </Button>
        )}
      </div>
      <Arrival view={view} />
    </section>
  )
}

// --- internal ---

function Standing({ view }: { view: CloudView }): ReactNode {
  const words = useClock(useCallback((now: number) => syncWords(view, now), [view]))
  return (
    <p className={cloud.state} role="status">
      <StateGlyph state={syncGlyph(view.state)} labelled={false} />
      {words}
    </p>
  )
}

/** What waits, what was refused, and when the server was last and is next asked. */
function More({ view }: { view: CloudView }): ReactNode {
  const text = useClock(useCallback((now: number) => sentences(view, now).join(' '), [view]))
  return text === '' ? null : <p className={cloud.note}>{text}</p>
}

function sentences(view: CloudView, now: number): readonly string[] {
  const { waiting, conflicts, refused, lastSyncAt, nextTryAt, state } = view
  return [
    waiting > 0 && `${plural(waiting, 'change')} of this machine ${waiting === 1 ? 'waits' : 'wait'} to be sent.`,
    conflicts > 0 &&
      `${plural(conflicts, 'forward')} ${conflicts === 1 ? 'was' : 'were'} changed on both sides; nothing was overwritten.`,
    refused > 0 &&
      `The server refused ${plural(refused, 'change')}; edit the ${refused === 1 ? 'forward' : 'forwards'} to send again.`,
    state === 'starting' || lastSyncAt === null
      ? 'Not in touch with the server yet.'
      : state === 'offline'
        ? `Last in sync at ${clockTime(lastSyncAt, now)}.`
        : `Last asked ${formatAgo(lastSyncAt, now)}.`,
    state === 'offline' && nextTryAt !== null && nextTry(nextTryAt, now),
    // While it is away nothing comes, however it would come.
    isInTouch(view) && arrival(view),
  ].filter((part) => part !== false)
}

function isInTouch({ state }: CloudView): boolean {
  return state === 'in-sync' || state === 'waiting' || state === 'conflict'
}

/** How soon one sees what others change: with the server's own notices, or only by asking. */
function arrival({ mode, pollSeconds }: CloudView): string {
  return mode === 'events'
    ? 'Changes of others come at once: this server tells of each.'
    : `Changes of others come within ${formatDuration(pollSeconds * SECOND_MS)}: this server does not tell of them, so Warren asks.`
}

function nextTry(at: string, now: number): string {
  const left = formatCountdown(at, now)
  return left === 'now' ? 'Trying now.' : `Next try in ${left.replaceAll(' ', '\u00a0')}.`
}

function Arrival({ view }: { view: CloudView }): ReactNode {
  const set = async (seconds: string): Promise<void> => {
    const next = await valueOf(window.api.daemon['cloud.setPolling']({ seconds: Number(seconds) }))
    if (next !== null) setCloudView(next)
  }
  const choices = [...new Set<number>([...INTERVALS, view.pollSeconds])].sort((one, other) => one - other)
  return (
    <div className={cloud.interval}>
      <Setting
        label="Ask the server every"
        hint={
          // Only a server that answered has said how it tells.
          view.mode === 'polling' && isInTouch(view)
            ? 'This server does not tell of changes, so Warren asks'
            : 'Used only when the server cannot tell of changes by itself'
        }
      >
        <Select
          label="Ask the server every"
          labelHidden
          value={String(view.pollSeconds)}
          options={choices.map((seconds) => ({ value: String(seconds), label: formatDuration(seconds * SECOND_MS) }))}
          onChange={(seconds) => {
            void set(seconds)
          }}
        />
      </Setting>
    </div>
  )
}
