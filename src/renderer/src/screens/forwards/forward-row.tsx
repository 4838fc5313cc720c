import { needActions } from '@shared/sentence'
import type { ForwardView } from '@shared/snapshots'
import { memo, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { FileText } from '../../components/icons'
import { SpaceBadge } from '../../components/space-badge'
import type { RowProps } from '../../listing/listing'
import { Route } from '../../listing/route'
import { ListRow, UsePort } from '../../listing/row'
import styles from '../../listing/row.module.css'
import { remarkOf } from '../../sharing/words'
import { applyRemedy } from '../../stores/forward-actions'
import { useForward } from '../../stores/forwards'
import { showNeed, useNeed } from '../../stores/needs'
import { troubleOf } from '../../stores/view-actions'

const FROM_CONFIG = 'a line of your ssh config'

/** One forward in two lines. Draws again only when this forward, its choice or its place changes. */
export const ForwardRow = memo(function ForwardRow(props: RowProps): ReactNode {
  const view = useForward(props.id)
  const need = useNeed(view?.snapshot.needId ?? null)
  if (view === undefined) return null
  const { cloud, spec, snapshot } = view
  const asked = snapshot.state === 'needs-you' && need !== undefined ? needActions[need.kind] : null
  return (
    <ListRow
      {...props}
      view={view}
      badge={
        <>
          {spec.configLine !== null && <FromConfig />}
          {cloud !== null && <SpaceBadge cloud={cloud} />}
        </>
      }
      route={<Route snapshot={snapshot} />}
      via={[`via ${snapshot.via.join(' › ')}`, ...(cloud?.activeElsewhere === true ? ['runs elsewhere'] : [])].join(
        ' · ',
      )}
      why={asked ?? troubleOf(snapshot)?.message ?? null}
      remark={remarkOf(cloud)}
      asleep={snapshot.asleep}
      stopsAt={snapshot.stopsAt}
      answer={<Answer view={view} tabIndex={props.reachable ? 0 : -1} />}
    />
  )
})

function FromConfig(): ReactNode {
  return (
    <span className={styles.config} role="img" aria-label={FROM_CONFIG} data-tip={FROM_CONFIG}>
      <FileText size={12} aria-hidden="true" />
    </span>
  )
}

/** The one button that would get it going, where there is one. */
function Answer({ view, tabIndex }: { view: ForwardView; tabIndex: number }): ReactNode {
  const { needId, state, id } = view.snapshot
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
  return (
    <UsePort view={view} tabIndex={tabIndex} onUsePort={(port) => void applyRemedy(id, { action: 'use-port', port })} />
  )
}
