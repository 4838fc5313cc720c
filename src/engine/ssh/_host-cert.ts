/** OpenSSH certificates (PROTOCOL.certkeys) as servers show them instead of a bare key. */
import type { Certificate } from './_certificate'
import { fingerprintOf } from './_fingerprint'
import { matchesGlob } from './_known-hosts'
import { isSignedBy, SIGNATURE_ALGORITHMS, signatureAlgorithm } from './_signature'

export type CertificateFlaw =
  'ssh.host-cert-expired' | 'ssh.host-cert-not-yet-valid' | 'ssh.host-cert-principal' | 'ssh.host-cert-invalid'

export interface CertificateProblem {
  readonly code: CertificateFlaw
  /** The end of a sentence that begins with "its certificate". */
  readonly reason: string
}

export interface CertificateCheck {
  /** The host name, or HostKeyAlias, without a port. */
  readonly name: string
  readonly now: number
  /** ssh_config CASignatureAlgorithms. */
  readonly signatures?: readonly string[] | undefined
}

/** What ssh would refuse it for (sshkey_cert_check_host), in ssh's order; `null` when it is good. */
export function certificateProblem(cert: Certificate, check: CertificateCheck): CertificateProblem | null {
  const now = new Date(check.now)
  const algorithm = signatureAlgorithm(cert.signature)
  const allowed: readonly string[] = check.signatures ?? SIGNATURE_ALGORITHMS
  if (!isSignedBy({ key: cert.signatureKey, signature: cert.signature, data: cert.signed })) {
    return invalid('is not signed by the authority it names')
  }
  if (!allowed.includes(algorithm)) return invalid(`is signed with ${algorithm}, which is not allowed`)
  if (cert.kind !== 'host') return invalid('is one for people, not for servers')
  if (now < cert.validAfter) {
    return { code: 'ssh.host-cert-not-yet-valid', reason: `is valid only from ${day(cert.validAfter)} on` }
  }
  if (cert.validBefore !== null && now >= cert.validBefore) {
    return { code: 'ssh.host-cert-expired', reason: `expired on ${day(cert.validBefore)}` }
  }
  const { principals, criticalOptions } = cert
  if (principals.length > 0 && !principals.some((each) => matchesGlob(each.toLowerCase(), check.name.toLowerCase()))) {
    return { code: 'ssh.host-cert-principal', reason: `is for ${principals.join(', ')}, not for ${check.name}` }
  }
  if (criticalOptions.length > 0) return invalid(`has the option ${criticalOptions.join(', ')}, which nobody knows`)
  return null
}

/** For the log: "the certificate db1 (serial 7) of SHA256:…". */
export function describeCertificate(cert: Certificate): string {
  return `the certificate ${cert.keyId === '' ? '' : `${cert.keyId} `}(serial ${cert.serial}) of ${fingerprintOf(cert.signatureKey)}`
}

// --- internal ---

function invalid(reason: string): CertificateProblem {
  return { code: 'ssh.host-cert-invalid', reason }
}

function day(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
