/** Which algorithm a key is offered and signs with (RFC 8332, ssh_config PubkeyAcceptedAlgorithms). */
import { RSA_SHA2_256, RSA_SHA2_512 } from './_agent'
import { certificateTypeOf, certifiedType } from './_certificate'

export interface KeyAlgorithm {
  /** Named in the request: a certificate's own name, or that of the signature. */
  readonly request: string
  /** Named in the signature. */
  readonly signature: string
}

export interface AcceptedAlgorithms {
  /** The server's list (RFC 8308 `server-sig-algs`); `null` when it did not tell. */
  readonly server: readonly string[] | null
  /** Ours, in order; absent for ssh's default. */
  readonly own: readonly string[] | undefined
}

const RSA = 'ssh-rsa'
/** Without SHA-1, as ssh has it since 8.8. */
const RSA_SIGNATURES = ['rsa-sha2-512', 'rsa-sha2-256'] as const

/** In the order to try; empty when the two sides share none. */
export function algorithmsFor(type: string, accepted: AcceptedAlgorithms): readonly KeyAlgorithm[] {
  const keyType = certifiedType(type)
  const request = (signature: string): string => (keyType === null ? signature : certificateTypeOf(signature))
  const signatures = (keyType ?? type) === RSA ? rsaSignatures(accepted, request) : [keyType ?? type]
  return signatures
    .map((signature) => ({ request: request(signature), signature }))
    .filter((each) => accepted.own === undefined || accepted.own.includes(each.request))
}

/** What tells an agent the hash. */
export function agentFlags(signature: string): number {
  if (signature === 'rsa-sha2-512') return RSA_SHA2_512
  return signature === 'rsa-sha2-256' ? RSA_SHA2_256 : 0
}

// --- internal ---

function rsaSignatures({ server, own }: AcceptedAlgorithms, request: (signature: string) => string): readonly string[] {
  const all = [...RSA_SIGNATURES, RSA]
  const wanted =
    own === undefined
      ? RSA_SIGNATURES
      : all
          .filter((signature) => own.includes(request(signature)))
          .sort((one, other) => own.indexOf(request(one)) - own.indexOf(request(other)))
  if (server === null) return wanted
  const [first] = wanted.filter((signature) => server.includes(signature) || server.includes(request(signature)))
  return first === undefined ? [] : [first]
}
