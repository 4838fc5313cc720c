/** Access tokens: HS256 JWTs as the document's server gives them (seed-behaviour §C.2), and those of an identity provider. */
import { createHash, randomUUID } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, SignJWT, type JWTVerifyGetKey } from 'jose'
import type { IdentityProvider } from '../config'

const ALGORITHM = 'HS256'
const ISSUER = 'warren-cloud'
const AUDIENCE = 'port-forwards'
/** Clocks of a client and a server may be so far apart. */
const CLOCK_SKEW_SECONDS = 5
/** Of providers: none of the symmetric ones, whose key would be the public one. */
const PROVIDER_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const MAX_TOKEN = 16 * 1024
const MAX_NAME = 200

export interface TokenSubject {
  readonly id: string
  readonly email: string
  readonly tokenEpoch: number
}

/** What a valid token says. */
export type Claims =
  | {
      readonly kind: 'own'
      readonly userId: string
      readonly epoch: number
      readonly jti: string
      readonly expiresAt: number
      readonly device: string | null
    }
  | {
      readonly kind: 'external'
      readonly subject: string
      readonly email: string
      readonly name: string | null
      /** Made from the whole token, so that this one can be voided. */
      readonly jti: string
      readonly expiresAt: number
    }

export interface Tokens {
  /** `device`: the refresh chain it belongs to; ends with it. */
  readonly issue: (user: TokenSubject, device: string | null) => Promise<string>
  /** `null` for whatever is not a valid token. Throws {@link ProviderFault} when the provider's keys cannot be had. */
  readonly read: (token: string) => Promise<Claims | null>
}

/** The identity provider does not answer: its tokens are neither good nor bad. */
export class ProviderFault extends Error {}

export interface TokenOptions {
  readonly secret: string
  readonly seconds: number
  readonly provider: IdentityProvider | null
  readonly now: () => number
}

export function createTokens(options: TokenOptions): Tokens {
  const { seconds, provider, now } = options
  const key = new TextEncoder().encode(options.secret)
  const providerKeys = provider === null ? null : createRemoteJWKSet(new URL(provider.jwks))
  return {
    issue: (user, device) => {
      const issuedAt = Math.floor(now() / 1000)
      return new SignJWT({ email: user.email, epoch: user.tokenEpoch, ...(device === null ? {} : { device }) })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setSubject(user.id)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + seconds)
        .sign(key)
    },
    read: async (token) => {
      if (token.length > MAX_TOKEN) return null
      try {
        if (provider === null || providerKeys === null || decodeJwt(token).iss !== provider.issuer) {
          return await readOwn(token, key, now)
        }
        return await readExternal(token, providerKeys, { provider, now })
      } catch (error) {
        if (error instanceof ProviderFault) throw error
        return null
      }
    },
  }
}

// --- internal ---

async function readOwn(token: string, key: Uint8Array, now: () => number): Promise<Claims | null> {
  const { payload } = await jwtVerify(token, key, {
    algorithms: [ALGORITHM],
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ['sub', 'exp', 'jti'],
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: new Date(now()),
  })
  const { sub, jti, exp, epoch, device } = payload
  if (sub === undefined || jti === undefined || exp === undefined || typeof epoch !== 'number') return null
  return { kind: 'own', userId: sub, epoch, jti, expiresAt: exp, device: typeof device === 'string' ? device : null }
}

async function readExternal(
  token: string,
  keys: JWTVerifyGetKey,
  { provider, now }: { readonly provider: IdentityProvider; readonly now: () => number },
): Promise<Claims | null> {
  const { payload } = await jwtVerify(token, answering(keys), {
    algorithms: PROVIDER_ALGORITHMS,
    issuer: provider.issuer,
    audience: provider.audience,
    requiredClaims: ['sub', 'exp'],
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: new Date(now()),
  })
  const { sub, exp, email, name, email_verified: isVerified } = payload
  // An address that nobody proved must not lead into the account of its owner.
  if (sub === undefined || exp === undefined || isVerified === false || !isAddress(email)) return null
  return {
    kind: 'external',
    subject: `${provider.issuer} ${sub}`,
    email,
    name: typeof name === 'string' && name !== '' && !name.includes('\0') ? name.slice(0, MAX_NAME) : null,
    jti: `external:${createHash('sha256').update(token).digest('base64url')}`,
    expiresAt: exp,
  }
}

/** Tells a provider that is away from a key that it does not have. */
function answering(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      const isAnswer = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys
      if (isAnswer || error instanceof errors.JOSENotSupported) throw error
      throw new ProviderFault('The identity provider does not answer', { cause: error })
    }
  }
}

function isAddress(email: unknown): email is string {
  return typeof email === 'string' && email.length <= MAX_NAME && /^[^\s@\0]+@[^\s@\0]+$/.test(email)
}
