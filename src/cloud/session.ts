/** Who asks: the bearer token of a request, looked up anew each time. */
import type { MiddlewareHandler } from 'hono'
import { ProviderFault } from './auth/tokens'
import type { Env, RouteContext, Services, Session } from './context'
import { Problem, unauthorized } from './problem'
import type { UserRow } from './store'

/** Throws 401 for whatever is not a valid token of an account that exists. */
export function authenticated(services: Services): MiddlewareHandler<Env> {
  return async (context, next) => {
    const token = bearerOf(context)
    if (token === null) throw unauthorized()
    const session = await sessionOf(services, token)
    context.set('session', session)
    await services.heard(session)
    await next()
  }
}

/** `null` when the request shows none. */
export function bearerOf({ req }: Pick<RouteContext, 'req'>): string | null {
  return /^Bearer +(\S+) *$/i.exec(req.header('authorization') ?? '')?.[1] ?? null
}

/** The same for a token that came another way. */
export async function sessionOf(services: Services, token: string): Promise<Session> {
  const { store, tokens } = services
  const claims = await tokens.read(token).catch((error: unknown) => {
    if (error instanceof ProviderFault) throw new Problem(503, error.message)
    throw error
  })
  if (claims === null) throw unauthorized()
  if (claims.kind === 'external') {
    if (await store.users.isRevoked(claims.jti)) throw unauthorized()
    return { user: await externalUser(services, claims), jti: claims.jti, device: null, expiresAt: claims.expiresAt }
  }
  const found = await store.users.ofToken(claims)
  if (found === null) throw new Problem(401, 'User not found')
  const { user, isVoid } = found
  if (isVoid || user.tokenEpoch !== claims.epoch) throw unauthorized()
  return { user, jti: claims.jti, device: claims.device, expiresAt: claims.expiresAt }
}

// --- internal ---

/** An account is made at the first token. It never takes over one that has the same address and a password. */
async function externalUser(
  { store, config }: Services,
  { subject, email, name }: { readonly subject: string; readonly email: string; readonly name: string | null },
): Promise<UserRow> {
  const known = await store.users.byExternal(subject)
  if (known !== null) return known
  if (config.registration === 'closed') throw new Problem(401, 'User not found')
  const username = name ?? email.split('@')[0] ?? email
  const added = await store.users.add({ email, username, passwordHash: null, external: subject })
  const user = added ?? (await store.users.byExternal(subject))
  if (user === null) throw new Problem(401, 'Another account has this e-mail address')
  return user
}
