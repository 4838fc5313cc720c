import { ageOf, formatDuration } from '@shared/format'
import { carries } from '@shared/sentence'
import type { ForwardView, SessionSnapshot } from '@shared/snapshots'
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { Fact, FactList } from '../../../detail/fact'
import styles from '../../../detail/facts.module.css'
import { settle } from '../../../stores/call'
import { useClock } from '../../../stores/clock'
import { showServer } from '../../../stores/ui'

/** What is known of a session that is not there. */
const nothing = { remoteAddress: null, serverVersion: null, algorithms: null }

/** The rest, for those who look closely. */
export function Facts({ view }: { view: ForwardView }): ReactNode {
  const { spec, snapshot } = view
  const session = useSession(spec.serverId) ?? nothing
  const uptime = useClock(useCallback((now: number) => formatDuration(ageOf(snapshot.since, now)), [snapshot.since]))
  return (
    <FactList>
      <Fact name="Server">
        <Button
          kind="quiet"
          size="s"
          className={styles.server}
          onClick={() => {
            showServer(spec.serverId)
          }}
        >
          {snapshot.server}
        </Button>
      </Fact>
      {spec.configLine !== null && (
        <Fact name="ssh config" mono>
          {spec.configLine.replace(/^\S+ /, '')}
        </Fact>
      )}
      {snapshot.via.length > 1 && <Fact name="Way">{snapshot.via.join(' › ')}</Fact>}
      {session.remoteAddress !== null && (
        <Fact name="Address" mono>
          {session.remoteAddress}
        </Fact>
      )}
      {session.serverVersion !== null && <Fact name="Software">{session.serverVersion}</Fact>}
      {session.algorithms !== null && (
        <>
          <Fact name="Cipher" mono>
            {session.algorithms.cipher}
          </Fact>
          <Fact name="Key exchange" mono>
            {session.algorithms.kex}
            {session.algorithms.postQuantum ? ' (post-quantum)' : ''}
          </Fact>
          <Fact name="Host key" mono>
            {session.algorithms.hostKey}
          </Fact>
        </>
      )}
      {carries(snapshot.state) && <Fact name={snapshot.asleep ? 'Asleep for' : 'Running for'}>{uptime}</Fact>}
      {snapshot.stopsAt !== null && <Fact name="Stops at">{new Date(snapshot.stopsAt).toLocaleTimeString()}</Fact>}
      {snapshot.health !== null && (
        <Fact name="Health">{`${snapshot.health.healthy ? 'healthy' : 'unhealthy'}: ${snapshot.health.message}`}</Fact>
      )}
      <Fact name="Connections so far">{snapshot.totalConnections.toLocaleString()}</Fact>
      <Fact name="Starts by itself">{spec.autoStart ? 'yes' : 'no'}</Fact>
      {spec.tags.length > 0 && <Fact name="Tags">{spec.tags.join(', ')}</Fact>}
    </FactList>
  )
}

function useSession(serverId: string): SessionSnapshot | undefined {
  const [sessions, setSessions] = useState<readonly SessionSnapshot[]>([])
  useEffect(() => {
    let here = true
    void settle(window.api.daemon['sessions.list']({})).then((result) => {
      if (here && result.ok) setSessions(result.value)
    })
    const stop = window.api.on('sessions.changed', (changed) => {
      setSessions(changed.sessions)
    })
    return () => {
      here = false
      stop()
    }
  }, [])
  return sessions.find((session) => session.serverId === serverId && session.state === 'ready')
}
