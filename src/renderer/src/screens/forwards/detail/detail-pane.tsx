import { plural } from '@shared/format'
import { forwardSentence, statusLine } from '@shared/sentence'
import type { ForwardView } from '@shared/snapshots'
import { useCallback, useEffect, type ReactNode } from 'react'
import { Button, IconButton } from '../../../components/button'
import { Copy, ExternalLink, ListChecks, LockOpen, Pencil, Terminal, Trash2, X } from '../../../components/icons'
import { StateGlyph } from '../../../components/state-glyph'
import { Switch } from '../../../components/switch'
import { useClock } from '../../../stores/clock'
import { checkForward } from '../../../stores/checks'
import { watchForward } from '../../../stores/connect'
import {
  copyAddress,
  copySshCommand,
  deleteForwards,
  openAddress,
  startForwards,
  stopForwards,
  tryAgain,
  webAddress,
} from '../../../stores/forward-actions'
import { useForward } from '../../../stores/forwards'
import { showNeed, useNeed } from '../../../stores/needs'
import { closePane, editForward, newForward } from '../../../stores/ui'
import { CheckResult } from './check-result'
import { Connections } from './connections'
import styles from './detail-pane.module.css'
import { Facts } from './facts'
import { ForwardFault } from './forward-fault'
import { LogView } from './log-view'
import { Traffic } from './traffic'
import { UseIt } from './use-it'

/** Everything about one forward, what it does in words first. */
export function DetailPane({ forwardId }: { forwardId: string }): ReactNode {
  const view = useForward(forwardId)
  useEffect(() => {
    watchForward(forwardId)
    return () => {
      watchForward(null)
    }
  }, [forwardId])
  if (view === undefined) return null
  return (
    <div className={styles.pane}>
      <Head view={view} />
      <div className={styles.scroller} tabIndex={-1}>
        <Summary view={view} />
        <Trouble view={view} />
        <UseIt view={view} />
        <CheckResult forwardId={forwardId} />
        <Traffic view={view} />
        <Connections forwardId={forwardId} live={view.snapshot.connections} />
        <LogView forwardId={forwardId} />
        <Facts view={view} />
      </div>
      <Foot id={forwardId} fromConfig={view.spec.configLine !== null} />
    </div>
  )
}

function Head({ view: { spec, snapshot } }: { view: ForwardView }): ReactNode {
  return (
    <header className={styles.head}>
      <StateGlyph state={snapshot.state} labelled={false} />
      <h1 className={styles.title}>{spec.name}</h1>
      <Switch
        checked={snapshot.wanted}
        label={`${spec.name} on`}
        onChange={(on) => {
          void (on ? startForwards([spec.id]) : stopForwards([spec.id]))
        }}
      />
      <IconButton label="Close (Esc)" onClick={closePane}>
        <X size={16} />
      </IconButton>
    </header>
  )
}

function Summary({ view }: { view: ForwardView }): ReactNode {
  const { snapshot, spec } = view
  const need = useNeed(snapshot.needId)
  const text = useClock(
    useCallback(
      (now: number) =>
        // The reason has its own place below, with its cure.
        snapshot.state === 'failed' ? 'failed' : statusLine(snapshot, { now, need: need?.kind }),
      [snapshot, need],
    ),
  )
  return (
    <section className={styles.summary} aria-label="Summary">
      <p className={styles.state} data-state={snapshot.state}>
        {text}
        {snapshot.state === 'waiting' && snapshot.attempt > 0 && (
          <span className={styles.attempt}> after {plural(snapshot.attempt, 'attempt')}</span>
        )}
      </p>
      <p className={`${styles.sentence} selectable`}>{forwardSentence(snapshot)}.</p>
      {spec.description !== '' && <p className={`${styles.note} selectable`}>{spec.description}</p>}
      {snapshot.exposed && (
        <p className={styles.exposed}>
          <LockOpen size={14} aria-hidden="true" /> reachable from the network
        </p>
      )}
      {snapshot.notice !== null && <p className={`${styles.notice} selectable`}>{snapshot.notice}.</p>}
      <div className={styles.buttons}>
        <Button size="s" icon={<Copy size={14} />} aria-keyshortcuts="C" onClick={() => void copyAddress(spec.id)}>
          Copy address
        </Button>
        {webAddress(view) !== null && (
          <Button
            size="s"
            icon={<ExternalLink size={14} />}
            aria-keyshortcuts="O"
            onClick={() => void openAddress(spec.id)}
          >
            Open
          </Button>
        )}
        <Button size="s" icon={<Terminal size={14} />} onClick={() => void copySshCommand(spec.id)}>
          Copy ssh command
        </Button>
        <Button
          size="s"
          icon={<ListChecks size={14} />}
          aria-keyshortcuts="K"
          data-tip="Tries each step of a start (K)"
          onClick={() => void checkForward(spec.id)}
        >
          Check
        </Button>
      </div>
    </section>
  )
}

/** What stands in the way and the buttons that clear it. */
function Trouble({ view: { snapshot } }: { view: ForwardView }): ReactNode {
  const { state, reason, needId, id } = snapshot
  if (state === 'needs-you' && needId !== null) {
    return (
      <Button
        kind="primary"
        className={styles.answer}
        onClick={() => {
          showNeed(needId)
        }}
      >
        Answer
      </Button>
    )
  }
  if (reason === null || state === 'stopped' || state === 'running') return null
  const retryable = (state === 'failed' || state === 'waiting') && reason.remedy?.action !== 'retry'
  return (
    <ForwardFault forwardId={id} fault={reason} tone={state === 'failed' ? 'failed' : 'waiting'}>
      {retryable && (
        <Button size="s" onClick={() => void tryAgain(id)}>
          {state === 'waiting' ? 'Retry now' : 'Try again'}
        </Button>
      )}
    </ForwardFault>
  )
}

function Foot({ id, fromConfig }: { id: string; fromConfig: boolean }): ReactNode {
  return (
    <footer className={styles.foot}>
      <Button
        size="s"
        icon={<Pencil size={14} />}
        aria-keyshortcuts="E"
        onClick={() => {
          editForward(id)
        }}
      >
        Edit
      </Button>
      <Button
        size="s"
        icon={<Copy size={14} />}
        onClick={() => {
          newForward({ copyOf: id })
        }}
      >
        Duplicate
      </Button>
      <span className={styles.space} />
      {!fromConfig && (
        <Button
          size="s"
          icon={<Trash2 size={14} />}
          aria-keyshortcuts="Delete"
          onClick={() => void deleteForwards([id])}
        >
          Delete
        </Button>
      )}
    </footer>
  )
}
