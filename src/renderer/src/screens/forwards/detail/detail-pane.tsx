import { forwardSentence, statusLine } from '@shared/sentence'
import type { ForwardView } from '@shared/snapshots'
import { useCallback, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { ListChecks, Terminal } from '../../../components/icons'
import { Connections } from '../../../detail/connections'
import { DetailFrame, Summary, TryAgain } from '../../../detail/frame'
import { LogView } from '../../../detail/log-view'
import styles from '../../../detail/pane.module.css'
import { Section } from '../../../detail/section'
import { Traffic } from '../../../detail/traffic'
import { checkForward } from '../../../stores/checks'
import { useClock } from '../../../stores/clock'
import { copySshCommand, forwardActions, isRemovable, webAddress } from '../../../stores/forward-actions'
import { useForward } from '../../../stores/forwards'
import { showNeed, useNeed } from '../../../stores/needs'
import { closePane, editForward, newForward } from '../../../stores/ui'
import { troubleOf } from '../../../stores/view-actions'
import { TrafficBooks, TrafficBooksAside } from '../../../traffic/books'
import { EndedConnections } from '../../../traffic/ended-connections'
import { CheckResult } from './check-result'
import { Facts } from './facts'
import { ForwardLimits } from './forward-limits'
import { ForwardFault } from './forward-fault'
import { Sharing } from './sharing'
import { UseIt } from './use-it'

/** Everything about one forward, what it does in words first. */
export function DetailPane({ forwardId }: { forwardId: string }): ReactNode {
  const view = useForward(forwardId)
  if (view === undefined) return null
  return (
    <DetailFrame
      view={view}
      actions={forwardActions}
      removable={isRemovable(view)}
      onClose={closePane}
      onEdit={() => {
        editForward(forwardId)
      }}
      onDuplicate={() => {
        newForward({ copyOf: forwardId })
      }}
    >
      <What view={view} />
      <Trouble view={view} />
      <UseIt view={view} />
      <Sharing view={view} />
      <CheckResult forwardId={forwardId} />
      <Traffic view={view} />
      <Section title="Usage" aside={<TrafficBooksAside id={forwardId} name={view.spec.name} />}>
        <TrafficBooks id={forwardId} />
      </Section>
      <ForwardLimits view={view} />
      <Connections forwardId={forwardId} live={view.snapshot.connections} />
      <Section title="Ended connections">
        <EndedConnections id={forwardId} />
      </Section>
      <LogView forwardId={forwardId} />
      <Facts view={view} />
    </DetailFrame>
  )
}

// --- internal ---

function What({ view }: { view: ForwardView }): ReactNode {
  const { snapshot, spec } = view
  const need = useNeed(snapshot.needId)
  const status = useClock(
    useCallback(
      (now: number) =>
        // The reason has its own place below, with its cure.
        snapshot.state === 'failed' ? 'failed' : statusLine(snapshot, { now, need: need?.kind }),
      [snapshot, need],
    ),
  )
  return (
    <Summary
      view={view}
      status={status}
      sentence={forwardSentence(snapshot)}
      actions={forwardActions}
      canOpen={webAddress(view) !== null}
    >
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
    </Summary>
  )
}

/** What stands in the way and the buttons that clear it. */
function Trouble({ view }: { view: ForwardView }): ReactNode {
  const { state, needId, id } = view.snapshot
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
  const fault = troubleOf(view.snapshot)
  if (fault === null) return null
  return (
    <ForwardFault forwardId={id} fault={fault} tone={state === 'failed' ? 'failed' : 'waiting'}>
      <TryAgain view={view} actions={forwardActions} />
    </ForwardFault>
  )
}
