import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import { Button } from '../components/button'
import { EmptyPicture, EmptyState } from '../components/empty-state'
import { Skeleton } from '../components/skeleton'
import { clearNarrowing } from '../stores/list'
import screen from '../styles/screen.module.css'
import { BulkBar } from './bulk-bar'
import { useRows } from './current-rows'
import { Header } from './header'
import { List } from './list'
import { ListingContext, useListing, type Listing } from './listing'
import { SummaryLine } from './summary-line'

export interface ListScreenProps {
  listing: Listing
  /** What it says while there is nothing to list. */
  empty: ReactNode
}

/** Every forward or relay: what runs, why not, what to press. */
export function ListScreen({ listing, empty }: ListScreenProps): ReactNode {
  const ready = useStore(listing.views, (state) => state.ready)
  const none = useStore(listing.views, (state) => state.byId.size === 0)
  return (
    <ListingContext value={listing}>
      <section className={screen.screen} aria-labelledby={`${listing.screen}-title`}>
        <Header />
        {!ready ? <Skeleton label={`Loading the ${listing.one}s`} /> : none ? empty : <Listed />}
      </section>
    </ListingContext>
  )
}

function Listed(): ReactNode {
  const { list, one } = useListing()
  const { rows } = useRows()
  return (
    <>
      <SummaryLine />
      {rows.length === 0 ? (
        <EmptyState
          picture={<EmptyPicture />}
          actions={
            <Button
              onClick={() => {
                clearNarrowing(list)
              }}
            >
              Show all
            </Button>
          }
        >
          No {one} matches.
        </EmptyState>
      ) : (
        <List rows={rows} />
      )}
      <BulkBar />
    </>
  )
}
