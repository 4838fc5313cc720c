import { createRequire } from 'node:module'

interface SshCrypto {
  readonly bindingAvailable: boolean
}

/** Whether ssh2's native cipher code is in use; without it pure JavaScript works, at about two thirds of the speed. */
export function hasNativeCrypto(): boolean {
  const crypto = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as SshCrypto
  return crypto.bindingAvailable
}
