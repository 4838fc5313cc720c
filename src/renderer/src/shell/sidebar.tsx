import { formatRate } from '@shared/format'
import { carries } from '@shared/sentence'
import { useSyncExternalStore, type ReactNode } from 'react'
import { ArrowLeftRight, Cable, Cloud, History, Server, Settings } from '../components/icons'
import { Mark } from '../components/mark'
import { StateGlyph } from '../components/state-glyph'
import { useCloud } from '../stores/cloud'
import { useForwards } from '../stores/forwards'
import { onTotalRate, totalRate } from '../stores/rates'
import { useRelays } from '../stores/relays'
import { useServers } from '../stores/servers'
import { showScreen, useUi, type Screen } from '../stores/ui'
import { CloudStatus } from './cloud-status'
import styles from './sidebar.module.css'

/** Four figures need the room that a small window would save. */
const LONG = 1000

/** Where one can go, and in one line how all is. */
export function Sidebar(): ReactNode {
  const forwards = useForwards((state) => state.byId.size)
  const relays = useRelays((state) => state.byId.size)
  const servers = useServers().length
  const conflicts = useCloud((state) => state.conflicts.length)
  return (
    <nav className={styles.sidebar} aria-label="Main">
      <div className={styles.brand}>
        <Mark size={18} />
        Warren
      </div>
      <Entry screen="forwards" label="Forwards" count={forwards} icon={<ArrowLeftRight size={16} />} />
      <Entry screen="relays" label="Relays" count={relays} icon={<Cable size={16} />} />
      <Entry screen="servers" label="Servers" count={servers} icon={<Server size={16} />} />
      <Entry screen="cloud" label="Cloud" count={conflicts} attention icon={<Cloud size={16} />} />
      <Entry screen="activity" label="Activity" icon={<History size={16} />} />
      <div className={styles.space} />
      <Entry screen="settings" label="Settings" icon={<Settings size={16} />} />
      <CloudStatus />
      <Pulse />
    </nav>
  )
}

function Entry(props: {
  screen: Screen
  label: string
  count?: number
  /** What is counted waits for the person. */
  attention?: boolean
  icon: ReactNode
}): ReactNode {
  const current = useUi((state) => state.screen === props.screen)
  return (
    <button
      type="button"
      className={styles.entry}
      aria-current={current ? 'page' : undefined}
      onClick={() => {
        showScreen(props.screen)
      }}
    >
      {props.icon}
      <span className={styles.label}>{props.label}</span>
      {props.count !== undefined && props.count > 0 && (
        <span
          className={styles.count}
          data-attention={props.attention === true || undefined}
          data-long={props.count >= LONG || undefined}
        >
          {props.count}
          {props.attention === true && <span className="sr-only"> to decide</span>}
        </span>
      )}
    </button>
  )
}

/** "● 3 running", and below it the rate: both in one line are too wide. */
function Pulse(): ReactNode {
  const forwards = useForwards((state) => countRunning(state.byId))
  const relays = useRelays((state) => countRunning(state.byId))
  const known = useForwards((state) => state.ready)
  const running = forwards + relays
  const rate = useSyncExternalStore(onTotalRate, totalText)
  // Before the daemon has told, nobody knows; it may well be many.
  if (!known) return null
  return (
    <div className={styles.pulse} data-testid="pulse">
      <StateGlyph state={running > 0 ? 'running' : 'stopped'} labelled={false} />
      <span>{running} running</span>
      <span className={styles.rate}>{rate}</span>
    </div>
  )
}

function totalText(): string {
  const { up, down } = totalRate()
  return up + down > 0 ? formatRate(up + down) : ''
}

function countRunning(
  byId: ReadonlyMap<string, { readonly snapshot: { readonly state: Parameters<typeof carries>[0] } }>,
): number {
  let running = 0
  for (const view of byId.values()) if (carries(view.snapshot.state)) running++
  return running
}
