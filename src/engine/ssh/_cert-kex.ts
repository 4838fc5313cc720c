/**
 * Host certificates in ssh2's key exchange, which knows bare keys only.
 *
 * ssh2 is offered the certificate algorithms behind its back; when one was agreed on, it gets to see the bare key of the
 * certificate (that is what signs), while the exchange hash is made over the certificate, as the server makes it
 * (PROTOCOL.certkeys). Nothing is trusted here: what was shown goes to the host key check.
 */
import { BlobReader, packStrings } from './_blob'
import { certificateTypeOf, certifiedType, parseCertificate } from './_certificate'

const KEXDH_REPLY = 31
const KEX_DH_GEX_REPLY = 33
/** Never offered as certificates: SHA-1. */
const TOO_OLD = new Set(['ssh-rsa', 'ssh-dss'])

export interface KexProtocol {
  /** ssh2's KexInit: what we offer, at the first and at every later key exchange. */
  _offer: {
    readonly constructor: unknown
    readonly lists: {
      readonly kex: List
      readonly serverHostKey: List
      readonly cs: Directed
      readonly sc: Directed
    }
  }
  _kex?: unknown
}

export interface CertificateKex {
  /** The certificate that the key exchange at hand showed, or `null` for a bare key. */
  readonly shown: () => Buffer | null
}

export interface OfferBasis {
  /** Key types under which the server is trusted. */
  readonly knownTypes: readonly string[]
  /** An authority is trusted for the server. */
  readonly hasAuthority: boolean
  /** ssh_config HostKeyAlgorithms, where somebody set it. */
  readonly listed: readonly string[] | undefined
}

/**
 * Bare algorithms and those for certificates, in the order to offer them.
 *
 * Certificates are offered, and first, when an authority is trusted for the server; without one only if the ssh config lists them,
 * behind what is known (a certificate of a stranger is a bare key to us, as it is to ssh).
 */
export function hostKeyOffer(plain: readonly string[], { knownTypes, hasAuthority, listed }: OfferBasis): string[] {
  const certificates = plain.filter((each) => !TOO_OLD.has(each)).map(certificateTypeOf)
  const offered = listed === undefined ? certificates : listed.filter((each) => certificates.includes(each))
  if (hasAuthority) return [...offered, ...plain]
  if (listed === undefined) return [...plain]
  const all = [...offered, ...plain]
  const isKnown = (algorithm: string): boolean => knownTypes.includes(keyTypeFor(certifiedType(algorithm) ?? algorithm))
  return [...all.filter(isKnown), ...all.filter((each) => !isKnown(each))]
}

/** To be called between `connect` and the first byte from the server. `algorithms` replaces the host keys that are offered. */
export function offerCertificates(protocol: KexProtocol, algorithms: readonly string[]): CertificateKex {
  const { lists, constructor: KexInit } = protocol._offer
  const offer = KexInit as new (lists: unknown) => KexProtocol['_offer']
  protocol._offer = new offer({
    kex: lists.kex.array,
    serverHostKey: algorithms,
    cs: arrays(lists.cs),
    sc: arrays(lists.sc),
  })
  let shown: Buffer | null = null
  let current: unknown
  Object.defineProperty(protocol, '_kex', {
    configurable: true,
    get: () => current,
    set: (kex: KeyExchange | undefined) => {
      current = kex
      shown = null
      if (kex !== undefined) {
        adopt(kex, (certificate) => {
          shown = certificate
        })
      }
    },
  })
  return { shown: () => shown }
}

/** What was really agreed on. */
export function hostKeyAlgorithmOf(negotiated: { readonly serverHostKey: string }): string {
  return (negotiated as Negotiated).certifiedBy ?? negotiated.serverHostKey
}

// --- internal ---

interface List {
  readonly array: readonly string[]
}

interface Directed {
  readonly cipher: List
  readonly mac: List
  readonly compress: List
  readonly lang: List
}

interface Negotiated {
  serverHostKey: string
  /** Ours: the certificate algorithm behind it. */
  certifiedBy?: string
}

interface KeyExchange {
  readonly type: string
  readonly negotiated: Negotiated
  parse: (payload: Buffer) => unknown
  finish: (serverToClientOnly?: boolean) => unknown
  _hostKey?: Buffer | undefined
}

/** RSA keys are of one type, whatever hash their signatures use. */
function keyTypeFor(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm
}

function arrays({ cipher, mac, compress, lang }: Directed): Record<keyof Directed, readonly string[]> {
  return { cipher: cipher.array, mac: mac.array, compress: compress.array, lang: lang.array }
}

function adopt(kex: KeyExchange, onShown: (certificate: Buffer) => void): void {
  const plain = certifiedType(kex.negotiated.serverHostKey)
  if (plain === null) return
  // From here on ssh2 checks key and signature against the bare algorithm, as the signature is made with it.
  kex.negotiated.certifiedBy = kex.negotiated.serverHostKey
  kex.negotiated.serverHostKey = plain
  const parse = kex.parse.bind(kex)
  const reply = kex.type === 'groupex' ? KEX_DH_GEX_REPLY : KEXDH_REPLY
  kex.parse = (payload) => {
    if (payload[0] !== reply) return parse(payload)
    const reader = new BlobReader(payload.subarray(1))
    const blob = reader.string()
    const certificate = blob === null ? null : parseCertificate(blob)
    // A bare key after all, or garbage: ssh2 and the host key check say what is to be said.
    if (blob === null || certificate === null) return parse(payload)
    onShown(Buffer.from(blob))
    hashOver(kex, Buffer.from(blob))
    const rest = payload.subarray(1 + reader.offset)
    return parse(Buffer.concat([payload.subarray(0, 1), packStrings(certificate.publicKey), rest]))
  }
}

/**
 * In its last step ssh2 reads the host key first for the exchange hash, which is over the certificate, and then to check the
 * signature, which is made with the bare key.
 */
function hashOver(kex: KeyExchange, certificate: Buffer): void {
  const { finish } = kex
  let key: Buffer | undefined
  let isForHash = false
  kex.finish = (serverToClientOnly) => {
    isForHash = true
    try {
      return finish.call(kex, serverToClientOnly)
    } finally {
      isForHash = false
    }
  }
  Object.defineProperty(kex, '_hostKey', {
    configurable: true,
    get: () => {
      if (!isForHash || key === undefined) return key
      isForHash = false
      return certificate
    },
    set: (next: Buffer | undefined) => {
      key = next
    },
  })
}
