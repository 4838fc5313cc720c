/** What a proxy may say instead of connecting. */
import { WarrenError } from '@shared/errors'
import type { ProxyAddress } from '@shared/proxy-url'

/** Where the proxy is to connect to. */
export interface ProxyTarget {
  readonly host: string
  readonly port: number
}

/** The proxy answered, and it was no. */
export class ProxyRefusal extends Error {
  constructor(
    message: string,
    readonly fix: string | null,
  ) {
    super(message)
  }
}

/** `ssh.proxy-auth`: never retried, since the same login gets the same answer. */
export function loginRefused({ host, port, username }: ProxyAddress): WarrenError {
  const at = `The proxy ${host}:${port}`
  return username === null
    ? new WarrenError('ssh.proxy-auth', `${at} wants a login.`, {
        fix: 'Put the name before the host, as in http://name@host:port; the password is asked for.',
        field: 'proxy',
      })
    : new WarrenError('ssh.proxy-auth', `${at} refused the login of ${username}.`, {
        fix: 'Check the name in the proxy address, and start again to be asked for the password.',
        field: 'proxy',
      })
}
