/** Finding the canonical name of a host (ssh_config(5), CanonicalizeHostname). */
import { canonicalAddress, looksLikeAddress } from './_addresses'
import { complain, located } from './_complaint'
import { lowercase } from './_lex'
import { matchList } from './_pattern'
import type { Settings } from './_settings'
import type { AddressFamily, LookupResult, SshConfigPorts } from './types'

export interface CanonicalRequest {
  readonly host: string
  readonly settings: Settings
  readonly ports: SshConfigPorts
}

function familyOf(settings: Settings): AddressFamily {
  const family = settings.get('addressfamily')?.value
  return family === 'inet' || family === 'inet6' ? family : 'any'
}

export function isAddress(host: string, settings: Settings): boolean {
  return looksLikeAddress(host) || canonicalAddress(host, familyOf(settings)) !== null
}

/** Whether the host is reached without a proxy or jump host, so that its name means something here. */
function isDirect(settings: Settings): boolean {
  const proxy = settings.get('proxycommand')?.value.toLowerCase()
  return (proxy === undefined || proxy === 'none') && settings.get('proxyjump') === undefined
}

/** The host by its canonical name, address or the name as it was. */
export async function canonicalize({ host, settings, ports }: CanonicalRequest): Promise<string> {
  const mode = settings.get('canonicalizehostname')?.value ?? 'false'
  const lookup = async (name: string): Promise<LookupResult | null> =>
    (await ports.lookup?.(name, familyOf(settings))) ?? null
  let name = host
  let resolved = false
  if (mode !== 'false' || isAddress(host, settings)) {
    const found = await findCanonical({ host, settings, ports }, { mode, lookup })
    name = found ?? host
    resolved = found !== null
  }
  const rules = settings.list('canonicalizepermittedcnames').filter((rule) => rule.value !== 'none')
  const direct = isDirect(settings)
  if (resolved || rules.length === 0 || (!direct && mode !== 'always')) return name
  const answer = await lookup(name)
  if (answer !== null) return followAlias(name, answer, settings)
  const origin = rules[0]?.origin ?? { kind: 'default' }
  return direct ? located(origin, () => complain(`the name "${name}" cannot be resolved`)) : name
}

interface CanonicalMeans {
  readonly mode: string
  readonly lookup: (name: string) => Promise<LookupResult | null>
}

async function findCanonical(
  { host, settings }: CanonicalRequest,
  { mode, lookup }: CanonicalMeans,
): Promise<string | null> {
  const address = canonicalAddress(host, familyOf(settings))
  // ssh keeps the spelling of a person who only wrote capitals.
  if (address !== null) return lowercase(address) === lowercase(host) ? host : address
  if (looksLikeAddress(host) || mode === 'false') return null
  if (!isDirect(settings) && mode !== 'always') return null
  const candidates: string[] = []
  if (host.endsWith('.')) candidates.push(host)
  else {
    const dots = host.split('.').length - 1
    if (dots > Number(settings.get('canonicalizemaxdots')?.value ?? 1)) return null
    for (const { value } of settings.list('canonicaldomains')) {
      if (value === 'none') break
      candidates.push(`${host}.${value}.`)
    }
  }
  for (const candidate of candidates) {
    const answer = await lookup(candidate)
    if (answer !== null) return followAlias(candidate.slice(0, -1), answer, settings)
  }
  const fallback = settings.get('canonicalizefallbacklocal')
  if (fallback?.value === 'no') return located(fallback.origin, () => complain(`the host "${host}" cannot be resolved`))
  return null
}

/** An alias is followed only where CanonicalizePermittedCNAMEs allows it. */
function followAlias(name: string, { canonicalName }: LookupResult, settings: Settings): string {
  if (canonicalName === null) return name
  const allowed = settings.list('canonicalizepermittedcnames').some(({ value }) => {
    const colon = value.indexOf(':')
    const from = value.slice(0, colon)
    const to = value.slice(colon + 1)
    return colon !== -1 && matchList(name, from, true) === 'matched' && matchList(canonicalName, to, true) === 'matched'
  })
  return allowed ? canonicalName : name
}
