/** What ssh asks the system by name: people, services, hosts. */
import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import type { AddressFamily, LookupResult } from './types'

/** More aliases in a row than any resolver follows. */
const MAX_ALIASES = 16
/** A name server that is silent costs this much, twice. */
const DNS_TIMEOUT_MS = 2000

export interface SystemNames {
  readonly homes: ReadonlyMap<string, string>
  readonly services: ReadonlyMap<string, number>
}

/**
 * Home folders for `~user` and TCP ports for `Port ssh`, from passwd(5) and services(5).
 *
 * Accounts and services that only a directory (LDAP, NIS) knows are not in them. Where there are no such files nothing is known.
 */
export async function readSystemNames(): Promise<SystemNames> {
  const [accounts, ports] = await Promise.all(
    ['/etc/passwd', '/etc/services'].map((file) => readFile(file, 'utf8').catch(() => '')),
  )
  return { homes: parseAccounts(accounts ?? ''), services: parseServices(ports ?? '') }
}

function parseAccounts(text: string): Map<string, string> {
  const homes = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [name = '', , , , , home] = line.split(':')
    if (name !== '' && home !== undefined && !homes.has(name)) homes.set(name, home)
  }
  return homes
}

function parseServices(text: string): Map<string, number> {
  const services = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [name = '', end = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    const port = /^(\d+)\/tcp$/.exec(end)?.[1]
    if (port === undefined) continue
    for (const each of [name, ...aliases]) if (!services.has(each)) services.set(each, Number(port))
  }
  return services
}

const families = { any: 0, inet: 4, inet6: 6 } as const satisfies Record<AddressFamily, number>

/** Resolves a name as getaddrinfo(3) does; its canonical name is where the aliases of the DNS end, `null` without any. */
export async function lookupHost(name: string, family: AddressFamily): Promise<LookupResult | null> {
  try {
    await lookup(name, { family: families[family] })
  } catch {
    return null
  }
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 })
  let canonicalName: string | null = null
  for (let count = 0; count < MAX_ALIASES; count += 1) {
    const aliases: string[] = await resolver.resolveCname(canonicalName ?? name).catch(() => [])
    if (aliases[0] === undefined) break
    canonicalName = aliases[0]
  }
  return { canonicalName }
}
