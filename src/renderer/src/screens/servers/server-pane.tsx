import { useEffect, useRef, type ReactNode } from 'react'
import { Button, IconButton } from '../../components/button'
import { FaultView } from '../../components/fault-view'
import { X } from '../../components/icons'
import { showToast } from '../../components/toasts'
import type { SessionSnapshot } from '@shared/snapshots'
import { SessionFacts, UsedBy } from './server-facts'
import { LoginFields, WhereFields } from './server-fields'
import { SavedSecrets } from './saved-secrets'
import { SafetyFields, WayFields } from './server-way'
import frame from '../../styles/form-pane.module.css'
import styles from './server-pane.module.css'
import { useServerForm } from './use-server-form'

export interface ServerPaneProps {
  /** `null`: a new server. */
  serverId: string | null
  session: SessionSnapshot | undefined
  onClose: () => void
  onSaved: (id: string) => void
}

/** One server: what its session is like, who uses it, and everything that can be changed. */
export function ServerPane({ serverId, session, onClose, onSaved }: ServerPaneProps): ReactNode {
  const state = useServerForm(serverId)
  const element = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (serverId === null) element.current?.querySelector<HTMLElement>('input')?.focus()
  }, [serverId])
  const save = async (): Promise<void> => {
    const server = await state.save()
    if (server !== null) {
      showToast({ text: `${server.name} saved.` })
      if (serverId === null) onSaved(server.id)
      else onClose()
      return
    }
    requestAnimationFrame(() => {
      element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
    })
  }
  const title = state.original?.name ?? 'New server'
  return (
    <aside className={styles.pane} aria-label={serverId === null ? 'New server' : `Server ${title}`}>
      <form
        ref={element}
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || event.defaultPrevented) return
          event.preventDefault()
          onClose()
        }}
      >
        <header className={frame.header}>
          <h1>{title}</h1>
          <IconButton label="Close" onClick={onClose}>
            <X size={16} />
          </IconButton>
        </header>
        <div className={frame.body}>
          {serverId !== null && <SessionFacts session={session} />}
          {serverId !== null && <UsedBy serverId={serverId} />}
          <WhereFields state={state} />
          <LoginFields state={state} />
          {serverId !== null && <SavedSecrets serverId={serverId} />}
          <WayFields state={state} />
          <SafetyFields state={state} />
          {state.fault !== null && <FaultView fault={state.fault} />}
        </div>
        <footer className={frame.footer}>
          {serverId !== null && (
            <Button
              kind="quiet"
              className={styles.remove}
              onClick={() => {
                void state.remove().then((removed) => {
                  if (removed) onClose()
                })
              }}
            >
              Remove
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={state.busy}>
            {serverId === null ? 'Add server' : 'Save'}
          </Button>
        </footer>
      </form>
    </aside>
  )
}
