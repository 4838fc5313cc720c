import { lazy, type ReactNode } from 'react'
import { Pane } from '../../shell/pane'
import { closePane, useUi } from '../../stores/ui'

const DetailPane = lazy(() => import('./detail/detail-pane').then((module) => ({ default: module.DetailPane })))
const ForwardEditor = lazy(() =>
  import('../editor/forward-editor').then((module) => ({ default: module.ForwardEditor })),
)

/** Beside the forwards: the detail of one, or its form. */
export function ForwardsPane(): ReactNode {
  const pane = useUi((state) => state.pane)
  if (pane === null) return <Pane label={null}>{null}</Pane>
  if (pane.kind === 'detail') {
    return (
      <Pane label="Details">
        <DetailPane key={pane.forwardId} forwardId={pane.forwardId} />
      </Pane>
    )
  }
  return (
    <Pane label={pane.forwardId === null ? 'New forward' : 'Edit forward'}>
      <ForwardEditor
        key={`${pane.forwardId ?? 'new'} ${pane.start.type ?? ''} ${pane.start.copyOf ?? ''}`}
        forwardId={pane.forwardId}
        start={pane.start}
        onClose={closePane}
      />
    </Pane>
  )
}
