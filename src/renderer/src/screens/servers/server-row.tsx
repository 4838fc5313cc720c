import { proxyLabel } from '@shared/proxy-url'
import { plural } from '@shared/format'
import { isListedServer } from '@shared/resolved-config'
import { carries } from '@shared/sentence'
import type { ForwardView, SessionSnapshot } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import type { ReactNode } from 'react'
import { useForwards } from '../../stores/forwards'
import { useLink } from '../../stores/link'
import { loginOf } from './login'
import styles from './servers-screen.module.css'

export interface ServerRowProps {
  server: ServerSpec
  servers: readonly ServerSpec[]
  session: SessionSnapshot | undefined
  chosen: boolean
  onOpen: () => void
}

/** One server: where it is, the way to it, whether it is connected, who uses it. */
export function ServerRow({ server, servers, session, chosen, onOpen }: ServerRowProps): ReactNode {
  const localUser = useLink((state) => state.hello?.username ?? '')
  const using = useForwards((state) => countUsing(state.byId, server.id))
  const [all = '0', running = '0'] = using.split(' ')
  const hops = server.jump.map((id) => servers.find((other) => other.id === id)?.name ?? '?')
  return (
    <li>
      <button type="button" className={styles.row} aria-current={chosen || undefined} onClick={onOpen}>
        <span className={styles.title}>
          <span className={styles.name}>{server.name}</span>
          {isListedServer(server) && <span className={styles.badge}>ssh config</span>}
        </span>
        <span className={styles.state} data-state={session?.state ?? 'none'}>
          {sessionGlyph(session)} {sessionWord(session)}
        </span>
        <span className={styles.login}>
          <span className="mono">{loginOf(server, localUser)}</span>
          {server.configHost !== null && !isListedServer(server) && ` by the ssh config of ${server.configHost}`}
          {hops.length > 0 && ` through ${hops.join(' › ')}`}
          {hops.length === 0 && server.proxy !== null && ` through ${proxyLabel(server.proxy)}`}
          {hops.length === 0 && server.proxyCommand !== null && ' through a command'}
        </span>
        <span className={styles.using}>
          {all === '0' ? 'no forwards' : plural(Number(all), 'forward')}
          {running !== '0' && `, ${running} running`}
        </span>
      </button>
    </li>
  )
}

export function sessionWord(session: SessionSnapshot | undefined): string {
  switch (session?.state) {
    case 'ready':
      return 'connected'
    case 'connecting':
      return 'connecting'
    case 'closing':
      return 'closing'
    case undefined:
      return 'not connected'
  }
}

// --- internal ---

function sessionGlyph(session: SessionSnapshot | undefined): string {
  return session === undefined ? '○' : session.state === 'ready' ? '●' : '◌'
}

/** As text, so that a row draws again only when a figure changes. */
function countUsing(byId: ReadonlyMap<string, ForwardView>, id: string): string {
  const using = [...byId.values()].filter((view) => view.spec.serverId === id)
  return `${using.length} ${using.filter((view) => carries(view.snapshot.state)).length}`
}
