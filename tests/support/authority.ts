/** An authority that signs user certificates, as `ssh-keygen -s` does. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { makeKey, type HostKeyType } from './sshd'

export interface CertificateOptions {
  /** Default: for every name. */
  readonly principals?: readonly string[]
  /** As ssh-keygen's `-V`. */
  readonly validity?: string
  readonly host?: boolean
}

export interface Authority {
  /** For TrustedUserCAKeys. */
  readonly publicKey: string
  /** Signs the public half of `key`; returns the path of the certificate, `KEY-cert.pub`. */
  readonly sign: (key: string, options?: CertificateOptions) => string
}

export function makeAuthority(dir: string, type: HostKeyType = 'ed25519'): Authority {
  const file = join(dir, `authority-${type}`)
  makeKey(file, type)
  let serial = 0
  return {
    publicKey: `${file}.pub`,
    sign: (key, { principals = [], validity, host = false } = {}) => {
      serial += 1
      execFileSync('ssh-keygen', [
        '-q',
        ...['-s', file, '-I', `test-${serial}`, '-z', String(serial)],
        ...(principals.length === 0 ? [] : ['-n', principals.join(',')]),
        ...(validity === undefined ? [] : ['-V', validity]),
        ...(host ? ['-h'] : []),
        `${key}.pub`,
      ])
      return `${key}-cert.pub`
    },
  }
}
