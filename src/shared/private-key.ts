/** Whether a text looks like a private key that Warren can use: what refuses another text before it is sealed. */

/**
 * `null` for a whole OpenSSH, PEM, PKCS#8 or PuTTY key, with a passphrase or without; else what is wrong with the text.
 * Only the lines at its ends are looked at: whether the key is any good shows when it logs in.
 */
export function privateKeyFault(text: string): string | null {
  if (PUTTY.test(text)) return PUTTY_END.test(text) ? null : CUT
  const kind = ARMOUR.exec(text)?.[1]
  if (kind !== undefined) return text.includes(`-----END ${kind}-----`) ? null : CUT
  return PUBLIC.test(text) ? 'It is a public key. The private one is in the file without .pub.' : NO_KEY
}

// --- internal ---

const ARMOUR = /-----BEGIN ((?:(?:OPENSSH|RSA|EC|ENCRYPTED) )?PRIVATE KEY)-----/
const PUTTY = /^PuTTY-User-Key-File-[23]: \S/
const PUTTY_END = /^Private-MAC: [0-9a-f]+\s*$/im
const PUBLIC = /^\s*(?:ssh-\w+|ecdsa-sha2-\S+|sk-\S+) AAAA|BEGIN (?:SSH2 |RSA )?PUBLIC KEY/

const CUT = 'It is a private key whose end is missing.'
const NO_KEY = 'It is no private key: OpenSSH, PEM, PKCS#8 and PuTTY files are.'
