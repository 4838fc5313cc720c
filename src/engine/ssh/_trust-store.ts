/** Everything that is recorded about a server's key: known_hosts of the person and of the system, and Warren's pins. */
import { hostKeyName, matchesHost, readKnownHosts, type KnownHostEntry } from './_known-hosts'
import type { ServerPlan, SshPorts } from './types'

export interface TrustedKey {
  readonly keyType: string
  readonly key: string
  /** `null`: in Warren's own store. */
  readonly file: string | null
  readonly line: number | null
  /** From a GlobalKnownHostsFile. */
  readonly isGlobal: boolean
}

export interface TrustStore {
  /** `host`, `[host]:port`, or the HostKeyAlias. */
  readonly name: string
  /** What a certificate has to be for: the host or the HostKeyAlias, without a port. */
  readonly bareName: string
  readonly trusted: readonly TrustedKey[]
  /** Recorded for the host without its port: good enough to be trusted, no reason to call another key a changed one. */
  readonly trustedWithoutPort: readonly TrustedKey[]
  readonly authorities: readonly KnownHostEntry[]
  readonly revoked: readonly KnownHostEntry[]
  /** All lines of all files, for "known as". */
  readonly entries: readonly KnownHostEntry[]
  /** Where a new key is written when the person asks for it; `null` when the config names no file. */
  readonly writableFile: string | null
}

/** Reads what is known now. */
export async function readTrustStore(server: ServerPlan, ports: SshPorts): Promise<TrustStore> {
  const { config = {} } = server
  const { environment } = ports
  const userFiles = named(config.userKnownHostsFiles) ?? environment.knownHostsFiles
  const globalFiles = named(config.globalKnownHostsFiles) ?? environment.globalKnownHostsFiles ?? []
  const [own, global] = await Promise.all([readAll(userFiles), readAll(globalFiles)])
  const entries = [...own, ...global]
  const bareName = (config.hostKeyAlias ?? server.host).toLowerCase()
  const name = config.hostKeyAlias === undefined ? hostKeyName(server.host, server.port) : bareName
  const trustedAs = (host: string): TrustedKey[] => [
    ...entries
      .filter((entry) => entry.marker === null && matchesHost(entry, host))
      .map((entry) => ({ ...entry, isGlobal: global.includes(entry) })),
    ...ports.pins.find(host).map(({ keyType, key }) => ({ keyType, key, file: null, line: null, isGlobal: false })),
  ]
  const marked = (marker: KnownHostEntry['marker']): KnownHostEntry[] =>
    entries.filter((entry) => entry.marker === marker && (matchesHost(entry, name) || matchesHost(entry, bareName)))
  return {
    name,
    bareName,
    trusted: trustedAs(name),
    trustedWithoutPort: name === bareName ? [] : trustedAs(bareName),
    authorities: marked('cert-authority'),
    revoked: marked('revoked'),
    entries,
    writableFile: userFiles[0] ?? null,
  }
}

/** Where it is recorded, for people. */
export function placeOf(known: Pick<TrustedKey, 'file' | 'line'>): string {
  return known.file === null ? 'what you trusted in Warren' : `${known.file}:${known.line ?? 0}`
}

// --- internal ---

/** `none` is a word of ssh_config; the null device is what people write for it. */
function named(files: readonly string[] | undefined): readonly string[] | undefined {
  return files?.filter((file) => file !== 'none' && file !== '/dev/null')
}

async function readAll(files: readonly string[]): Promise<readonly KnownHostEntry[]> {
  return (await Promise.all(files.map(readKnownHosts))).flat()
}
