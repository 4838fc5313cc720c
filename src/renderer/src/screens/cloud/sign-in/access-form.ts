/** What is typed to sign in, what is wrong with it, and what to ask of the daemon. Pure. */
import type { Fault } from '@shared/errors'

export type Keep = 'keychain' | 'file' | 'memory'
export interface AccessForm {
  readonly url: string
  readonly link: string
  readonly email: string
  readonly username: string
  readonly password: string
  /** `null`: the person has not chosen, and there is no keychain to take by default. */
  readonly keep: Keep | null
  readonly insecure: boolean
  readonly adopt: boolean
}
export type AccessField = 'url' | 'link' | 'email' | 'username' | 'password' | 'keep' | 'insecure'
export type AccessErrors = Partial<Record<AccessField, string>>

/** `login`: address and password. `join`: the same, with an invitation's link in place of the address. `register`: a new account. */
export type AccessWay = 'login' | 'join' | 'register'

export const emptyAccess: AccessForm = {
  ...{ url: '', link: '', email: '', username: '', password: '' },
  ...{ keep: null, insecure: false, adopt: false },
}

const SHORTEST_PASSWORD = 6
const SHORTEST_NAME = 3

/** The address of a server as people type it: `https` unless they say otherwise, `http` for this machine. */
export function readAddress(text: string): string | null {
  const typed = text.trim()
  if (typed === '') return null
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(typed)
    ? typed
    : `${isThisMachine(typed.replace(/[/?#].*$/s, '').replace(/:\d+$/, '')) ? 'http' : 'https'}://${typed}`
  const url = URL.canParse(whole) ? new URL(whole) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null
  return url.href.replace(/\/+$/, '')
}

/** The server that an invitation's link (`https://host/invite#TOKEN`) leads to. */
export function serverOfLink(link: string): string | null {
  const text = link.trim()
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null
  const url = new URL(text)
  const path = /^(.*)\/invite\/?$/.exec(url.pathname)?.[1]
  if (path === undefined || url.hash.length < 2) return null
  return `${url.origin}${path}`
}

/** Whether what is sent there can be read on the way. */
export function isClear(address: string | null): boolean {
  if (address === null) return false
  const url = new URL(address)
  return url.protocol === 'http:' && !isThisMachine(url.hostname)
}

export function addressOf(form: AccessForm, way: AccessWay): string | null {
  return way === 'login' ? readAddress(form.url) : serverOfLink(form.link)
}

export function accessErrors(form: AccessForm, way: AccessWay): AccessErrors {
  const errors: AccessErrors = {}
  const address = addressOf(form, way)
  if (way === 'login' && address === null) errors.url = 'Type the address of the server, as https://cloud.example.net.'
  if (way !== 'login' && address === null) errors.link = 'Paste the whole link, as https://cloud.example.net/invite#…'
  if (form.email.trim() === '') errors.email = 'Type the e-mail address of the account.'
  if (form.password === '') errors.password = 'Type the password.'
  if (way === 'register') {
    if (form.username.trim().length < SHORTEST_NAME) errors.username = `Type at least ${SHORTEST_NAME} characters.`
    if (form.password.length < SHORTEST_PASSWORD) errors.password = `Type at least ${SHORTEST_PASSWORD} characters.`
  }
  if (form.keep === null) errors.keep = 'Choose where the login is kept.'
  if (isClear(address) && !form.insecure) errors.insecure = 'Confirm it, or use an address that begins with https://.'
  return errors
}

/** The field of a fault, where the form of this way has one for it. */
export function accessFieldOf(fault: Fault, way: AccessWay): AccessField | null {
  switch (fault.field) {
    case 'url':
    case 'link':
      return way === 'login' ? 'url' : 'link'
    case 'email':
    case 'password':
      return fault.field
    case 'username':
      return way === 'register' ? 'username' : null
    default:
      return null
  }
}

// --- internal ---

function isThisMachine(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || bare.endsWith('.localhost') || /^127(\.\d+){3}$/.test(bare)
}
