/** `/auth`: accounts, login, tokens (seed-behaviour §C.2; `token` and `access_token` are the same). */
import { Hono } from 'hono'
import { z } from '@hono/zod-openapi'
import { readBody } from '../body'
import { callerOf } from '../caller'
import type { App, Env, Services } from '../context'
import { Problem, unauthorized } from '../problem'
import { authenticated } from '../session'
import type { UserRow } from '../store'
import { isRegistrationClosed } from './_registration'

const MIN_USERNAME = 3
const MIN_PASSWORD = 6
const MAX_TEXT = 200
/** A hash takes time in proportion; nobody types more. */
const MAX_PASSWORD = 1000

const email = z.email('must be an email').max(MAX_TEXT, 'is too long')
const password = z
  .string('must be a string')
  .min(MIN_PASSWORD, `must be longer than or equal to ${MIN_PASSWORD} characters`)
  .max(MAX_PASSWORD, `must be shorter than or equal to ${MAX_PASSWORD} characters`)
const device = z.string('must be a string').max(MAX_TEXT, 'is too long').optional()

export const registerSchema = z.strictObject({
  email,
  username: z
    .string('must be a string')
    .min(MIN_USERNAME, `must be longer than or equal to ${MIN_USERNAME} characters`)
    .max(MAX_TEXT, 'is too long')
    .refine((text) => !text.includes('\0'), 'must not contain NUL'),
  password,
  /** Of an invitation, or of the one-time link in the log. */
  invitation: z.string('must be a string').max(MAX_TEXT, 'is too long').optional(),
  device,
})
export const loginSchema = z.strictObject({
  email: z.string('must be a string').max(MAX_TEXT, 'is too long'),
  password: z.string('must be a string').max(MAX_PASSWORD, 'is too long'),
  device,
})
export const refreshSchema = z.strictObject({ refreshToken: z.string('must be a string').max(MAX_TEXT, 'is too long') })
export const passwordSchema = z.strictObject({
  oldPassword: z.string('must be a string').max(MAX_PASSWORD),
  newPassword: password,
})

export function authRoutes(services: Services): App {
  const { store, limits, passwords } = services
  const app = new Hono<Env>()
  app.post('/register', async (context) => {
    await limits.register(callerOf(services, context))
    const wish = await readBody(context, registerSchema)
    const { email: address, username, invitation } = wish
    // Asked before the hash too, which takes long: whoever has no invitation is answered at once.
    await mayRegister(services, invitation)
    const passwordHash = await passwords.hash(wish.password)
    const outcome = await store.registration.register({ email: address, username, passwordHash }, invitation ?? null)
    if (outcome.kind === 'taken') throw new Problem(409, 'Email already exists')
    if (outcome.kind !== 'made') throw notOpen()
    return context.json(await grant(services, outcome.user, wish.device), 201)
  })
  app.post('/login', async (context) => {
    await limits.login(callerOf(services, context))
    const given = await readBody(context, loginSchema)
    const user = await store.users.byEmail(given.email)
    // A locked account answers like a wrong password, also to the right one: nobody learns which it was.
    const isGood = await passwords.matches(given.password, user?.passwordHash ?? null)
    if (user === null || store.users.isLocked(user) || !isGood) {
      if (user !== null && !isGood) await store.users.failedLogin(user.id)
      throw new Problem(401, 'Invalid credentials')
    }
    await store.users.goodLogin(user.id)
    return context.json(await grant(services, user, given.device))
  })
  app.post('/refresh', async (context) => {
    await limits.login(callerOf(services, context))
    const { refreshToken } = await readBody(context, refreshSchema)
    const outcome = await store.users.refresh(refreshToken)
    if (outcome.kind !== 'fresh') throw unauthorized()
    const token = await services.tokens.issue(outcome.user, outcome.device)
    return context.json({ ...answerOf(outcome.user, token), refreshToken: outcome.token })
  })
  app.use('/logout', authenticated(services))
  app.post('/logout', async (context) => {
    const { jti, device: open, expiresAt } = context.get('session')
    await store.users.revoke(jti, new Date(expiresAt * 1000).toISOString())
    if (open !== null) await store.users.closeDevice(open)
    return context.json({ message: 'Logged out' })
  })
  app.use('/validate', authenticated(services))
  app.get('/validate', (context) => context.json({ user: publicUser(context.get('session').user) }))
  app.use('/password', authenticated(services))
  app.post('/password', async (context) => {
    await limits.login(callerOf(services, context))
    const { oldPassword, newPassword } = await readBody(context, passwordSchema)
    const { user } = context.get('session')
    const isGood = await passwords.matches(oldPassword, user.passwordHash)
    if (store.users.isLocked(user) || !isGood) {
      if (!isGood) await store.users.failedLogin(user.id)
      throw new Problem(403, 'The old password is wrong')
    }
    const changed = await store.users.setPassword(user.id, await passwords.hash(newPassword))
    return context.json(await grant(services, changed, undefined))
  })
  return app
}

/** The answer of a login: the document's fields, and what refreshes them. */
export async function grant(
  { store, tokens }: Services,
  user: UserRow,
  deviceName: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const { device: id, token: refreshToken } = await store.users.openDevice(user.id, deviceName ?? '')
  return { ...answerOf(user, await tokens.issue(user, id)), refreshToken }
}

// --- internal ---

function answerOf(user: UserRow, token: string): Readonly<Record<string, unknown>> {
  return { user: publicUser(user), token, access_token: token }
}

function publicUser({ id, email: address, username }: UserRow): Readonly<Record<string, unknown>> {
  return { id, email: address, username }
}

const notOpen = (): Problem => new Problem(403, 'The invitation is not open: it was used, it expired, or there is none')

async function mayRegister(services: Services, invitation: string | undefined): Promise<void> {
  const { config, store } = services
  if (await isRegistrationClosed(services)) {
    // In a field too: what helps is another thing than after the refusal of an invitation.
    const fields = { registration: 'closed' }
    throw new Problem(403, 'This server makes no new accounts: ask whoever runs it', { fields })
  }
  if (invitation !== undefined && !(await store.teams.isOpen(invitation))) throw notOpen()
  if (invitation === undefined && config.registration !== 'open') throw new Problem(403, 'An invitation is needed')
}
