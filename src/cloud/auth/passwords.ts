/** Passwords at rest: scrypt (RFC 7914) with a salt each, in the form `scrypt$N$r$p$salt$hash`, base64url. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** 32 MiB and some 60 ms of one core, as OWASP's password storage guide suggests for scrypt. */
const COST = { N: 2 ** 15, r: 8, p: 3 }
const MAX_MEMORY = 128 * COST.N * COST.r * 2
const SALT_BYTES = 16
const HASH_BYTES = 32

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Takes the same time for an account that does not exist: pass `null` then. */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const parts = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored ?? '')
  const [, N, r, p, salt = '', hash = ''] = parts ?? []
  const cost = parts === null ? COST : { N: Number(N), r: Number(r), p: Number(p) }
  const found = await derive(password, Buffer.from(salt, 'base64url'), cost)
  const expected = Buffer.from(hash, 'base64url')
  return expected.length === found.length && timingSafeEqual(found, expected)
}

// --- internal ---

function derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem: MAX_MEMORY }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
