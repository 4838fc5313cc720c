import { useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { EmptyPicture, EmptyState } from '../../components/empty-state'
import { TextField } from '../../components/field'
import { Select } from '../../components/select'
import { Skeleton } from '../../components/skeleton'
import screen from '../../styles/screen.module.css'
import styles from './activity-screen.module.css'
import { EventRow } from './event-row'
import { groupByDay, narrow, type ActivityFilter } from './feed'
import { useActivity } from './use-activity'
import { useRemoved } from './use-removed'

const filters: readonly { value: ActivityFilter; label: string }[] = [
  { value: 'all', label: 'Everything' },
  { value: 'runs', label: 'Starts and stops' },
  { value: 'trouble', label: 'Trouble' },
  { value: 'needs-you', label: 'Needs you' },
  { value: 'changes', label: 'Changes' },
]

/** What happened and when, newest first. */
export function ActivityScreen(): ReactNode {
  const { events, hasMore, loadMore } = useActivity()
  const [filter, setFilter] = useState<ActivityFilter>('all')
  const [search, setSearch] = useState('')
  const removed = useRemoved()
  const days = groupByDay(narrow(events ?? [], { filter, search }), new Date())
  return (
    <section className={screen.screen} aria-labelledby="activity-title">
      <header className={screen.header}>
        <h1 id="activity-title" className={screen.title}>
          Activity
        </h1>
        <TextField
          label="Search the activity"
          labelHidden
          type="search"
          placeholder="Search"
          className={styles.search}
          value={search}
          onChange={setSearch}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && search !== '') setSearch('')
          }}
        />
        <Select
          label="Show"
          labelHidden
          className={styles.filter}
          value={filter}
          options={filters}
          onChange={setFilter}
        />
      </header>
      {events === null ? (
        <Skeleton label="Loading the activity" />
      ) : events.length === 0 ? (
        <EmptyState picture={<EmptyPicture />}>
          Nothing happened yet. Starts, stops and failures show up here.
        </EmptyState>
      ) : days.length === 0 ? (
        <EmptyState
          picture={<EmptyPicture />}
          actions={
            <Button
              onClick={() => {
                setFilter('all')
                setSearch('')
              }}
            >
              Show everything
            </Button>
          }
        >
          Nothing matches.
        </EmptyState>
      ) : (
        <div className={screen.body} tabIndex={0} role="region" aria-label="Events">
          {days.map((day) => (
            <section key={day.key} aria-label={day.label}>
              <h2 className={styles.day}>{day.label}</h2>
              <ul>
                {day.events.map((event) => (
                  <EventRow key={event.id} event={event} removed={removed} />
                ))}
              </ul>
            </section>
          ))}
          {hasMore && (
            <div className={styles.more}>
              <Button onClick={loadMore}>Show older</Button>
            </div>
          )}
        </div>
      )}
    </section>
  )
}
