/** The name and password that clients of a proxy port must give. */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface ProxyLogin {
  readonly username: string
  readonly password: string
}

/** Whether both are right; takes the same time whatever is wrong. */
export function isLogin(login: ProxyLogin, username: Buffer, password: Buffer): boolean {
  const isName = equal(Buffer.from(login.username), username)
  const isPassword = equal(Buffer.from(login.password), password)
  return isName && isPassword
}

/** Whether the value of a `Proxy-Authorization` field is the login (Basic, RFC 7617). */
export function isBasicLogin(login: ProxyLogin, field: string): boolean {
  const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(field) ?? []
  const given = Buffer.from(encoded, 'base64')
  const colon = given.indexOf(':')
  const at = colon < 0 ? given.length : colon
  return isLogin(login, given.subarray(0, at), given.subarray(at + 1)) && colon >= 0
}

// --- internal ---

/** Digests are of one length, so that the length of what was expected does not show either. */
function equal(expected: Buffer, given: Buffer): boolean {
  return timingSafeEqual(digest(expected), digest(given))
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
