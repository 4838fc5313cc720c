/** Which addresses the app may hand to the system's browser. */
import { networkInterfaces } from 'node:os'
import { shell } from 'electron'
import { WarrenError } from '@shared/errors'

/** Pages of manuals that error sentences refer to. */
const documentation: ReadonlySet<string> = new Set(['man.openbsd.org'])
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** http or https, to this machine or to a manual, without a login in it. */
export function isAllowedAddress(address: string, ownAddresses: ReadonlySet<string>): boolean {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    return false
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
  if (url.username !== '' || url.password !== '') return false
  const host = url.hostname
  if (LOOPBACK.test(host) || ownAddresses.has(host.replace(/^\[|\]$/g, ''))) return true
  return url.protocol === 'https:' && url.port === '' && documentation.has(host)
}

export async function openExternal(address: string): Promise<void> {
  if (!isAllowedAddress(address, ownAddresses())) {
    throw new WarrenError('rpc.invalid', 'Warren opens only addresses of this machine and its manuals.')
  }
  await shell.openExternal(new URL(address).href)
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .map(({ address }) => address),
  )
}
