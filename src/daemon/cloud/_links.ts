/** The links that a cloud server makes: `https://host[/path]/invite#TOKEN`. */
import { WarrenError } from '@shared/errors'

const PAGE = /\/invite\/?$/
const TOKEN = /^[\w.~-]{8,500}$/

/** The token of a link, or a token as it is. Throws `usage.invalid`. */
export function invitationToken(link: string): string {
  const text = link.trim()
  const hash = text.indexOf('#')
  const token = hash === -1 ? text : text.slice(hash + 1)
  if (!TOKEN.test(token)) throw noLink()
  return token
}

/** Where the server is, without a slash at the end; and the token, when the address is a link with one. */
export function partsOfAddress(address: string): { readonly url: string; readonly token: string | null } {
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') {
    throw new WarrenError('usage.invalid', 'The address of a cloud server holds no login.', {
      fix: 'Give the account by itself.',
      field: 'url',
    })
  }
  const path = url.pathname.replace(PAGE, '').replace(/\/+$/, '')
  return { url: `${url.origin}${path}`, token: url.hash === '' ? null : invitationToken(url.hash) }
}

// --- internal ---

function noLink(): WarrenError {
  return new WarrenError('usage.invalid', 'This is no link of an invitation.', {
    fix: 'Copy the whole link, with what follows the #.',
    field: 'link',
  })
}
