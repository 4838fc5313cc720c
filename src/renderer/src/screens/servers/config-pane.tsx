import { originText, type ServerConfig } from '@shared/resolved-config'
import type { SessionSnapshot } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import { useEffect, useState, type ReactNode } from 'react'
import { Button, IconButton } from '../../components/button'
import { FaultView } from '../../components/fault-view'
import { Copy, X } from '../../components/icons'
import { Skeleton } from '../../components/skeleton'
import { showToast } from '../../components/toasts'
import { settle, valueOf } from '../../stores/call'
import frame from '../../styles/form-pane.module.css'
import styles from './config-pane.module.css'
import { SavedSecrets } from './saved-secrets'
import { SessionFacts, UsedBy } from './server-facts'
import pane from './server-pane.module.css'

export interface ConfigPaneProps {
  server: ServerSpec
  session: SessionSnapshot | undefined
  onClose: () => void
  /** A copy of one's own was made. */
  onCopied: (id: string) => void
}

/** A server of the ssh config: what its lines say, and what Warren does not do of it. It is edited in its file. */
export function ConfigPane({ server, session, onClose, onCopied }: ConfigPaneProps): ReactNode {
  const config = useServerConfig(server)
  const [busy, setBusy] = useState(false)
  const copy = async (): Promise<void> => {
    setBusy(true)
    const made = await valueOf(window.api.daemon['servers.copy']({ id: server.id }))
    setBusy(false)
    if (made === null) return
    showToast({ text: `${made.name} is yours to change.` })
    onCopied(made.id)
  }
  return (
    <aside className={pane.pane} aria-label={`Server ${server.name}`}>
      <header className={frame.header}>
        <h1>{server.name}</h1>
        <IconButton label="Close" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      <div className={frame.body}>
        <Where config={config} />
        <SessionFacts session={session} />
        <UsedBy serverId={server.id} />
        {config === null ? <Skeleton rows={3} label="Reading the ssh config" /> : <Said config={config} />}
        <SavedSecrets serverId={server.id} />
      </div>
      <footer className={frame.footer}>
        <Button onClick={onClose}>Close</Button>
        <Button icon={<Copy size={14} />} busy={busy} onClick={() => void copy()}>
          Make your own copy
        </Button>
      </footer>
    </aside>
  )
}

// --- internal ---

/** Read again whenever the listing has other news of it. */
function useServerConfig({ id, updatedAt }: ServerSpec): ServerConfig | null {
  const [config, setConfig] = useState<ServerConfig | null>(null)
  useEffect(() => {
    let here = true
    void settle(window.api.daemon['config.server']({ id })).then((result) => {
      if (here && result.ok) setConfig(result.value)
    })
    return () => {
      here = false
    }
  }, [id, updatedAt])
  return config
}

function Where({ config }: { config: ServerConfig | null }): ReactNode {
  if (config === null) return null
  return (
    <p className={pane.note}>
      {config.origin === null ? (
        <>A hop that your ssh config names. It is dialled as ssh would dial it.</>
      ) : (
        <>
          Written in <span className="mono selectable">{originText(config.origin)}</span>. Warren reads it again
          whenever it changes.
        </>
      )}
    </p>
  )
}

function Said({ config }: { config: ServerConfig }): ReactNode {
  const { fault, lines, execAsked } = config
  if (fault !== null) return <FaultView fault={fault} />
  const losses = config.unhonoured.filter(({ support }) => support === 'unsupported')
  const harmless = config.unhonoured.filter(({ support }) => support === 'harmless')
  return (
    <>
      {losses.length > 0 && <Unhonoured title="What Warren does not do" options={losses} />}
      {execAsked.length > 0 && (
        <section className={pane.used} aria-labelledby="asked-title">
          <h2 id="asked-title">Commands that ask first</h2>
          <p className={pane.note}>
            Match exec runs them. Warren asks when you start a forward; until you allow them, their blocks do not apply.
          </p>
          <ul className={styles.lines}>
            {execAsked.map(({ command, file, line }) => (
              <Line key={`${file}:${line} ${command}`} text={command} note={`${file}:${line}`} />
            ))}
          </ul>
        </section>
      )}
      <section className={pane.used} aria-labelledby="said-title">
        <h2 id="said-title">What the config says</h2>
        {lines.length === 0 ? (
          <p className={pane.note}>Nothing but its name: everything is as ssh does it by default.</p>
        ) : (
          <ul className={styles.lines}>
            {lines.map(({ line, origin }, index) => (
              <Line key={`${index} ${line}`} text={line} note={originText(origin)} />
            ))}
          </ul>
        )}
      </section>
      {harmless.length > 0 && <Unhonoured title="Without effect on a forward" options={harmless} />}
    </>
  )
}

function Unhonoured({ title, options }: { title: string; options: ServerConfig['unhonoured'] }): ReactNode {
  return (
    <section className={pane.used} aria-label={title}>
      <h2>{title}</h2>
      <ul className={styles.lines}>
        {options.map(({ keyword, value, origin, reason }) => (
          <Line
            key={`${originText(origin)} ${keyword} ${value}`}
            text={`${keyword} ${value}`}
            note={`${originText(origin)} · ${reason}`}
          />
        ))}
      </ul>
    </section>
  )
}

function Line({ text, note }: { text: string; note: string }): ReactNode {
  return (
    <li>
      <span className="mono selectable">{text}</span>
      <span className={`selectable ${styles.origin}`}>{note}</span>
    </li>
  )
}
