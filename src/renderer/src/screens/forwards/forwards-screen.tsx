import type { ReactNode } from 'react'
import { Button } from '../../components/button'
import { EmptyPicture, EmptyState } from '../../components/empty-state'
import { Skeleton } from '../../components/skeleton'
import { useForwards } from '../../stores/forwards'
import { clearNarrowing } from '../../stores/list'
import { newForward, showServer } from '../../stores/ui'
import screen from '../../styles/screen.module.css'
import { BulkBar } from './bulk-bar'
import { useRows } from './current-rows'
import { ForwardList } from './forward-list'
import { ForwardsHeader } from './forwards-header'
import { SummaryLine } from './summary-line'

/** Every forward: what runs, why not, what to press. */
export function ForwardsScreen(): ReactNode {
  const ready = useForwards((state) => state.ready)
  const none = useForwards((state) => state.byId.size === 0)
  return (
    <section className={screen.screen} aria-labelledby="forwards-title">
      <ForwardsHeader />
      {!ready ? <Skeleton label="Loading the forwards" /> : none ? <Nothing /> : <Listed />}
    </section>
  )
}

function Listed(): ReactNode {
  const { rows } = useRows()
  return (
    <>
      <SummaryLine />
      {rows.length === 0 ? (
        <EmptyState picture={<EmptyPicture />} actions={<Button onClick={clearNarrowing}>Show all</Button>}>
          No forward matches.
        </EmptyState>
      ) : (
        <ForwardList rows={rows} />
      )}
      <BulkBar />
    </>
  )
}

function Nothing(): ReactNode {
  return (
    <EmptyState
      picture={<EmptyPicture />}
      actions={
        <>
          <Button
            kind="primary"
            onClick={() => {
              newForward()
            }}
          >
            New forward
          </Button>
          <Button
            onClick={() => {
              showServer('new')
            }}
          >
            Add a server
          </Button>
        </>
      }
    >
      There is no forward yet. One brings a service behind a server to a port of this machine.
    </EmptyState>
  )
}
