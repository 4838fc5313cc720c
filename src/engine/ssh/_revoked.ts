/** RevokedHostKeys (ssh_config(5)): a list of public keys, or an OpenSSH Key Revocation List (PROTOCOL.krl). */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { WarrenError } from '@shared/errors'
import { BlobReader } from './_blob'
import { parseCertificate, type Certificate } from './_certificate'

const KRL_MAGIC = Buffer.from('SSHKRL\n\0', 'latin1')
const KRL_FORMAT = 1
const SECTION = { certificates: 1, keys: 2, sha1: 3, signature: 4, sha256: 5, extension: 255 } as const
const CERTIFICATES = { serials: 0x20, range: 0x21, bitmap: 0x22, keyIds: 0x23, extension: 0x39 } as const

/** A key as a server shows it: bare, or in a certificate. */
export interface ShownKey {
  readonly plainKey: Buffer
  readonly certificate: Certificate | null
}

/**
 * Whether a RevokedHostKeys file names the key, its certificate, or the authority behind it.
 *
 * Rejects with `ssh.host-key-revoked` when the file cannot be read: ssh trusts nobody then either.
 */
export async function isRevokedBy(file: string, shown: ShownKey): Promise<boolean> {
  let content: Buffer
  try {
    content = await readFile(file)
  } catch (error) {
    throw unreadable(file, 'it cannot be read', error)
  }
  if (!content.subarray(0, KRL_MAGIC.length).equals(KRL_MAGIC)) return isListed(content.toString('utf8'), shown)
  try {
    return isInKrl(new BlobReader(content.subarray(KRL_MAGIC.length)), shown)
  } catch (error) {
    throw unreadable(file, 'it is no revocation list that Warren can read', error)
  }
}

// --- internal ---

function unreadable(file: string, why: string, cause: unknown): WarrenError {
  return new WarrenError(
    'ssh.host-key-revoked',
    `The list of revoked host keys ${file} cannot be checked: ${why}, so no server is trusted.`,
    { fix: 'Make it readable, or take RevokedHostKeys out of the ssh config.', cause },
  )
}

function isListed(text: string, { plainKey, certificate }: ShownKey): boolean {
  for (const line of text.split(/\r?\n/)) {
    const [, base64 = ''] = line.trim().split(/[ \t]+/)
    if (line.startsWith('#') || base64 === '') continue
    const blob = Buffer.from(base64, 'base64')
    const key = parseCertificate(blob)?.publicKey ?? blob
    if (key.equals(plainKey) || certificate?.signatureKey.equals(key) === true) return true
  }
  return false
}

function isInKrl(reader: BlobReader, { plainKey, certificate }: ShownKey): boolean {
  if (reader.uint32() !== KRL_FORMAT) throw new RangeError('It has a format of the future')
  // Its own version, its date, and flags that nobody uses.
  for (let field = 0; field < 3; field++) must(reader.uint64())
  reader.string()
  reader.string()
  const keys = certificate === null ? [plainKey] : [plainKey, certificate.signatureKey]
  while (!reader.ended) {
    const section = must(reader.byte())
    const data = new BlobReader(must(reader.string()))
    switch (section) {
      case SECTION.certificates:
        if (certificate !== null && namesCertificate(data, certificate)) return true
        break
      case SECTION.keys:
        if (has(data, keys)) return true
        break
      case SECTION.sha1:
        if (has(data, keys.map(hashed('sha1')))) return true
        break
      case SECTION.sha256:
        if (has(data, keys.map(hashed('sha256')))) return true
        break
      case SECTION.signature:
        reader.string()
        break
      case SECTION.extension:
        refuseCritical(data)
        break
      default:
        throw new RangeError(`It has a section ${section}`)
    }
  }
  return false
}

function hashed(algorithm: 'sha1' | 'sha256'): (key: Buffer) => Buffer {
  return (key) => createHash(algorithm).update(key).digest()
}

function has(list: BlobReader, wanted: readonly Buffer[]): boolean {
  return must(list.strings()).some((each) => wanted.some((one) => one.equals(each)))
}

/** A section speaks of one authority, or (empty) of all. */
function namesCertificate(reader: BlobReader, certificate: Certificate): boolean {
  const authority = must(reader.string())
  reader.string()
  if (authority.length > 0 && !authority.equals(certificate.signatureKey)) return false
  while (!reader.ended) {
    const section = must(reader.byte())
    if (isInSection(section, new BlobReader(must(reader.string())), certificate)) return true
  }
  return false
}

function isInSection(section: number, data: BlobReader, { serial, keyId }: Certificate): boolean {
  // Zero is the number of certificates that were made without one.
  const numbered = serial !== 0n
  switch (section) {
    case CERTIFICATES.serials: {
      let found = false
      while (!data.ended) found = must(data.uint64()) === serial || found
      return numbered && found
    }
    case CERTIFICATES.range: {
      const [from, to] = [must(data.uint64()), must(data.uint64())]
      return numbered && serial >= from && serial <= to
    }
    case CERTIFICATES.bitmap: {
      const at = serial - must(data.uint64())
      const bits = must(data.string())
      if (!numbered || at < 0n || at >= BigInt(bits.length * 8)) return false
      const byte = bits[bits.length - 1 - Number(at >> 3n)] ?? 0
      return ((byte >> Number(at & 7n)) & 1) === 1
    }
    case CERTIFICATES.keyIds:
      return must(data.strings()).some((each) => each.toString('utf8') === keyId)
    case CERTIFICATES.extension:
      refuseCritical(data)
      return false
    default:
      throw new RangeError(`It has a section ${section} for certificates`)
  }
}

function refuseCritical(data: BlobReader): void {
  const name = must(data.text())
  if (must(data.byte()) !== 0) throw new RangeError(`It needs ${name}`)
}

function must<T>(field: T | null): T {
  if (field === null) throw new RangeError('It ends too early')
  return field
}
