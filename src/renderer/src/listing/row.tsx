import { ageOf, formatAge, formatCountdown } from '@shared/format'
import { carries, stateWords } from '@shared/sentence'
import { useCallback, type MouseEvent, type ReactNode } from 'react'
import { Button, IconButton } from '../components/button'
import { remedyLabel } from '../components/fault-view'
import { Ellipsis, LockOpen, Star } from '../components/icons'
import { openMenu } from '../components/menu'
import { StateGlyph } from '../components/state-glyph'
import { Switch } from '../components/switch'
import { useClock } from '../stores/clock'
import { useSelection } from '../stores/selection'
import type { ListedView } from '../stores/views'
import { useListing, type RowProps } from './listing'
import { rowEntries } from './menu'
import styles from './row.module.css'
import { Rate, Sparkline } from './sparkline'

const EXPOSED = 'reachable from the network'

export interface ListRowProps extends RowProps {
  view: ListedView
  /** A mark behind the name. */
  badge?: ReactNode
  route: ReactNode
  /** First thing in the second line: the way, the protocol. */
  via: string
  /** What stands in the way, in words. */
  why: string | null
  /** What is worth a sentence though nothing stands in the way. */
  remark?: { readonly tone: 'needs' | 'failed' | 'waiting'; readonly text: string } | null | undefined
  /** Listens without a session behind it. */
  asleep?: boolean | undefined
  /** ISO 8601, when it stops by itself. */
  stopsAt?: string | null | undefined
  /** Beside the word of a state that carries nothing: the one button that would get it going. */
  answer?: ReactNode
}

/** One forward or relay in two lines. */
export function ListRow(props: ListRowProps): ReactNode {
  const { id, view } = props
  const { spec, snapshot } = view
  const listing = useListing()
  const chosen = useSelection(listing.selection, (state) => state.chosen.has(id))
  const tabIndex = props.reachable ? 0 : -1
  return (
    <div
      role="row"
      aria-rowindex={props.position}
      aria-level={props.level ?? undefined}
      aria-selected={chosen}
      tabIndex={tabIndex}
      data-row-key={props.rowKey}
      data-id={id}
      className={styles.row}
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <div role="gridcell" className={styles.glyph}>
        <StateGlyph state={snapshot.state} />
      </div>
      <div role="gridcell" className={styles.what} data-range={snapshot.portCount > 1 || undefined}>
        <div className={styles.first}>
          <span className={styles.name} data-tip={spec.name} data-tip-when="cut">
            {spec.name}
          </span>
          {spec.favourite && (
            <Star size={12} className={styles.star} role="img" aria-label="favourite" aria-hidden={false} />
          )}
          {props.badge}
          <span className={styles.tags}>
            {spec.tags.map((tag) => (
              <span key={tag} className={styles.tag}>
                {tag}
              </span>
            ))}
          </span>
        </div>
        <div className={styles.where}>{props.route}</div>
        <SecondLine via={props.via} why={props.why} remark={props.remark ?? null} snapshot={snapshot} />
      </div>
      <div role="gridcell" className={styles.status}>
        {carries(snapshot.state) ? (
          <Flow snapshot={snapshot} asleep={props.asleep} stopsAt={props.stopsAt} />
        ) : (
          <div className={styles.stuck}>
            <StateText snapshot={snapshot} />
            {props.answer}
          </div>
        )}
      </div>
      <div role="gridcell" className={styles.controls}>
        <Switch
          checked={snapshot.wanted}
          label={spec.name}
          tabIndex={tabIndex}
          onChange={(on) => {
            void (on ? listing.actions.start([id]) : listing.actions.stop([id]))
          }}
        />
        <IconButton
          size="s"
          label={`More for ${spec.name}`}
          aria-haspopup="menu"
          tabIndex={tabIndex}
          onClick={(event: MouseEvent<HTMLButtonElement>) => {
            event.stopPropagation()
            openMenu({ label: spec.name, anchor: event.currentTarget, entries: rowEntries(listing, id) })
          }}
        >
          <Ellipsis size={16} />
        </IconButton>
      </div>
    </div>
  )
}

export interface AnswerProps {
  view: ListedView
  tabIndex: number
  /** Puts the listening end on this port and starts. */
  onUsePort: (port: number) => void
}

/** The free port, where another program holds the one that was asked for. */
export function UsePort({ view, tabIndex, onUsePort }: AnswerProps): ReactNode {
  const { reason, state } = view.snapshot
  const remedy = reason?.remedy ?? null
  if (state !== 'failed' || remedy?.action !== 'use-port') return null
  return (
    <Button
      size="s"
      tabIndex={tabIndex}
      onClick={(event) => {
        event.stopPropagation()
        onUsePort(remedy.port)
      }}
    >
      {remedyLabel(remedy)}
    </Button>
  )
}

// --- internal ---

type Snapshot = ListedView['snapshot']

/** The way, then what is unusual: who can reach it, what went wrong. */
function SecondLine(props: {
  via: string
  why: string | null
  remark: NonNullable<ListRowProps['remark']> | null
  snapshot: Snapshot
}): ReactNode {
  const { via, why, snapshot } = props
  const notice = snapshot.notice === null ? null : ({ tone: 'waiting', text: snapshot.notice } as const)
  const remark = why === null ? (props.remark ?? notice) : null
  return (
    <div className={styles.second}>
      <span className={styles.via} data-tip={via} data-tip-when="cut">
        {via}
      </span>
      {snapshot.exposed && (
        <span className={styles.exposed} data-tip={EXPOSED}>
          <LockOpen size={12} aria-hidden="true" />
          <span className={styles.words}>{EXPOSED}</span>
          <span className={styles.word} aria-hidden="true">
            network
          </span>
        </span>
      )}
      {why !== null && (
        <span className={styles.why} data-tip={why}>
          {why}
        </span>
      )}
      {remark !== null && (
        <span className={styles.notice} data-tone={remark.tone} data-tip={remark.text}>
          {remark.text}
        </span>
      )}
    </div>
  )
}

interface FlowProps extends Pick<ListRowProps, 'asleep' | 'stopsAt'> {
  snapshot: Snapshot
}

/** The rate and its last minute, and for how long it has been so. */
function Flow({ snapshot: { id, since, state }, asleep = false, stopsAt = null }: FlowProps): ReactNode {
  const age = useClock(useCallback((now: number) => formatAge(ageOf(since, now)), [since]))
  const left = useClock(
    useCallback((now: number) => (stopsAt === null ? '' : formatAge(Date.parse(stopsAt) - now)), [stopsAt]),
  )
  return (
    <>
      <div className={styles.rate}>
        <span className={styles.figure}>
          <Rate id={id} />
        </span>
        <Sparkline id={id} />
      </div>
      <div className={styles.age}>
        {state === 'degraded' && <span className={styles.amber}>degraded · </span>}
        {asleep ? 'asleep · ' : <span className="sr-only">running for </span>}
        {age}
        {left !== '' && ` · stops in ${left}`}
      </div>
    </>
  )
}

function StateText({ snapshot: { state, nextTryAt } }: { snapshot: Snapshot }): ReactNode {
  const text = useClock(
    useCallback(
      (now: number) => {
        if (state !== 'waiting') return stateWords[state]
        if (nextTryAt === null) return 'waiting'
        const left = formatCountdown(nextTryAt, now)
        return left === 'now' ? 'retrying now' : `retry in ${left}`
      },
      [state, nextTryAt],
    ),
  )
  return (
    <div className={styles.state} data-state={state}>
      {text}
    </div>
  )
}
