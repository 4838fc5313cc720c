import { formatAge, formatCountdown, ageOf } from '@shared/format'
import { carries, needActions, stateWords } from '@shared/sentence'
import type { ForwardSnapshot, ForwardView } from '@shared/snapshots'
import { memo, useCallback, type MouseEvent, type ReactNode } from 'react'
import { Button, IconButton } from '../../components/button'
import { remedyLabel } from '../../components/fault-view'
import { Ellipsis, FileText, LockOpen, Star } from '../../components/icons'
import { openMenu } from '../../components/menu'
import { StateGlyph } from '../../components/state-glyph'
import { Switch } from '../../components/switch'
import { useClock } from '../../stores/clock'
import { applyRemedy, startForwards, stopForwards } from '../../stores/forward-actions'
import { useForward } from '../../stores/forwards'
import { showNeed, useNeed } from '../../stores/needs'
import { useSelection } from '../../stores/selection'
import { forwardEntries } from './forward-menu'
import styles from './forward-row.module.css'
import { Route } from './route'
import { Rate, Sparkline } from './sparkline'

const EXPOSED = 'reachable from the network'
const FROM_CONFIG = 'a line of your ssh config'

export interface ForwardRowProps {
  readonly rowKey: string
  readonly id: string
  /** Depth in a grouped list; `null` in a flat one. */
  readonly level: number | null
  /** Position in the whole list, from 1. */
  readonly position: number
  readonly top: number
  /** Whether Tab leads into this row. */
  readonly reachable: boolean
}

/** One forward in two lines. Draws again only when this forward, its choice or its place changes. */
export const ForwardRow = memo(function ForwardRow(props: ForwardRowProps): ReactNode {
  const { id } = props
  const view = useForward(id)
  const chosen = useSelection((state) => state.chosen.has(id))
  if (view === undefined) return null
  const { snapshot, spec } = view
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
          <span className={styles.name}>{spec.name}</span>
          {spec.favourite && (
            <Star size={12} className={styles.star} role="img" aria-label="favourite" aria-hidden={false} />
          )}
          {spec.configLine !== null && (
            <span className={styles.config} role="img" aria-label={FROM_CONFIG} data-tip={FROM_CONFIG}>
              <FileText size={12} aria-hidden="true" />
            </span>
          )}
          <span className={styles.tags}>
            {spec.tags.map((tag) => (
              <span key={tag} className={styles.tag}>
                {tag}
              </span>
            ))}
          </span>
        </div>
        <div className={styles.where}>
          <Route snapshot={snapshot} />
        </div>
        <SecondLine view={view} />
      </div>
      <div role="gridcell" className={styles.status}>
        <Status snapshot={snapshot} tabIndex={tabIndex} />
      </div>
      <div role="gridcell" className={styles.controls}>
        <Switch
          checked={snapshot.wanted}
          label={spec.name}
          tabIndex={tabIndex}
          onChange={(on) => {
            void (on ? startForwards([id]) : stopForwards([id]))
          }}
        />
        <IconButton
          size="s"
          label={`More for ${spec.name}`}
          aria-haspopup="menu"
          tabIndex={tabIndex}
          onClick={(event: MouseEvent<HTMLButtonElement>) => {
            event.stopPropagation()
            openMenu({ label: spec.name, anchor: event.currentTarget, entries: forwardEntries(id) })
          }}
        >
          <Ellipsis size={16} />
        </IconButton>
      </div>
    </div>
  )
})

/** The hops, then what is unusual: who can reach it, what went wrong. */
function SecondLine({ view: { snapshot } }: { view: ForwardView }): ReactNode {
  const need = useNeed(snapshot.needId)
  const why = snapshot.state === 'needs-you' && need !== undefined ? needActions[need.kind] : troubleOf(snapshot)
  return (
    <div className={styles.second}>
      <span className={styles.via}>via {snapshot.via.join(' › ')}</span>
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
      {why === null && snapshot.notice !== null && (
        <span className={styles.notice} data-tip={snapshot.notice}>
          {snapshot.notice}
        </span>
      )}
    </div>
  )
}

function troubleOf({ state, reason }: ForwardSnapshot): string | null {
  return reason !== null && state !== 'running' && state !== 'stopped' ? reason.message : null
}

/** The rate and its last minute, or the word for why there is none. */
function Status({ snapshot, tabIndex }: { snapshot: ForwardSnapshot; tabIndex: number }): ReactNode {
  const { id, state, since, asleep, stopsAt } = snapshot
  const age = useClock(useCallback((now: number) => formatAge(ageOf(since, now)), [since]))
  const left = useClock(
    useCallback((now: number) => (stopsAt === null ? '' : formatAge(Date.parse(stopsAt) - now)), [stopsAt]),
  )
  if (!carries(state)) {
    return (
      <div className={styles.stuck}>
        <StateText snapshot={snapshot} />
        <Answer snapshot={snapshot} tabIndex={tabIndex} />
      </div>
    )
  }
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

function StateText({ snapshot: { state, nextTryAt } }: { snapshot: ForwardSnapshot }): ReactNode {
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

/** The one button that would get it going, where there is one. */
function Answer({ snapshot, tabIndex }: { snapshot: ForwardSnapshot; tabIndex: number }): ReactNode {
  const { needId, reason, state, id } = snapshot
  if (state === 'needs-you' && needId !== null) {
    return (
      <Button
        size="s"
        tabIndex={tabIndex}
        className={styles.answer}
        onClick={(event) => {
          event.stopPropagation()
          showNeed(needId)
        }}
      >
        Answer
      </Button>
    )
  }
  const remedy = reason?.remedy ?? null
  if (state !== 'failed' || remedy?.action !== 'use-port') return null
  return (
    <Button
      size="s"
      tabIndex={tabIndex}
      onClick={(event) => {
        event.stopPropagation()
        void applyRemedy(id, remedy)
      }}
    >
      {remedyLabel(remedy)}
    </Button>
  )
}
