/** What we offer the server, from what this runtime can do: some (Electron's BoringSSL) lack ciphers that ssh2 knows. */
import { getCiphers, getCurves, getHashes } from 'node:crypto'
import type { Algorithms } from 'ssh2'
import { WarrenError } from '@shared/errors'
import type { ConfiguredOptions } from './types'

type Known = readonly (readonly [name: string, needs: string | null])[]

/** Fastest first: AES-GCM encrypts and authenticates in one pass of hardware instructions. */
const CIPHERS: Known = [
  ['aes128-gcm@openssh.com', 'aes-128-gcm'],
  ['aes256-gcm@openssh.com', 'aes-256-gcm'],
  ['chacha20-poly1305@openssh.com', 'chacha20'],
  ['aes128-ctr', 'aes-128-ctr'],
  ['aes192-ctr', 'aes-192-ctr'],
  ['aes256-ctr', 'aes-256-ctr'],
]
const HOST_KEYS: Known = [
  ['ssh-ed25519', null],
  ['ecdsa-sha2-nistp256', null],
  ['ecdsa-sha2-nistp384', null],
  ['ecdsa-sha2-nistp521', null],
  ['rsa-sha2-512', null],
  ['rsa-sha2-256', null],
  ['ssh-rsa', null],
]
const KEX: Known = [
  ['curve25519-sha256', null],
  ['curve25519-sha256@libssh.org', null],
  ['ecdh-sha2-nistp256', 'prime256v1'],
  ['ecdh-sha2-nistp384', 'secp384r1'],
  ['ecdh-sha2-nistp521', 'secp521r1'],
  ['diffie-hellman-group-exchange-sha256', null],
  ['diffie-hellman-group16-sha512', null],
  ['diffie-hellman-group18-sha512', null],
  ['diffie-hellman-group14-sha256', null],
]
const MACS: Known = [
  ['hmac-sha2-256-etm@openssh.com', 'sha256'],
  ['hmac-sha2-512-etm@openssh.com', 'sha512'],
  ['hmac-sha2-256', 'sha256'],
  ['hmac-sha2-512', 'sha512'],
]

/** Too weak to be offered unasked; for old appliances whose owner lists them in the ssh config. */
const OLD_CIPHERS: Known = [
  ['aes128-cbc', 'aes-128-cbc'],
  ['aes192-cbc', 'aes-192-cbc'],
  ['aes256-cbc', 'aes-256-cbc'],
  ['3des-cbc', 'des-ede3-cbc'],
]
const OLD_HOST_KEYS: Known = [['ssh-dss', null]]
const OLD_KEX: Known = [
  ['diffie-hellman-group-exchange-sha1', null],
  ['diffie-hellman-group14-sha1', null],
  ['diffie-hellman-group1-sha1', null],
]
const OLD_MACS: Known = [
  ['hmac-sha1-etm@openssh.com', 'sha1'],
  ['hmac-sha1', 'sha1'],
  ['hmac-sha1-96', 'sha1'],
  ['hmac-md5', 'md5'],
  ['hmac-md5-96', 'md5'],
]

export interface OfferContext {
  /** Named in messages. */
  readonly name: string
  /** Key types under which the server is trusted. */
  readonly knownTypes: readonly string[]
  readonly config?: ConfiguredOptions | undefined
}

/**
 * The offer for a server. What the ssh config lists is offered in its order, as far as this runtime can do it; host key types that
 * are trusted for the server come first, as ssh does, so that no false mismatch arises.
 *
 * @throws `ssh.no-common-algorithm`, naming option and list, when nothing of a list is left.
 */
export function algorithmOffer({ name, knownTypes, config = {} }: OfferContext): Algorithms {
  const ciphers = new Set(getCiphers())
  const curves = new Set(getCurves())
  const hashes = new Set(getHashes().map((hash) => hash.toLowerCase()))
  const choose = (option: string, listed: readonly string[] | undefined, of: Choice): string[] => {
    const able = (known: Known): string[] =>
      known.filter(([, needs]) => needs === null || of.can.has(needs)).map(([each]) => each)
    if (listed === undefined) return able(of.usual)
    const all = new Set([...able(of.usual), ...able(of.old)])
    const chosen = listed.filter((each) => all.has(each))
    if (chosen.length > 0) return chosen
    throw nothingLeft(name, { option, listed, able: able(of.usual) })
  }
  const hostKeys = choose('HostKeyAlgorithms', config.hostKeyAlgorithms, {
    usual: HOST_KEYS,
    old: OLD_HOST_KEYS,
    can: new Set(),
  })
  const first = hostKeys.filter((type) => knownTypes.includes(type.startsWith('rsa-sha2') ? 'ssh-rsa' : type))
  return {
    cipher: choose('Ciphers', config.ciphers, { usual: CIPHERS, old: OLD_CIPHERS, can: ciphers }),
    serverHostKey: [...first, ...hostKeys.filter((type) => !first.includes(type))],
    kex: choose('KexAlgorithms', config.kexAlgorithms, { usual: KEX, old: OLD_KEX, can: curves }),
    hmac: choose('MACs', config.macs, { usual: MACS, old: OLD_MACS, can: hashes }),
    compress: config.compression === true ? ['zlib@openssh.com', 'zlib', 'none'] : ['none'],
  } as Algorithms
}

// --- internal ---

interface Choice {
  readonly usual: Known
  /** Offered only when listed. */
  readonly old: Known
  readonly can: ReadonlySet<string>
}

function nothingLeft(
  name: string,
  { option, listed, able }: { option: string; listed: readonly string[]; able: readonly string[] },
): WarrenError {
  return new WarrenError(
    'ssh.no-common-algorithm',
    `The ssh config allows ${name} only ${option} that Warren does not have: ${listed.join(', ')}.`,
    { fix: `Add one of these to ${option}: ${able.join(', ')}.`, field: option },
  )
}
