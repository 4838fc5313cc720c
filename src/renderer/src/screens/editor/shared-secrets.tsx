import { PERSONAL, type ForwardCloud } from '@shared/cloud-views'
import { privateKeyFault } from '@shared/private-key'
import { useId, useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { confirmAction } from '../../components/confirm'
import { Dialog } from '../../components/dialog'
import { FaultView } from '../../components/fault-view'
import { TextArea, TextField } from '../../components/field'
import { showToast } from '../../components/toasts'
import {
  readersOf,
  secretHindrance,
  secretKinds,
  secretNames,
  takenBackWords,
  type SecretKind,
} from '../../sharing/secret-words'
import { valueOf } from '../../stores/call'
import { useCloud, useTeam } from '../../stores/cloud'
import { mergeForwards, useForward } from '../../stores/forwards'
import { showCloud } from '../../stores/ui'
import { useTask } from '../../stores/use-task'
import styles from './sharing.module.css'
import type { ForwardFormState } from './use-forward-form'

/** The secrets that come sealed with a shared forward. What is done here is done at once: it is no part of the form. */
export function SharedSecrets({ state: { sharing, original } }: { state: ForwardFormState }): ReactNode {
  const { cloud, from, to } = sharing
  if (cloud === null || original === null || from.namespace !== to.namespace) return null
  return <Secrets forwardId={original.id} cloud={cloud} />
}

// --- internal ---

function Secrets({ forwardId, cloud }: { forwardId: string; cloud: ForwardCloud }): ReactNode {
  const view = useCloud((state) => state.view)
  const team = useTeam(cloud.namespace)
  const title = useId()
  const [typing, setTyping] = useState<SecretKind | null>(null)
  const hindrance = secretHindrance(view, cloud, team)
  const mayChange = cloud.editable && hindrance === null
  const shown = secretKinds.filter((kind) => mayChange || cloud.secrets.some((secret) => secret.kind === kind))
  return (
    <section className={styles.columns} aria-labelledby={title}>
      <h2 id={title} className={styles.title}>
        Shared secrets
      </h2>
      {hindrance !== null && (
        <div className={styles.hindrance}>
          <p>{hindrance.text}</p>
          {hindrance.action !== null && (
            <Button
              size="s"
              onClick={() => {
                showCloud(
                  hindrance.action?.to === 'team' ? { kind: 'team', teamId: cloud.namespace } : { kind: 'account' },
                )
              }}
            >
              {hindrance.action.label}
            </Button>
          )}
        </div>
      )}
      {shown.length > 0 && (
        <ul className={styles.secrets}>
          {shown.map((kind) => (
            <Secret
              key={kind}
              {...{ kind, cloud, forwardId, mayChange }}
              onType={() => {
                setTyping(kind)
              }}
            />
          ))}
        </ul>
      )}
      {hindrance === null && <p className={styles.note}>{closing(cloud)}</p>}
      {typing !== null && (
        <SecretDialog
          {...{ kind: typing, cloud, forwardId }}
          onClose={() => {
            setTyping(null)
          }}
        />
      )}
    </section>
  )
}

function closing(cloud: ForwardCloud): string {
  if (cloud.editable) return readersOf(cloud)
  return cloud.secrets.length === 0
    ? `No secret is shared with it. Its developers and owners in ${cloud.space} can share one.`
    : 'You may use them, not change them.'
}

interface SecretProps {
  kind: SecretKind
  cloud: ForwardCloud
  forwardId: string
}

function Secret(props: SecretProps & { mayChange: boolean; onType: () => void }): ReactNode {
  const { kind, cloud, forwardId, mayChange } = props
  const server = useForward(forwardId)?.snapshot.server ?? 'the server'
  const shared = cloud.secrets.find((secret) => secret.kind === kind)
  const name = secretNames[kind]
  return (
    <li className={styles.secret}>
      <span className={styles.secretName}>
        {sentenceCase(name)}
        <span className={styles.note}>
          {shared === undefined
            ? 'not shared'
            : shared.readable
              ? 'shared, sealed'
              : 'shared; this machine cannot open it'}
        </span>
      </span>
      {mayChange && (
        <Button
          size="s"
          aria-label={`${shared === undefined ? 'Share' : 'Replace'} the ${name}`}
          onClick={props.onType}
        >
          {shared === undefined ? 'Share…' : 'Replace…'}
        </Button>
      )}
      {mayChange && shared !== undefined && (
        <Button
          size="s"
          aria-label={`Take the ${name} back`}
          onClick={() => void takeBack({ kind, cloud, forwardId, server })}
        >
          Take back
        </Button>
      )}
    </li>
  )
}

async function takeBack({ kind, cloud, forwardId, server }: SecretProps & { server: string }): Promise<void> {
  const sure = await confirmAction({
    title: `Take the ${secretNames[kind]} back?`,
    body: takenBackWords(cloud, server),
    action: 'Take back',
    cancel: 'Keep sharing',
  })
  if (!sure) return
  const view = await valueOf(window.api.daemon['cloud.setSecret']({ id: forwardId, kind, value: null }))
  if (view === null) return
  mergeForwards([view])
  showToast({ text: `The ${secretNames[kind]} is shared no more.` })
}

function SecretDialog({ kind, cloud, forwardId, onClose }: SecretProps & { onClose: () => void }): ReactNode {
  const form = useId()
  const [value, setValue] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const { busy, fault, run } = useTask()
  const server = useForward(forwardId)?.snapshot.server ?? 'the server'
  const name = secretNames[kind]
  const share = async (): Promise<void> => {
    const unfit = kind === 'keyContent' ? privateKeyFault(value) : null
    setWrong(unfit)
    if (value === '' || unfit !== null) return
    const done = await run(() => window.api.daemon['cloud.setSecret']({ id: forwardId, kind, value }))
    if (done === null) return
    mergeForwards([done.value])
    showToast({
      text: `The ${name} is shared with ${cloud.namespace === PERSONAL ? 'your machines' : cloud.space}, sealed.`,
    })
    onClose()
  }
  const field = { label: sentenceCase(name), value, onChange: setValue }
  return (
    <Dialog
      open
      dismissible={false}
      title={`Share the ${name} for ${server}`}
      description={readersOf(cloud)}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={busy} disabled={value === ''}>
            Share
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.kept}
        onSubmit={(event) => {
          event.preventDefault()
          void share()
        }}
      >
        {kind === 'keyContent' ? (
          <TextArea {...field} error={wrong} mono rows={6} placeholder="-----BEGIN OPENSSH PRIVATE KEY-----" />
        ) : (
          <TextField {...field} type="password" autoComplete="new-password" />
        )}
        {fault !== null && <FaultView fault={fault} />}
      </form>
    </Dialog>
  )
}

function sentenceCase(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
}
