import { relaySentence, describeRelay } from '@shared/relay-sentence'
import type { RelayView } from '@shared/relay-snapshots'
import { statusLine } from '@shared/sentence'
import { useCallback, type ReactNode } from 'react'
import { FaultView } from '../../../components/fault-view'
import { Connections } from '../../../detail/connections'
import { DetailFrame, Summary, TryAgain } from '../../../detail/frame'
import { LogView } from '../../../detail/log-view'
import { Section } from '../../../detail/section'
import { Traffic } from '../../../detail/traffic'
import { useClock } from '../../../stores/clock'
import { applyRelayRemedy, relayActions, relayWebAddress } from '../../../stores/relay-actions'
import { useRelay } from '../../../stores/relays'
import { closeRelayPane, editRelay, newRelay } from '../../../stores/ui'
import { troubleOf } from '../../../stores/view-actions'
import { TrafficBooks, TrafficBooksAside } from '../../../traffic/books'
import { EndedConnections } from '../../../traffic/ended-connections'
import { RelayFacts } from './relay-facts'
import { RelayLimits } from './relay-limits'
import { Targets } from './targets'

/** Everything about one relay, what it does in words first. */
export function RelayDetail({ relayId }: { relayId: string }): ReactNode {
  const view = useRelay(relayId)
  if (view === undefined) return null
  const isUdp = view.spec.protocol === 'udp'
  return (
    <DetailFrame
      view={view}
      actions={relayActions}
      removable
      onClose={closeRelayPane}
      onEdit={() => {
        editRelay(relayId)
      }}
      onDuplicate={() => {
        newRelay({ copyOf: relayId })
      }}
    >
      <What view={view} />
      <Trouble view={view} />
      <Targets view={view} />
      <Traffic view={view} />
      <Section title="Usage" aside={<TrafficBooksAside id={relayId} name={view.spec.name} />}>
        <TrafficBooks id={relayId} />
      </Section>
      <RelayLimits view={view} />
      <Connections
        forwardId={relayId}
        live={view.snapshot.connections}
        title={isUdp ? 'Sessions' : 'Connections'}
        one={isUdp ? 'session' : 'connection'}
      />
      <Section title={isUdp ? 'Ended sessions' : 'Ended connections'}>
        <EndedConnections id={relayId} />
      </Section>
      <LogView forwardId={relayId} />
      <RelayFacts view={view} />
    </DetailFrame>
  )
}

// --- internal ---

function What({ view }: { view: RelayView }): ReactNode {
  const { spec, snapshot } = view
  const status = useClock(
    useCallback(
      (now: number) =>
        // The reason has its own place below, with its cure.
        snapshot.state === 'failed' ? 'failed' : statusLine(snapshot, { now }),
      [snapshot],
    ),
  )
  return (
    <Summary
      view={view}
      status={status}
      sentence={relaySentence(describeRelay(spec, snapshot))}
      actions={relayActions}
      canOpen={relayWebAddress(view) !== null}
    />
  )
}

/** What stands in the way and the buttons that clear it. */
function Trouble({ view }: { view: RelayView }): ReactNode {
  const fault = troubleOf(view.snapshot)
  if (fault === null) return null
  const { id, state } = view.snapshot
  return (
    <FaultView
      fault={fault}
      tone={state === 'failed' ? 'failed' : 'waiting'}
      remedyWord={fault.remedy?.action === 'edit-forward' ? 'Edit the relay' : undefined}
      onRemedy={(remedy) => void applyRelayRemedy(id, remedy)}
    >
      <TryAgain view={view} actions={relayActions} />
    </FaultView>
  )
}
