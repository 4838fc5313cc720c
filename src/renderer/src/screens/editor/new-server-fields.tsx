import type { ReactNode } from 'react'
import { TextField } from '../../components/field'
import styles from './forward-editor.module.css'
import { changeNewServer, type NewServer } from './new-server'
import type { ForwardFormState } from './use-forward-form'

/** The server that is made with the forward: where it is and what it is called. The rest is on the servers screen. */
export function NewServerFields({ state, server }: { state: ForwardFormState; server: NewServer }): ReactNode {
  const hops = server.jumps.map((hop) => hop.name).join(', then ')
  return (
    <div className={styles.newServer} role="group" aria-label="New server">
      <TextField
        label="Server address"
        mono
        placeholder="me@bastion.example"
        value={server.destination}
        error={state.newServerError}
        hint={
          hops === ''
            ? 'user@host or user@host:port. It is added when you save.'
            : `Through ${hops}. It is added when you save.`
        }
        onChange={(destination) => {
          state.setNewServer(changeNewServer(server, { destination }))
        }}
      />
      <TextField
        label="Server name"
        value={server.name}
        onChange={(name) => {
          state.setNewServer(changeNewServer(server, { name }))
        }}
      />
    </div>
  )
}
