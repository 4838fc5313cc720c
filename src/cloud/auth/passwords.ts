/** Passwords at rest: scrypt (RFC 7914) with a salt each, in the form `scrypt$N$r$p$salt$hash`, base64url. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

export interface PasswordCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

export interface Passwords {
  readonly hash: (password: string) => Promise<string>
  /** Takes the same time for an account that does not exist: pass `null` then. */
  readonly matches: (password: string, stored: string | null) => Promise<boolean>
}

/** 32 MiB and some 0.2 s of one core, as OWASP's password storage guide suggests for scrypt. */
const COST: PasswordCost = { N: 2 ** 15, r: 8, p: 3 }
const MAX_MEMORY = 128 * COST.N * COST.r * 2
const SALT_BYTES = 16
const HASH_BYTES = 32

/** `cost` is of new hashes; one that was made at another is compared at that one. */
export function createPasswords(cost: PasswordCost = COST): Passwords {
  return {
    hash: async (password) => {
      const salt = randomBytes(SALT_BYTES)
      const hash = await derive(password, salt, cost)
      return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
    },
    matches: async (password, stored) => {
      const parts = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored ?? '')
      const [, N, r, p, salt = '', hash = ''] = parts ?? []
      const its = parts === null ? cost : { N: Number(N), r: Number(r), p: Number(p) }
      const found = await derive(password, Buffer.from(salt, 'base64url'), its)
      const expected = Buffer.from(hash, 'base64url')
      return expected.length === found.length && timingSafeEqual(found, expected)
    },
  }
}

// --- internal ---

function derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem: MAX_MEMORY }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
