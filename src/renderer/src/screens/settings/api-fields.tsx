import type { ApiView } from '@shared/apis'
import { isExposed } from '@shared/endpoints'
import type { ReactNode } from 'react'
import { Button } from '../../components/button'
import { CheckRow } from '../../components/check-row'
import { TextField } from '../../components/field'
import { LockOpen } from '../../components/icons'
import { showToast } from '../../components/toasts'
import { valueOf, worked } from '../../stores/call'
import { makeKey, type ApiErrors, type ApiForm } from './api-form'
import { apiWords } from './api-words'
import styles from './apis.module.css'

export interface ApiFieldsProps {
  api: ApiView
  form: ApiForm
  errors: ApiErrors
  onChange: (patch: Partial<ApiForm>) => void
}

/** Where a control API listens, what callers must know, and the certificate it shows. */
export function ApiFields(props: ApiFieldsProps): ReactNode {
  const { form, errors, onChange } = props
  const host = form.host.trim()
  return (
    <>
      <div className={styles.listen}>
        <TextField
          label="Address"
          mono
          value={form.host}
          placeholder="127.0.0.1"
          error={errors.host}
          hint={
            host !== '' && isExposed({ host, port: 0 }) ? (
              <span className={styles.exposed}>
                <LockOpen size={14} aria-hidden="true" /> reachable from the network
              </span>
            ) : (
              'Only programs on this machine reach it. 0.0.0.0 lets the network in.'
            )
          }
          onChange={(next) => {
            onChange({ host: next })
          }}
        />
        <TextField
          label="Port"
          mono
          inputMode="numeric"
          value={form.port}
          error={errors.port}
          onChange={(port) => {
            onChange({ port })
          }}
        />
      </div>
      <KeyField {...props} />
      <Certificate {...props} />
    </>
  )
}

// --- internal ---

function KeyField({ api, form, errors, onChange }: ApiFieldsProps): ReactNode {
  const words = apiWords[api.name]
  const noun = words.key.toLowerCase()
  const make = async (): Promise<void> => {
    const key = makeKey()
    onChange({ key, dropKey: false })
    if (!(await worked(window.api.app['app.copy'](key)))) return
    showToast({ text: `A new ${noun} is on the clipboard. Keep it: once saved, Warren never shows it again.` })
  }
  return (
    <>
      <div className={styles.withButton}>
        <TextField
          label={words.key}
          type="password"
          autoComplete="new-password"
          maxLength={1024}
          disabled={form.dropKey}
          value={form.key}
          placeholder={api.hasKey ? 'set; type another to replace it' : 'not set'}
          error={errors.key}
          hint={words.keyHint}
          onChange={(key) => {
            onChange({ key })
          }}
        />
        <Button disabled={form.dropKey} onClick={() => void make()}>
          Make one
        </Button>
      </div>
      {api.name === 'metrics' && api.hasKey && (
        <CheckRow
          label="Remove the token"
          hint="Then whoever reaches the port may read"
          checked={form.dropKey}
          onChange={(dropKey) => {
            onChange({ dropKey, ...(dropKey ? { key: '' } : {}) })
          }}
        />
      )}
    </>
  )
}

function Certificate(props: ApiFieldsProps): ReactNode {
  const { form, onChange } = props
  return (
    <>
      <CheckRow
        label="HTTPS"
        hint="With a certificate of your own; without it everything goes in clear text"
        checked={form.https}
        onChange={(https) => {
          onChange({ https })
        }}
      />
      {form.https && (
        <>
          <FileField {...props} field="certificateFile" what="certificate" label="Certificate" />
          <FileField {...props} field="keyFile" what="key" label="Key of the certificate" />
        </>
      )}
    </>
  )
}

function FileField(
  props: ApiFieldsProps & { field: 'certificateFile' | 'keyFile'; what: 'certificate' | 'key'; label: string },
): ReactNode {
  const { form, errors, onChange, field, what, label } = props
  const choose = async (): Promise<void> => {
    const path = await valueOf(window.api.app['app.pickCertificateFile'](what))
    if (path !== null) onChange({ [field]: path })
  }
  return (
    <div className={styles.withButton}>
      <TextField
        label={label}
        mono
        value={form[field]}
        placeholder={`/etc/ssl/…/${what === 'certificate' ? 'fullchain' : 'privkey'}.pem`}
        error={errors[field]}
        onChange={(path) => {
          onChange({ [field]: path })
        }}
      />
      <Button aria-label={`Choose: ${label}`} onClick={() => void choose()}>
        Choose…
      </Button>
    </div>
  )
}
