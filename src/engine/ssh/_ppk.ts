/** PuTTY's private key files, versions 2 and 3 (PuTTY manual, appendix C). */
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { BlobReader, packStrings, uint32 } from './_blob'
import { privateKeyFromFields, type PrivateKey } from './_private-key'
import { inThread } from './_thread'

const KEY_BYTES = 32
const IV_BYTES = 16
const MAC_BYTES = 32
/** More would be an attack on our memory or patience, not a key: 1 GiB at once, 16 GiB in all, both in KiB. */
const MAX_ARGON2_MEMORY = 1024 * 1024
const MAX_ARGON2_WORK = 16 * 1024 * 1024
const NOTHING = Buffer.alloc(0)

/** What a file says before it is decrypted. */
export interface PpkFile {
  readonly version: 2 | 3
  readonly type: string
  readonly encryption: 'none' | 'aes256-cbc'
  readonly comment: string
  readonly publicBlob: Buffer
  readonly privateData: Buffer
  readonly mac: Buffer
  readonly argon2: Argon2 | null
}

interface Argon2 {
  readonly flavour: string
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly salt: Buffer
}

/** `null` when it is no PuTTY key, or a damaged one. */
export function parsePpk(text: string): PpkFile | null {
  const head = /^PuTTY-User-Key-File-([23]): (\S+)\r?\n/.exec(text)
  if (head === null) return null
  const { headers, blocks } = readLines(text.slice(head[0].length).split(/\r?\n/))
  const encryption = headers.get('Encryption')
  const publicBlob = blocks.get('Public-Lines')
  const privateData = blocks.get('Private-Lines')
  const mac = headers.get('Private-MAC')
  if (encryption !== 'none' && encryption !== 'aes256-cbc') return null
  if (publicBlob === undefined || privateData === undefined || mac === undefined) return null
  const version = head[1] === '3' ? 3 : 2
  const argon2 = version === 3 && encryption !== 'none' ? readArgon2(headers) : null
  if (version === 3 && encryption !== 'none' && argon2 === null) return null
  return {
    version,
    type: head[2] ?? '',
    encryption,
    comment: headers.get('Comment') ?? '',
    publicBlob,
    privateData,
    mac: Buffer.from(mac, 'hex'),
    argon2,
  }
}

/** `null` when the passphrase is wrong or the file was changed, which its check sum does not tell apart. */
export async function openPpk(file: PpkFile, passphrase: string): Promise<PrivateKey | null> {
  const keys = await deriveKeys(file, file.encryption === 'none' ? '' : passphrase)
  const plain = file.encryption === 'none' ? file.privateData : decrypt(file.privateData, keys)
  if (plain === null) return null
  const covered = packStrings(file.type, file.encryption, file.comment, file.publicBlob, plain)
  const mac = createHmac(file.version === 3 ? 'sha256' : 'sha1', keys.mac)
    .update(covered)
    .digest()
  if (mac.length !== file.mac.length || !timingSafeEqual(mac, file.mac)) return null
  return privateKeyFromFields(file.publicBlob, fieldsOf(plain))
}

// --- internal ---

interface DerivedKeys {
  readonly cipher: Buffer
  readonly iv: Buffer
  readonly mac: Buffer
}

async function deriveKeys(file: PpkFile, passphrase: string): Promise<DerivedKeys> {
  if (file.version === 2) {
    const half = (index: number): Buffer => createHash('sha1').update(uint32(index)).update(passphrase).digest()
    return {
      cipher: Buffer.concat([half(0), half(1)]).subarray(0, KEY_BYTES),
      iv: Buffer.alloc(IV_BYTES),
      mac: createHash('sha1').update('putty-private-key-file-mac-key').update(passphrase).digest(),
    }
  }
  if (file.argon2 === null) return { cipher: NOTHING, iv: NOTHING, mac: NOTHING }
  const { flavour, memory, passes, parallelism, salt } = file.argon2
  const derived = await inThread({
    library: 'hash-wasm',
    source: 'return await library[data.flavour](data.options)',
    data: {
      flavour: flavour.toLowerCase(),
      options: {
        password: Buffer.from(passphrase, 'utf8'),
        salt,
        memorySize: memory,
        iterations: passes,
        parallelism,
        hashLength: KEY_BYTES + IV_BYTES + MAC_BYTES,
        outputType: 'binary',
      },
    },
  })
  if (!(derived instanceof Uint8Array)) throw new Error('Argon2 gave no bytes')
  const bytes = Buffer.from(derived)
  return {
    cipher: bytes.subarray(0, KEY_BYTES),
    iv: bytes.subarray(KEY_BYTES, KEY_BYTES + IV_BYTES),
    mac: bytes.subarray(KEY_BYTES + IV_BYTES),
  }
}

function decrypt(data: Buffer, keys: DerivedKeys): Buffer | null {
  if (data.length === 0 || data.length % IV_BYTES !== 0) return null
  const cipher = createDecipheriv('aes-256-cbc', keys.cipher, keys.iv).setAutoPadding(false)
  return Buffer.concat([cipher.update(data), cipher.final()])
}

/** The fields of the private half; random padding follows them. */
function fieldsOf(plain: Buffer): Buffer[] {
  const reader = new BlobReader(plain)
  const fields: Buffer[] = []
  for (let next = reader.string(); next !== null && fields.length < 4; next = reader.string()) fields.push(next)
  return fields
}

function readLines(lines: readonly string[]): { headers: Map<string, string>; blocks: Map<string, Buffer> } {
  const headers = new Map<string, string>()
  const blocks = new Map<string, Buffer>()
  for (let at = 0; at < lines.length; at++) {
    const pair = /^([A-Za-z0-9-]+): (.*)$/.exec(lines[at] ?? '')
    const [, name = '', value = ''] = pair ?? []
    if (!name.endsWith('-Lines')) {
      headers.set(name, value)
      continue
    }
    const count = Number(value)
    blocks.set(name, Buffer.from(lines.slice(at + 1, at + 1 + count).join(''), 'base64'))
    at += count
  }
  return { headers, blocks }
}

function readArgon2(headers: ReadonlyMap<string, string>): Argon2 | null {
  const flavour = headers.get('Key-Derivation') ?? ''
  const memory = Number(headers.get('Argon2-Memory'))
  const passes = Number(headers.get('Argon2-Passes'))
  const parallelism = Number(headers.get('Argon2-Parallelism'))
  const salt = Buffer.from(headers.get('Argon2-Salt') ?? '', 'hex')
  const isSane =
    /^Argon2(id|i|d)$/.test(flavour) &&
    isWithin(memory, MAX_ARGON2_MEMORY) &&
    isWithin(passes, MAX_ARGON2_WORK / memory) &&
    isWithin(parallelism, 255)
  return isSane && salt.length >= 8 ? { flavour, memory, passes, parallelism, salt } : null
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most
}
