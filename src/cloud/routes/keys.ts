/** `/keys` and `/teams/:id/keys`: keys for end-to-end encryption. The server passes opaque text between members and can open none of it. */
import { Hono } from 'hono'
import { z } from '@hono/zod-openapi'
import { readBody } from '../body'
import type { App, Env, Services } from '../context'
import { Problem } from '../problem'
import { authenticated } from '../session'
import type { KeyOutcome, TeamKeyState, UserKeyRow } from '../store'
import { memberOf } from './_membership'

/** Of one key. What a private one is sealed in may hold it more than once: for a pass phrase, for a recovery code. */
const MAX_KEY = 4096
const MAX_SEALED = 16_384
/** Of one request; a member may need one of every generation. */
const MAX_COPIES = 10_000
const opaque = (max: number) =>
  z
    .string('must be a string')
    .min(1, 'must not be empty')
    .max(max, 'is too long')
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII')
const count = (least: number) =>
  z.int('must be a whole number').min(least, `must not be less than ${least}`).max(1_000_000_000, 'is too large')
const copy = {
  userId: z.string('must be a string').max(100, 'is too long'),
  keyVersion: count(1),
  wrapped: opaque(MAX_KEY),
}

export const ownKeySchema = z.strictObject({
  publicKey: opaque(MAX_KEY),
  sealedPrivateKey: opaque(MAX_SEALED),
  /** The version of the key that it replaces; 0 for none. */
  replaces: count(0),
})
export const nextKeySchema = z.strictObject({
  generation: count(1),
  copies: z
    .array(z.strictObject(copy))
    .min(1, 'must not be empty')
    .max(MAX_COPIES, 'are too many')
    .refine((copies) => new Set(copies.map(({ userId }) => userId)).size === copies.length, 'name a member twice'),
})
export const copiesSchema = z.strictObject({
  copies: z
    .array(z.strictObject({ ...copy, generation: count(1) }))
    .min(1, 'must not be empty')
    .max(MAX_COPIES, 'are too many')
    .refine(
      (copies) => new Set(copies.map(({ userId, generation }) => `${generation} ${userId}`)).size === copies.length,
      'name a copy twice',
    ),
})
const generationSchema = z.object({ generation: z.coerce.number().int().min(1).max(1_000_000_000) })

/** `/keys` */
export function ownKeyRoutes(services: Services): App {
  const { keys } = services.store
  const app = new Hono<Env>()
  app.use(authenticated(services))
  app.get('/me', async (context) => {
    const key = await keys.ofUser(context.get('session').user.id)
    if (key === null) throw new Problem(404, 'No key was published')
    return context.json(answerOf(key))
  })
  app.put('/me', async (context) => {
    const set = await keys.setOfUser(context.get('session').user, await readBody(context, ownKeySchema))
    if (set === null) throw new Problem(409, 'Another key was published meanwhile: look again')
    return context.json(answerOf(set))
  })
  return app
}

/** `/teams/:id/keys` */
export function teamKeyRoutes(services: Services): App {
  const { keys } = services.store
  const app = new Hono<Env>()
  app.get('/', async (context) => {
    const { team } = await memberOf(services, context)
    return context.json(await keys.ofTeam(team, context.get('session').user.id))
  })
  app.post('/', async (context) => {
    const { team } = await memberOf(services, context, 'developer')
    const by = context.get('session').user
    const next = await readBody(context, nextKeySchema)
    if (!next.copies.some(({ userId }) => userId === by.id)) throw new Problem(400, ['copies have none for yourself'])
    return context.json(stateOf(await keys.publish(team.id, by, next)), 201)
  })
  app.put('/copies', async (context) => {
    const { team } = await memberOf(services, context)
    const { copies } = await readBody(context, copiesSchema)
    return context.json(stateOf(await keys.addCopies(team.id, context.get('session').user, copies)))
  })
  app.delete('/copies/:generation', async (context) => {
    const { team } = await memberOf(services, context)
    const named = generationSchema.safeParse({ generation: context.req.param('generation') })
    const by = context.get('session').user
    const state = named.success ? await keys.dropCopy(team.id, by, named.data.generation) : null
    if (state === null) throw new Problem(404, 'You have no such copy')
    return context.json(state)
  })
  return app
}

// --- internal ---

function answerOf({ publicKey, sealedPrivateKey, version, keyVersion, createdAt, updatedAt }: UserKeyRow) {
  return { publicKey, sealedPrivateKey, version, keyVersion, createdAt, updatedAt }
}

function stateOf(outcome: KeyOutcome): TeamKeyState {
  if (outcome.kind === 'done') return outcome.state
  if (outcome.kind === 'not-holder') throw new Problem(403, 'You do not hold the team’s key')
  throw new Problem(409, 'The members or the key changed meanwhile: look again')
}
