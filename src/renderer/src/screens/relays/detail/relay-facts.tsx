import { ageOf, formatDuration } from '@shared/format'
import { UDP_IDLE_SECONDS } from '@shared/relays'
import type { RelayView } from '@shared/relay-snapshots'
import { carries } from '@shared/sentence'
import { useCallback, type ReactNode } from 'react'
import { Fact, FactList } from '../../../detail/fact'
import { useClock } from '../../../stores/clock'

const SECOND_MS = 1000

/** The rest of a relay, for those who look closely. */
export function RelayFacts({ view: { spec, snapshot } }: { view: RelayView }): ReactNode {
  const isUdp = spec.protocol === 'udp'
  const uptime = useClock(useCallback((now: number) => formatDuration(ageOf(snapshot.since, now)), [snapshot.since]))
  const idle = spec.idleSeconds ?? (isUdp ? UDP_IDLE_SECONDS : null)
  return (
    <FactList>
      <Fact name="Protocol">{spec.protocol.toUpperCase()}</Fact>
      {carries(snapshot.state) && <Fact name="Running for">{uptime}</Fact>}
      <Fact name={isUdp ? 'Sessions so far' : 'Connections so far'}>{snapshot.totalConnections.toLocaleString()}</Fact>
      {spec.allow.length > 0 && (
        <Fact name="May connect" mono>
          {spec.allow.join(', ')}
        </Fact>
      )}
      {spec.deny.length > 0 && (
        <Fact name="May not connect" mono>
          {spec.deny.join(', ')}
        </Fact>
      )}
      {spec.acceptProxy && <Fact name="Takes">PROXY protocol header of clients</Fact>}
      {spec.sendProxy !== null && <Fact name="Sends">PROXY protocol header {spec.sendProxy}</Fact>}
      {!isUdp && <Fact name="Gives up connecting">after {formatDuration(spec.connectTimeoutSeconds * SECOND_MS)}</Fact>}
      <Fact name="Ends when idle">{idle === null ? 'never' : `after ${formatDuration(idle * SECOND_MS)}`}</Fact>
      <Fact name="Starts by itself">{spec.autoStart ? 'yes' : 'no'}</Fact>
      {spec.origin === 'x-port-forward' && <Fact name="Made by">a panel, over X Port Forward</Fact>}
      {spec.tags.length > 0 && <Fact name="Tags">{spec.tags.join(', ')}</Fact>}
    </FactList>
  )
}
