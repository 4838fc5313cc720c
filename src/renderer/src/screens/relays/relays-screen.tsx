import type { ReactNode } from 'react'
import { Button } from '../../components/button'
import { EmptyPicture, EmptyState } from '../../components/empty-state'
import { ListScreen } from '../../listing/list-screen'
import { newRelay } from '../../stores/ui'
import { relaysListing } from './relays-listing'

/** Every relay: what runs, why not, what to press. */
export function RelaysScreen(): ReactNode {
  return <ListScreen listing={relaysListing} empty={<Nothing />} />
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
              newRelay({ protocol: 'tcp' })
            }}
          >
            New TCP relay
          </Button>
          <Button
            onClick={() => {
              newRelay({ protocol: 'udp' })
            }}
          >
            New UDP relay
          </Button>
        </>
      }
    >
      There is no relay yet. One passes a port of this machine on to another machine, without SSH.
    </EmptyState>
  )
}
