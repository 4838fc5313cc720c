/** OpenSSH known_hosts files (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), as they are read. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { keyTypeOf } from './_fingerprint'

export type KnownHostMarker = 'revoked' | 'cert-authority'

export interface KnownHostEntry {
  readonly marker: KnownHostMarker | null
  /** As written: a comma list of patterns, or one hash. */
  readonly hosts: string
  readonly keyType: string
  /** Public key blob, base64. */
  readonly key: string
  readonly file: string
  readonly line: number
}

const HASH_MAGIC = '|1|'
const DEFAULT_PORT = 22

/** The name under which a server is looked up: `host`, or `[host]:port` off the default port. */
export function hostKeyName(host: string, port: number): string {
  const name = host.toLowerCase()
  return port === DEFAULT_PORT ? name : `[${name}]:${port}`
}

/** Files that are missing or cannot be read make no key known, which is the safe side. */
export async function readKnownHosts(file: string): Promise<readonly KnownHostEntry[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file)
  } catch {
    return []
  }
}

/** Lines that are not entries are left out, as ssh does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHostEntry[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const fields = line.trim().split(/[ \t]+/)
    if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) return []
    const marker = fields[0].startsWith('@') ? readMarker(fields.shift() ?? '') : null
    const [hosts, keyType, key] = fields
    if (marker === undefined || hosts === undefined || keyType === undefined || key === undefined) return []
    if (!/^[A-Za-z0-9+/]+=*$/.test(key)) return []
    const blob = Buffer.from(key, 'base64')
    // The word before the key must be what the key says of itself, or it was pasted together.
    if (keyTypeOf(blob) !== keyType) return []
    return [{ marker, hosts, keyType, key: blob.toString('base64'), file, line: index + 1 }]
  })
}

/** Whether an entry speaks of this name. Addresses and names match alike; hashes match exactly, patterns by glob. */
export function matchesHost(entry: Pick<KnownHostEntry, 'hosts'>, name: string): boolean {
  if (isHashed(entry)) return matchesHash(entry.hosts, name)
  let matched = false
  for (const pattern of entry.hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesGlob(negated ? pattern.slice(1) : pattern, name)) continue
    // A negated match wins over every other pattern of the line.
    if (negated) return false
    matched = true
  }
  return matched
}

export function isHashed({ hosts }: Pick<KnownHostEntry, 'hosts'>): boolean {
  return hosts.startsWith(HASH_MAGIC)
}

/** The name as `HashKnownHosts yes` writes it; `salt` is 20 random bytes. */
export function hashedName(name: string, salt: Buffer): string {
  return `${HASH_MAGIC}${salt.toString('base64')}|${hashWith(salt, name).toString('base64')}`
}

/** `*` and `?` only; everything else, brackets too, stands for itself. Linear in pattern × name. */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0
  let n = 0
  let star = -1
  let starName = 0
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      starName = n
    } else if (pattern[p] === '?' || pattern[p] === name[n]) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++starName
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

// --- internal ---

function readMarker(word: string): KnownHostMarker | undefined {
  if (word === '@revoked') return 'revoked'
  return word === '@cert-authority' ? 'cert-authority' : undefined
}

function matchesHash(hosts: string, name: string): boolean {
  const [salt, hash] = hosts.slice(HASH_MAGIC.length).split('|')
  if (salt === undefined || hash === undefined) return false
  const expected = Buffer.from(hash, 'base64')
  const actual = hashWith(Buffer.from(salt, 'base64'), name)
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

function hashWith(salt: Buffer, name: string): Buffer {
  return createHmac('sha1', salt).update(name).digest()
}
