/** A certificate authority for host keys, as `ssh-keygen -s` makes one. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeKey, type HostKeyType } from '../../support/sshd'

export interface Authority {
  readonly dir: string
  readonly key: string
  /** `type base64` of its public key. */
  readonly publicKey: string
  /** Signs a public key file; returns the path of the certificate. */
  readonly sign: (publicKeyFile: string, options?: readonly string[]) => string
}

let serial = 0

export function makeAuthority(
  type: HostKeyType = 'ed25519',
  dir = mkdtempSync(join(tmpdir(), 'warren-ca-')),
): Authority {
  const key = join(dir, `ca_${type}_${(serial += 1)}`)
  makeKey(key, type)
  return {
    dir,
    key,
    publicKey: publicKeyOf(`${key}.pub`),
    sign: (file, options = ['-h', '-n', '127.0.0.1']) => {
      const copy = join(dir, `signed_${(serial += 1)}.pub`)
      copyFileSync(file, copy)
      execFileSync('ssh-keygen', ['-q', '-s', key, '-I', 'test', '-z', String(serial), ...options, copy])
      return copy.replace(/\.pub$/, '-cert.pub')
    },
  }
}

/** `type base64` of a public key file. */
export function publicKeyOf(file: string): string {
  return readFileSync(file, 'utf8').trim().split(' ').slice(0, 2).join(' ')
}

export function blobOf(file: string): Buffer {
  return Buffer.from(publicKeyOf(file).split(' ')[1] ?? '', 'base64')
}
