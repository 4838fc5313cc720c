/** Requests with a token; a void one is renewed once, by one request at a time. */
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { badAnswer, CloudError } from './_faults'
import type { Answer, Http, Request } from './_http'
import type { Tokens, TokenStore } from '../types'
import type { CloudUser } from './types'

const loginSchema = z
  .looseObject({
    user: z.looseObject({
      id: z.string().min(1).max(200),
      email: z.string().max(1000),
      username: z.string().max(1000).default(''),
    }),
    token: z.string().min(1).optional(),
    access_token: z.string().min(1).optional(),
    refreshToken: z.string().min(1).nullish(),
  })
  .transform(({ user, token, access_token, refreshToken }, context) => {
    const found = token ?? access_token
    if (found === undefined) {
      context.addIssue('no token')
      return z.NEVER
    }
    const { id, email, username } = user
    return { user: { id, email, username }, tokens: { token: found, refreshToken: refreshToken ?? null } }
  })

export interface Session {
  readonly send: (request: Request) => Promise<Answer>
  readonly open: (request: Request) => Promise<{ readonly body: Readable; readonly type: string }>
  /** Reads an answer with a login, and keeps its tokens. */
  readonly enter: (answer: Answer) => Promise<CloudUser>
}

export function createSession(http: Http, tokens: TokenStore): Session {
  let refreshing: Promise<Tokens> | null = null
  /** What the server refused to renew: it is not asked again, which could void more than it. */
  let refused: string | null = null

  const enter = async (answer: Answer): Promise<CloudUser> => {
    const login = readLogin(answer, http)
    await tokens.set(login.tokens)
    return login.user
  }

  const refresh = async ({ token, refreshToken }: Tokens): Promise<Tokens> => {
    if (refreshToken === null) refused = token
    if (refreshToken === null || refused === token) throw loginNeeded(http)
    try {
      // Not with the signal of who asked: the new token must be kept once it is made.
      const answer = await http.send({ method: 'POST', path: '/auth/refresh', body: { refreshToken } }, null)
      const login = readLogin(answer, http)
      const kept = { ...login.tokens, refreshToken: login.tokens.refreshToken ?? refreshToken }
      await tokens.set(kept)
      return kept
    } catch (error) {
      if (!(error instanceof CloudError) || error.code !== 'cloud.login-needed') throw error
      refused = token
      throw loginNeeded(http)
    }
  }

  const renewed = async (used: Tokens): Promise<Tokens> => {
    const now = tokens.get()
    // Somebody else renewed it while the request was under way.
    if (now !== null && now.token !== used.token) return now
    refreshing ??= refresh(used).finally(() => {
      refreshing = null
    })
    return refreshing
  }

  const withToken = async <T>(ask: (token: string) => Promise<T>): Promise<T> => {
    const used = tokens.get()
    if (used === null) throw new CloudError('cloud.signed-out', 'Nobody is signed in.', { fix: 'Sign in first.' })
    if (refused === used.token) throw loginNeeded(http)
    try {
      return await ask(used.token)
    } catch (error) {
      if (!(error instanceof CloudError) || error.code !== 'cloud.login-needed') throw error
      return ask((await renewed(used)).token)
    }
  }

  return {
    enter,
    send: (request) => withToken((token) => http.send(request, token)),
    open: (request) => withToken((token) => http.open(request, token)),
  }
}

// --- internal ---

function readLogin(answer: Answer, http: Http): z.output<typeof loginSchema> {
  const parsed = loginSchema.safeParse(answer.body)
  if (!parsed.success) throw badAnswer(`${http.host} answered a login without a token.`)
  return parsed.data
}

function loginNeeded(http: Http): CloudError {
  return new CloudError('cloud.login-needed', `${http.host} wants a login again.`, { fix: 'Sign in again.' })
}
