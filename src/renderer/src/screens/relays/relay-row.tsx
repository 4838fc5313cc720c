import { plural } from '@shared/format'
import type { RelayView } from '@shared/relay-snapshots'
import { memo, type ReactNode } from 'react'
import type { RowProps } from '../../listing/listing'
import { Route } from '../../listing/route'
import { ListRow, UsePort } from '../../listing/row'
import { applyRelayRemedy } from '../../stores/relay-actions'
import { useRelay } from '../../stores/relays'
import { troubleOf } from '../../stores/view-actions'
import { limitsInWords } from '../../traffic/limits-form'

/** One relay in two lines. Draws again only when this relay, its choice or its place changes. */
export const RelayRow = memo(function RelayRow(props: RowProps): ReactNode {
  const view = useRelay(props.id)
  if (view === undefined) return null
  const { snapshot } = view
  return (
    <ListRow
      {...props}
      view={view}
      route={<Route snapshot={snapshot} more={snapshot.targets.length - 1} />}
      via={viaOf(view)}
      why={troubleOf(snapshot)?.message ?? null}
      answer={
        <UsePort
          view={view}
          tabIndex={props.reachable ? 0 : -1}
          onUsePort={(port) => void applyRelayRemedy(props.id, { action: 'use-port', port })}
        />
      }
    />
  )
})

// --- internal ---

/** `TCP · 3 connections · 50 GB a month`: what it speaks, who is there, what it is limited to. */
function viaOf({ spec, snapshot }: RelayView): string {
  const { protocol } = spec
  const live = protocol === 'udp' ? 'session' : 'connection'
  const limits = limitsInWords(spec.limits, `${live}s`)
  const parts = [
    protocol.toUpperCase(),
    snapshot.connections === 0 ? '' : plural(snapshot.connections, live),
    limits === '' ? '' : `limited to ${limits}`,
  ]
  return parts.filter((part) => part !== '').join(' · ')
}
