/** `/auth`. */
import { z } from 'zod'
import { badAnswer, CloudError, noServer, saidBy } from './_faults'
import type { Answer, Http, Request } from './_http'
import type { Session } from './_session'
import type { TokenStore } from '../types'
import type { CloudClient, CloudClientOptions } from './types'
import { registering, reworded } from './_wordings'

const userSchema = z.looseObject({
  user: z.looseObject({ id: z.string(), email: z.string(), username: z.string().default('') }),
})

export interface AccountOptions {
  readonly http: Http
  readonly session: Session
  readonly tokens: TokenStore
  readonly device: CloudClientOptions['device']
  readonly signal: AbortSignal | undefined
}

export function accountRoutes({
  http,
  session,
  tokens,
  device,
  signal,
}: AccountOptions): Pick<CloudClient, 'login' | 'register' | 'logout' | 'changePassword' | 'validate'> {
  const post = (path: string, body: object): Promise<Answer> => http.send({ method: 'POST', path, body, signal }, null)
  /** A server of somebody else may not know what a device is. */
  const withDevice = async (path: string, body: object): Promise<Answer> => {
    try {
      return await post(path, { ...body, device: device.name.slice(0, MAX_DEVICE) })
    } catch (error) {
      // A cloud server knows how to be entered: this is another one, or the address leads past it.
      if (isCode(error, 'cloud.no-extension')) throw noServer(http, error)
      if (!isCode(error, 'cloud.refused') || !String(error.cause).includes('device')) throw error
      return post(path, body)
    }
  }
  return {
    login: async ({ email, password }) => {
      try {
        return await session.enter(await withDevice('/auth/login', { email, password }))
      } catch (error) {
        if (isCode(error, 'cloud.login-needed')) throw refusedLogin(`${http.host} refused the login`, error)
        throw error
      }
    },
    register: async ({ invitation, ...who }) => {
      const body = { ...who, ...(invitation === null ? {} : { invitation }) }
      const asked = withDevice('/auth/register', body)
      return session.enter(await reworded(asked, http.host, registering(invitation !== null)))
    },
    logout: async () => {
      try {
        await session.send({ method: 'POST', path: '/auth/logout', signal })
      } catch (error) {
        // Void already, or a server that knows no logout.
        const isOver = isCode(error, 'cloud.login-needed') || isCode(error, 'cloud.no-extension')
        if (!isOver && !isCode(error, 'cloud.signed-out')) throw error
      } finally {
        await tokens.set(null)
      }
    },
    changePassword: async (oldPassword, newPassword) => {
      const request: Request = { method: 'POST', path: '/auth/password', body: { oldPassword, newPassword }, signal }
      try {
        await session.enter(await session.send(request))
      } catch (error) {
        if (!isCode(error, 'cloud.forbidden')) throw error
        throw refusedLogin(`${http.host} refused the old password`, error)
      }
    },
    validate: async () => {
      try {
        const answer = await session.send({ method: 'GET', path: '/auth/validate', signal })
        const parsed = userSchema.safeParse(answer.body)
        if (!parsed.success) throw badAnswer(`${http.host} did not say whose login it is.`)
        const { id, email, username } = parsed.data.user
        return { id, email, username }
      } catch (error) {
        if (isCode(error, 'cloud.no-extension')) return null
        throw error
      }
    },
  }
}

// --- internal ---

const MAX_DEVICE = 100

function isCode(error: unknown, code: CloudError['code']): error is CloudError {
  return error instanceof CloudError && error.code === code
}

function refusedLogin(message: string, error: CloudError): CloudError {
  return new CloudError('cloud.login-refused', `${message}${saidBy(error)}.`, {
    fix: 'Check the e-mail address and the password; after many wrong ones the server waits for a while.',
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  })
}
