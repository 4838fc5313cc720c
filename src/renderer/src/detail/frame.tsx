import { plural } from '@shared/format'
import { useEffect, type ReactNode } from 'react'
import { Button, IconButton } from '../components/button'
import { Copy, ExternalLink, LockOpen, Pencil, Trash2, X } from '../components/icons'
import { StateGlyph } from '../components/state-glyph'
import { Switch } from '../components/switch'
import { watchTraffic } from '../stores/connect'
import type { ViewActions } from '../stores/view-actions'
import type { ListedView } from '../stores/views'
import styles from './pane.module.css'

export interface DetailFrameProps {
  view: ListedView
  actions: ViewActions
  onClose: () => void
  onEdit: () => void
  onDuplicate: () => void
  /** False for what is written elsewhere. */
  removable: boolean
  children: ReactNode
}

/** The pane of one forward or relay: its name and switch on top, what can be done with it below. */
export function DetailFrame(props: DetailFrameProps): ReactNode {
  const { view, actions } = props
  const { id } = view.spec
  useEffect(() => {
    watchTraffic(id)
    return () => {
      watchTraffic(null)
    }
  }, [id])
  return (
    <div className={styles.pane}>
      <header className={styles.head}>
        <StateGlyph state={view.snapshot.state} labelled={false} />
        <h1 className={styles.title} data-tip={view.spec.name} data-tip-when="cut">
          {view.spec.name}
        </h1>
        <Switch
          checked={view.snapshot.wanted}
          label={`${view.spec.name} on`}
          onChange={(on) => {
            void (on ? actions.start([id]) : actions.stop([id]))
          }}
        />
        <IconButton label="Close (Esc)" onClick={props.onClose}>
          <X size={16} />
        </IconButton>
      </header>
      <div className={styles.scroller} tabIndex={-1}>
        {props.children}
      </div>
      <footer className={styles.foot}>
        <Button size="s" icon={<Pencil size={14} />} aria-keyshortcuts="E" onClick={props.onEdit}>
          Edit
        </Button>
        <Button size="s" icon={<Copy size={14} />} onClick={props.onDuplicate}>
          Duplicate
        </Button>
        <span className={styles.space} />
        {props.removable && (
          <Button
            size="s"
            icon={<Trash2 size={14} />}
            aria-keyshortcuts="Delete"
            onClick={() => void actions.remove([id])}
          >
            Delete
          </Button>
        )}
      </footer>
    </div>
  )
}

export interface SummaryProps {
  view: ListedView
  /** The state in one line. */
  status: string
  /** What it does, without the full stop. */
  sentence: string
  actions: ViewActions
  canOpen: boolean
  /** More buttons. */
  children?: ReactNode
}

/** How it is and what it does, in words, with the address to take along. */
export function Summary({ view, status, sentence, actions, canOpen, children }: SummaryProps): ReactNode {
  const { snapshot, spec } = view
  return (
    <section className={styles.summary} aria-label="Summary">
      <p className={styles.state} data-state={snapshot.state}>
        {status}
        {snapshot.state === 'waiting' && snapshot.attempt > 0 && (
          <span className={styles.attempt}> after {plural(snapshot.attempt, 'attempt')}</span>
        )}
      </p>
      <p className={`${styles.sentence} selectable`}>{sentence}.</p>
      {spec.description !== '' && <p className={`${styles.note} selectable`}>{spec.description}</p>}
      {snapshot.exposed && (
        <p className={styles.exposed}>
          <LockOpen size={14} aria-hidden="true" /> reachable from the network
        </p>
      )}
      {snapshot.notice !== null && <p className={`${styles.notice} selectable`}>{snapshot.notice}.</p>}
      <div className={styles.buttons}>
        <Button
          size="s"
          icon={<Copy size={14} />}
          aria-keyshortcuts="C"
          onClick={() => void actions.copyAddress(spec.id)}
        >
          Copy address
        </Button>
        {canOpen && (
          <Button
            size="s"
            icon={<ExternalLink size={14} />}
            aria-keyshortcuts="O"
            onClick={() => void actions.openAddress(spec.id)}
          >
            Open
          </Button>
        )}
        {children}
      </div>
    </section>
  )
}

/** The way out of a fault that every one has: to try again. A remedy that says the same leaves no room for it. */
export function TryAgain({ view, actions }: { view: ListedView; actions: ViewActions }): ReactNode {
  const { state, reason, id } = view.snapshot
  if ((state !== 'failed' && state !== 'waiting') || reason?.remedy?.action === 'retry') return null
  return (
    <Button size="s" onClick={() => void actions.tryAgain(id)}>
      {state === 'waiting' ? 'Retry now' : 'Try again'}
    </Button>
  )
}
