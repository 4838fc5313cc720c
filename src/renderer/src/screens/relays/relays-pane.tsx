import { lazy, type ReactNode } from 'react'
import { Pane } from '../../shell/pane'
import { closeRelayPane, useUi } from '../../stores/ui'

const RelayDetail = lazy(() => import('./detail/relay-detail').then((module) => ({ default: module.RelayDetail })))
const RelayEditor = lazy(() => import('./editor/relay-editor').then((module) => ({ default: module.RelayEditor })))

/** Beside the relays: the detail of one, or its form. */
export function RelaysPane(): ReactNode {
  const pane = useUi((state) => state.relayPane)
  if (pane === null) return <Pane label={null}>{null}</Pane>
  if (pane.kind === 'detail') {
    return (
      <Pane label="Details">
        <RelayDetail key={pane.relayId} relayId={pane.relayId} />
      </Pane>
    )
  }
  return (
    <Pane label={pane.relayId === null ? 'New relay' : 'Edit relay'}>
      <RelayEditor
        key={`${pane.relayId ?? 'new'} ${pane.start.protocol ?? ''} ${pane.start.copyOf ?? ''}`}
        relayId={pane.relayId}
        start={pane.start}
        onClose={closeRelayPane}
      />
    </Pane>
  )
}
