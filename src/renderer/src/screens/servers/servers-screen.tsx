import { isListedServer } from '@shared/resolved-config'
import { useEffect, useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { Button } from '../../components/button'
import { EmptyPicture, EmptyState } from '../../components/empty-state'
import { Plus } from '../../components/icons'
import { Skeleton } from '../../components/skeleton'
import { serversStore, useServers } from '../../stores/servers'
import { uiStore } from '../../stores/ui'
import screen from '../../styles/screen.module.css'
import { ConfigPane } from './config-pane'
import { ServerPane } from './server-pane'
import { ServerRow } from './server-row'
import styles from './servers-screen.module.css'
import { TrustedKeys } from './trusted-keys'
import { useSessions } from './use-sessions'

/** What the pane shows: a server, the form of a new one, or nothing. */
type Shown = string | null

/** The servers Warren logs in to, and the keys it trusts. */
export function ServersScreen(): ReactNode {
  const servers = useServers()
  const ready = useStore(serversStore, (state) => state.ready)
  const sessions = useSessions()
  const [shown, setShown] = useState<Shown>(() => uiStore.getState().serverToShow)
  useEffect(() => {
    // Somebody elsewhere asks for a server; the wish is fulfilled once.
    const take = (): void => {
      const { serverToShow } = uiStore.getState()
      if (serverToShow === null) return
      setShown(serverToShow)
      uiStore.setState({ serverToShow: null })
    }
    take()
    return uiStore.subscribe(take)
  }, [])
  const add = (): void => {
    setShown('new')
  }
  const close = (): void => {
    setShown(null)
    document.getElementById('new-server')?.focus()
  }
  const paneOpen = shown === 'new' || servers.some((server) => server.id === shown)
  const listed = servers.find((server) => server.id === shown && isListedServer(server))
  return (
    <>
      <section
        className={screen.screen}
        aria-labelledby="servers-title"
        onKeyDown={(event) => {
          if (event.key === 'Escape' && paneOpen) close()
        }}
      >
        <header className={screen.header}>
          <h1 id="servers-title" className={screen.title}>
            Servers
          </h1>
          <Button id="new-server" kind="primary" icon={<Plus size={14} />} onClick={add}>
            New server
          </Button>
        </header>
        {!ready ? (
          <Skeleton label="Loading the servers" />
        ) : servers.length === 0 ? (
          <EmptyState
            picture={<EmptyPicture />}
            actions={
              <Button kind="primary" onClick={add}>
                Add a server
              </Button>
            }
          >
            There is no server yet. Every forward goes through one.
          </EmptyState>
        ) : (
          <div className={screen.body}>
            <ul className={styles.list}>
              {servers.map((server) => (
                <ServerRow
                  key={server.id}
                  server={server}
                  servers={servers}
                  session={sessions.find((session) => session.serverId === server.id)}
                  chosen={server.id === shown}
                  onOpen={() => {
                    setShown(server.id)
                  }}
                />
              ))}
            </ul>
            <TrustedKeys />
          </div>
        )}
      </section>
      {listed !== undefined && (
        <ConfigPane
          key={listed.id}
          server={listed}
          session={sessions.find((session) => session.serverId === listed.id)}
          onClose={close}
          onCopied={setShown}
        />
      )}
      {paneOpen && listed === undefined && (
        <ServerPane
          key={shown}
          serverId={shown === 'new' ? null : shown}
          session={sessions.find((session) => session.serverId === shown)}
          onClose={close}
          onSaved={setShown}
        />
      )}
    </>
  )
}
