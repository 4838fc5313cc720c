/** Why a connection could not be encrypted, from what Node and OpenSSL call it. */
import type { ErrorCode } from '@shared/errors'

export interface TlsWords {
  readonly code: Extract<ErrorCode, 'cloud.certificate' | 'cloud.bad-answer'>
  readonly message: string
  readonly fix: string
}

/** `null` when it was something else. */
export function tlsWords(
  { code, message }: { readonly code: string; readonly message: string },
  host: string,
): TlsWords | null {
  const certificate = certificates.find(({ codes }) => codes.test(code))
  if (certificate !== undefined) return wrongCertificate(host, certificate)
  if (code !== 'EPROTO' && !code.startsWith('ERR_SSL_')) return null
  return NOT_TLS.test(`${code} ${message}`) ? notTls(host) : noCommonTls(host)
}

// --- internal ---

/** The names of Node before 22 stand in the message, as OpenSSL words them. */
const NOT_TLS = /wrong.version.number|packet.length.too.long|http.request|unknown.protocol|record.too.small/i

interface WrongCertificate {
  readonly codes: RegExp
  /** After `The certificate of HOST`. */
  readonly is: string
  readonly fix: string
}

/** What X.509 verification in Node calls it (docs of node:tls, "X509 certificate error codes"). The first that fits. */
const certificates: readonly WrongCertificate[] = [
  {
    codes: /^CERT_HAS_EXPIRED$/,
    is: 'has expired',
    fix: 'Ask who runs the server to renew it; or set the clock of this machine, if it is wrong.',
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    is: 'is not valid yet',
    fix: 'Set the clock of this machine, if it is wrong; else ask who runs the server.',
  },
  {
    codes: /^(ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH)/,
    is: 'is for another name',
    fix: 'Use the address that the certificate is for; else ask who runs the server.',
  },
  {
    codes: /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|CERT_UNTRUSTED)/,
    is: 'is signed by nobody whom this machine trusts',
    fix: 'Ask who runs the server; or give its authority to Node with NODE_EXTRA_CA_CERTS.',
  },
  {
    codes: /^(CERT_|ERR_TLS_CERT|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE)/,
    is: 'cannot be used',
    fix: 'Ask who runs the server; or give its authority to Node with NODE_EXTRA_CA_CERTS.',
  },
]

function wrongCertificate(host: string, { is, fix }: WrongCertificate): TlsWords {
  return { code: 'cloud.certificate', message: `The certificate of ${host} ${is}.`, fix }
}

function notTls(host: string): TlsWords {
  return {
    code: 'cloud.bad-answer',
    message: `${host} answered, but not with TLS, which https:// needs.`,
    fix: 'Check the port. A server on this machine may speak http:// only.',
  }
}

function noCommonTls(host: string): TlsWords {
  return {
    code: 'cloud.bad-answer',
    message: `${host} and this machine found no TLS that both speak.`,
    fix: 'Check the port, and ask who runs the server which versions of TLS it speaks.',
  }
}
