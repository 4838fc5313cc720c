import type { AddressFamily, HostKeyPolicy } from '@shared/specs'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/button'
import { FieldError } from '../../components/field'
import { ArrowDown, ArrowUp, X } from '../../components/icons'
import { Select } from '../../components/select'
import { useServers } from '../../stores/servers'
import { ServerText } from './server-fields'
import { jumpChoices, type Way } from './server-form'
import styles from './server-pane.module.css'
import type { ServerFormState } from './use-server-form'

const ways: readonly { value: Way; label: string }[] = [
  { value: 'direct', label: 'Directly' },
  { value: 'jump', label: 'Through other servers' },
  { value: 'proxy', label: 'Through a proxy' },
  { value: 'command', label: 'By a command' },
]

const families: readonly { value: AddressFamily; label: string }[] = [
  { value: 'any', label: 'Whichever answers first' },
  { value: 'inet', label: 'IPv4 only' },
  { value: 'inet6', label: 'IPv6 only' },
]

/** How the server is reached. */
export function WayFields({ state }: { state: ServerFormState }): ReactNode {
  const { form } = state
  return (
    <fieldset className={styles.group}>
      <legend>Way</legend>
      <Select
        label="Connect"
        value={form.way}
        options={ways}
        onChange={(way) => {
          state.change({ way })
        }}
      />
      {form.way === 'jump' && <JumpChain state={state} />}
      {form.way === 'proxy' && (
        <ServerText
          state={state}
          field="proxy"
          mono
          placeholder="socks5://127.0.0.1:1080"
          hint="http, socks4 or socks5, with name@ before the host where the proxy wants a login; the password is asked for"
        />
      )}
      {form.way === 'command' && (
        <ServerText
          state={state}
          field="proxyCommand"
          mono
          placeholder="nc %h %p"
          hint="Its input and output are the connection; %h is the host, %p the port"
        />
      )}
      {(form.way === 'direct' || form.way === 'proxy') && (
        <>
          <Select
            label="Addresses of the name"
            value={form.addressFamily}
            options={families}
            onChange={(addressFamily) => {
              state.change({ addressFamily })
            }}
          />
          <ServerText
            state={state}
            field="sourceAddress"
            mono
            placeholder="any"
            hint="An address of this machine, where it matters which one the server sees"
          />
        </>
      )}
    </fieldset>
  )
}

const policies: readonly { value: HostKeyPolicy; label: string; meaning: string }[] = [
  { value: 'ask', label: 'Ask me', meaning: 'A new server’s key is shown to you. A changed key is refused.' },
  {
    value: 'accept-new',
    label: 'Trust new servers',
    meaning: 'A new server’s key is trusted without asking. A changed key is refused.',
  },
  { value: 'strict', label: 'Known servers only', meaning: 'A server whose key is not known is refused.' },
]

/** How much Warren trusts, and how long it waits. */
export function SafetyFields({ state }: { state: ServerFormState }): ReactNode {
  const { form } = state
  return (
    <fieldset className={styles.group}>
      <legend>Trust and patience</legend>
      <Select
        label="When the server is new"
        value={form.hostKeyPolicy}
        options={policies}
        hint={policies.find((policy) => policy.value === form.hostKeyPolicy)?.meaning}
        onChange={(hostKeyPolicy) => {
          state.change({ hostKeyPolicy })
        }}
      />
      <div className={styles.thirds}>
        <ServerText state={state} field="connectTimeoutSeconds" hint="seconds to answer" />
        <ServerText state={state} field="keepaliveSeconds" hint="seconds, 0 for none" />
        <ServerText state={state} field="keepaliveCount" hint="until it counts as dead" />
      </div>
    </fieldset>
  )
}

// --- internal ---

function JumpChain({ state }: { state: ServerFormState }): ReactNode {
  const { form, errors, original } = state
  const servers = useServers()
  const choices = jumpChoices(servers, original?.id ?? null, form.jump)
  const nameOf = (id: string): string => servers.find((server) => server.id === id)?.name ?? 'a removed server'
  const move = (index: number, step: -1 | 1): void => {
    const jump = [...form.jump]
    const [hop] = jump.splice(index, 1)
    if (hop !== undefined) jump.splice(index + step, 0, hop)
    state.change({ jump })
  }
  return (
    <div className={styles.jump}>
      {form.jump.length > 0 && (
        <ol className={styles.files} aria-label="Hops, first one first">
          {form.jump.map((id, index) => (
            <li key={id} className={styles.file}>
              <span>
                {index + 1}. {nameOf(id)}
              </span>
              <IconButton
                size="s"
                label={`Move ${nameOf(id)} up`}
                disabled={index === 0}
                onClick={() => {
                  move(index, -1)
                }}
              >
                <ArrowUp size={14} />
              </IconButton>
              <IconButton
                size="s"
                label={`Move ${nameOf(id)} down`}
                disabled={index === form.jump.length - 1}
                onClick={() => {
                  move(index, 1)
                }}
              >
                <ArrowDown size={14} />
              </IconButton>
              <IconButton
                size="s"
                label={`Take ${nameOf(id)} out`}
                onClick={() => {
                  state.change({ jump: form.jump.filter((hop) => hop !== id) })
                }}
              >
                <X size={14} />
              </IconButton>
            </li>
          ))}
        </ol>
      )}
      {choices.length > 0 ? (
        <Select
          label={form.jump.length === 0 ? 'First hop' : 'Next hop'}
          value={null}
          placeholder="Choose a server"
          error={errors.jump ?? null}
          options={choices.map((server) => ({ value: server.id, label: server.name }))}
          onChange={(id) => {
            state.change({ jump: [...form.jump, id] })
          }}
        />
      ) : (
        <FieldError
          error={errors.jump ?? (form.jump.length === 0 ? 'There is no other server to jump through.' : null)}
        />
      )}
    </div>
  )
}
