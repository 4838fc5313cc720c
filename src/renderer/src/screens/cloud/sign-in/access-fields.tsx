import { plural } from '@shared/format'
import type { ReactNode } from 'react'
import { CheckRow } from '../../../components/check-row'
import { FieldError, TextField } from '../../../components/field'
import { LockOpen } from '../../../components/icons'
import { Select } from '../../../components/select'
import { keyringName } from '../../../needs/keyring'
import { useLink } from '../../../stores/link'
import { addressOf, isClear, type AccessWay, type Keep } from './access-form'
import styles from './sign-in.module.css'
import type { Access } from './use-access'

export interface AccessFieldsProps {
  access: Access
  way: AccessWay
}

export function AddressField({ access: { form, errors, change } }: { access: Access }): ReactNode {
  return (
    <TextField
      label="Server address"
      name="url"
      mono
      inputMode="url"
      placeholder="https://cloud.example.net"
      value={form.url}
      error={errors.url}
      onChange={(url) => {
        change({ url })
      }}
    />
  )
}

export function LinkField({ access: { form, errors, change } }: { access: Access }): ReactNode {
  return (
    <TextField
      label="Invitation link"
      name="link"
      mono
      inputMode="url"
      placeholder="https://cloud.example.net/invite#…"
      hint="It works once, until it expires."
      value={form.link}
      error={errors.link}
      onChange={(link) => {
        change({ link })
      }}
    />
  )
}

export function EmailField({ access: { form, errors, change } }: { access: Access }): ReactNode {
  return (
    <TextField
      label="E-mail"
      name="email"
      type="email"
      autoComplete="username"
      value={form.email}
      error={errors.email}
      onChange={(email) => {
        change({ email })
      }}
    />
  )
}

export function PasswordField({ access: { form, errors, change }, way }: AccessFieldsProps): ReactNode {
  const fresh = way === 'register'
  return (
    <TextField
      label="Password"
      name="password"
      type="password"
      autoComplete={fresh ? 'new-password' : 'current-password'}
      hint={
        fresh
          ? 'At least 6 characters. It is for the server, not for your secrets: those have a key of their own.'
          : undefined
      }
      value={form.password}
      error={errors.password}
      onChange={(password) => {
        change({ password })
      }}
    />
  )
}

/** Said before anything is sent: what is on the way can be read. */
export function ClearWarning({ access: { form, errors, change }, way }: AccessFieldsProps): ReactNode {
  if (!isClear(addressOf(form, way))) return null
  return (
    <div className={styles.clear} role="group" aria-label="Not encrypted">
      <p className={styles.clearTitle}>
        <LockOpen size={14} aria-hidden="true" /> This address is not encrypted.
      </p>
      <p>Others on the way can read the password and the token. Use https:// where the server has it.</p>
      <CheckRow
        label="Send them unencrypted"
        checked={form.insecure}
        unconfirmed={errors.insecure !== undefined}
        onChange={(insecure) => {
          change({ insecure })
        }}
      />
      <FieldError error={errors.insecure ?? null} />
    </div>
  )
}

const meanings: Readonly<Record<Keep, string>> = {
  keychain: 'Only your login on this machine opens it.',
  file: 'In the data folder, for your account only. Programs that you run could read it.',
  memory: 'Sign in again whenever the daemon or this machine was started anew.',
}

/** Where the login rests, with the truth about it. */
export function KeepField({ access: { form, errors, noKeyring, change } }: { access: Access }): ReactNode {
  const keyring = useLink((state) => state.keyring)
  const name = keyring?.available === true ? keyringName(keyring) : 'the keychain'
  const options: readonly { value: Keep; label: string }[] = [
    ...(noKeyring ? [] : [{ value: 'keychain' as const, label: `In ${name}` }]),
    { value: 'file', label: 'In a file' },
    { value: 'memory', label: 'Only while Warren runs' },
  ]
  return (
    <>
      {noKeyring && (
        <p className={styles.noKeyring}>
          The keyring of this desktop cannot be used, so you decide where the login is kept.
        </p>
      )}
      <Select
        label="Keep the login"
        value={form.keep}
        options={options}
        placeholder="Choose"
        error={errors.keep}
        hint={form.keep === null ? undefined : meanings[form.keep]}
        onChange={(keep) => {
          change({ keep })
        }}
      />
    </>
  )
}

/** Nothing goes into the account unless the person says so. */
export function AdoptRow({ access: { form, own, change } }: { access: Access }): ReactNode {
  if (own === 0) return null
  return (
    <CheckRow
      label={`Put the ${plural(own, 'forward')} of this machine into the account`}
      hint={`Your other machines see ${own === 1 ? 'it' : 'them'} then. Without it ${own === 1 ? 'it stays' : 'they stay'} here until you share ${own === 1 ? 'it' : 'them'}. Passwords and keys stay here either way.`}
      checked={form.adopt}
      onChange={(adopt) => {
        change({ adopt })
      }}
    />
  )
}
