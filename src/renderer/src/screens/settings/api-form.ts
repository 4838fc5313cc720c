/** The settings of a control API as they are typed, what is wrong with them, and what to ask of the daemon. Pure. */
import { API_HOST, type ApiEnable, type ApiView } from '@shared/apis'

export interface ApiForm {
  readonly host: string
  readonly port: string
  /** A new key; empty: as it is. */
  readonly key: string
  /** The key that is set goes away. */
  readonly dropKey: boolean
  readonly https: boolean
  readonly certificateFile: string
  readonly keyFile: string
}
export type ApiField = 'host' | 'port' | 'key' | 'certificateFile' | 'keyFile'
export type ApiErrors = Partial<Record<ApiField, string>>

const MAX_PORT = 65_535

export function apiFormOf({ listen, tls }: ApiView): ApiForm {
  return {
    host: listen.host,
    port: String(listen.port),
    key: '',
    dropKey: false,
    https: tls !== null,
    certificateFile: tls?.certificateFile ?? '',
    keyFile: tls?.keyFile ?? '',
  }
}

/** Whether a form says otherwise than what is set. */
export function changesApi(form: ApiForm, api: ApiView): boolean {
  return JSON.stringify(form) !== JSON.stringify(apiFormOf(api))
}

export function readApiForm(
  form: ApiForm,
  api: Pick<ApiView, 'name' | 'hasKey'>,
): { readonly enable: ApiEnable; readonly errors: ApiErrors } {
  const errors: ApiErrors = {}
  const port = Number(form.port.trim())
  if (form.port.trim() === '' || !Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    errors.port = `Type a port from 1 to ${MAX_PORT}, or 0 for any free one.`
  }
  if (form.host.trim().startsWith('/')) errors.host = 'Type an address, not a path.'
  if (api.name === 'x-port-forward' && !api.hasKey && form.key === '') {
    errors.key = 'Set a key first: without one nothing may call.'
  }
  if (form.https && form.certificateFile.trim() === '') errors.certificateFile = 'Choose the certificate.'
  if (form.https && form.keyFile.trim() === '') errors.keyFile = 'Choose the key of the certificate.'
  const host = form.host.trim() === '' ? API_HOST : form.host.trim()
  return {
    errors,
    enable: {
      name: api.name,
      listen: { host, port },
      tls: form.https ? { certificateFile: form.certificateFile.trim(), keyFile: form.keyFile.trim() } : null,
      ...(form.dropKey ? { key: null } : form.key === '' ? {} : { key: form.key }),
    },
  }
}

/** The field of a fault such as `listen.port`, where the form has one for it. */
export function apiFieldOf(path: string | null): ApiField | null {
  const last = (path ?? '').split('.').at(-1) ?? ''
  if (path === 'tls') return 'certificateFile'
  if (path === 'listen') return 'port'
  return ['host', 'port', 'key', 'certificateFile', 'keyFile'].includes(last) ? (last as ApiField) : null
}

/** A key that nobody guesses: 32 characters that survive every shell and address. */
export function makeKey(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
  const length = 32
  // Values beyond the last whole multiple are thrown away, or the first letters would come more often.
  const fair = 256 - (256 % letters.length)
  let key = ''
  while (key.length < length) {
    for (const value of crypto.getRandomValues(new Uint8Array(length))) {
      if (value < fair && key.length < length) key += letters[value % letters.length] ?? ''
    }
  }
  return key
}
