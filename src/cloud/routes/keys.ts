/** Keys for end-to-end encryption. The server passes opaque text between members and can open none of it. */
import { Hono } from 'hono'
import { z } from '@hono/zod-openapi'
import { readBody } from '../body'
import type { App, Env, Services } from '../context'
import { Problem } from '../problem'
import { authenticated } from '../session'

const MAX_KEY = 4096
const opaque = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(MAX_KEY, 'is too long')
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII')

export const ownKeySchema = z.strictObject({ publicKey: opaque, sealedPrivateKey: opaque })
export const teamKeySchema = z.strictObject({
  epoch: z.int('must be a whole number').min(1, 'must not be less than 1').max(1_000_000, 'is too large'),
  copies: z
    .array(z.strictObject({ userId: z.string('must be a string').max(100), wrapped: opaque }))
    .min(1, 'must not be empty')
    .max(10_000, 'are too many'),
})

export function ownKeyRoutes(services: Services): App {
  const { keys } = services.store
  const app = new Hono<Env>()
  app.use(authenticated(services))
  app.get('/me', async (context) => {
    const key = await keys.ofUser(context.get('session').user.id)
    if (key === null) throw new Problem(404, 'No key was published')
    return context.json({ publicKey: key.publicKey, sealedPrivateKey: key.sealedPrivateKey, createdAt: key.createdAt })
  })
  app.put('/me', async (context) => {
    const key = await readBody(context, ownKeySchema)
    await keys.setOfUser({ userId: context.get('session').user.id, ...key })
    return context.json({ message: 'Key published' })
  })
  return app
}
