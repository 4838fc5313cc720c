import type { ReactNode } from 'react'
import { Button } from '../../components/button'
import { EmptyPicture, EmptyState } from '../../components/empty-state'
import { ListScreen } from '../../listing/list-screen'
import { newForward, showServer } from '../../stores/ui'
import { forwardsListing } from './forwards-listing'

/** Every forward: what runs, why not, what to press. */
export function ForwardsScreen(): ReactNode {
  return <ListScreen listing={forwardsListing} empty={<Nothing />} />
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
