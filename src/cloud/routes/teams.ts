/** `/teams`: namespaces, their members and invitations. Roles: owner, developer (changes forwards), user (reads and runs them). */
import { Hono } from 'hono'
import { z } from '@hono/zod-openapi'
import { checked, readBody } from '../body'
import type { App, Env, RouteContext, Services } from '../context'
import { Problem } from '../problem'
import { authenticated } from '../session'
import { teamKeyRoutes } from './keys'
import { memberOf, TEAM_ID } from './_membership'
import { roles, type Membership, type Role } from '../store'

const MAX_NAME = 100
const DEFAULT_DAYS = 7

const roleSchema = z.enum(roles, `must be one of the following values: ${roles.join(', ')}`)
export const teamSchema = z.strictObject({
  name: z
    .string('must be a string')
    .trim()
    .min(1, 'must not be empty')
    .max(MAX_NAME, `must be shorter than or equal to ${MAX_NAME} characters`)
    .refine((text) => !text.includes('\0'), 'must not contain NUL'),
})
export const inviteSchema = z.strictObject({
  role: roleSchema.default('developer'),
  days: z
    .int('must be a whole number')
    .min(1, 'must not be less than 1')
    .max(90, 'must not be greater than 90')
    .default(DEFAULT_DAYS),
})
export const joinSchema = z.strictObject({ token: z.string('must be a string').max(200, 'is too long') })
export const memberRoleSchema = z.strictObject({ role: roleSchema })
const pageSchema = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  before: z.coerce.number().int().min(1).optional(),
})

const joinRefusals = {
  unknown: new Problem(404, 'There is no such invitation'),
  used: new Problem(410, 'The invitation was used already'),
  expired: new Problem(410, 'The invitation has expired'),
  dissolved: new Problem(410, 'The team does not exist any more'),
  member: new Problem(409, 'You are a member already'),
} as const

export function teamRoutes(services: Services): App {
  const { store } = services
  const app = new Hono<Env>()
  app.use(authenticated(services))
  app.post('/create', async (context) => {
    const { name } = await readBody(context, teamSchema)
    const team = await store.teams.create(name, context.get('session').user)
    return context.json(teamOf({ team, role: 'owner' }), 201)
  })
  app.get('/my', async (context) => {
    const memberships = await store.teams.ofUser(context.get('session').user.id)
    return context.json(memberships.map(teamOf))
  })
  app.post('/join', async (context) => {
    const { token } = await readBody(context, joinSchema)
    const outcome = await store.teams.accept(token, context.get('session').user)
    if (outcome.kind !== 'joined') throw joinRefusals[outcome.kind]
    return context.json(teamOf(outcome), 201)
  })
  app.get('/:id/members', async (context) => {
    const { team } = await memberOf(services, context)
    return context.json(await store.teams.members(team.id))
  })
  app.post('/:id/invite', async (context) => {
    const { team } = await memberOf(services, context, 'owner')
    const { role, days } = await readBody(context, inviteSchema)
    const by = context.get('session').user
    const { row, token } = await store.teams.invite({ teamId: team.id, role, by, days })
    const link = `${services.publicUrl()}/invite#${token}`
    return context.json({ id: row.id, role, expiresAt: row.expiresAt, token, link }, 201)
  })
  app.get('/:id/invites', async (context) => {
    const { team } = await memberOf(services, context, 'owner')
    const open = await store.teams.invites(team.id)
    return context.json(open.map(({ id, role, createdAt, expiresAt }) => ({ id, role, createdAt, expiresAt })))
  })
  app.delete('/:id/invites/:inviteId', async (context) => {
    const { team } = await memberOf(services, context, 'owner')
    const inviteId = context.req.param('inviteId')
    const by = context.get('session').user
    if (!TEAM_ID.test(inviteId) || !(await store.teams.withdraw(team.id, inviteId, by))) throw joinRefusals.unknown
    return context.json({ message: 'Invitation withdrawn' })
  })
  app.post('/:id/leave', async (context) => {
    const { team, role } = await memberOf(services, context)
    const { user } = context.get('session')
    if (!(await store.teams.remove(team.id, user.id, user))) throw lastOwner(role)
    return context.json({ message: 'You left the team' })
  })
  app.delete('/:id/members/:memberId', async (context) => {
    const { team } = await memberOf(services, context, 'owner')
    const target = await other(services, context, team.id)
    const by = context.get('session').user
    if (!(await store.teams.remove(team.id, target.userId, by))) throw lastOwner(target.role)
    return context.json({ message: 'Member removed' })
  })
  app.on(['PUT', 'PATCH'], '/:id/members/:memberId/role', async (context) => {
    const { team } = await memberOf(services, context, 'owner')
    const target = await other(services, context, team.id)
    const { role } = await readBody(context, memberRoleSchema)
    const by = context.get('session').user
    if (!(await store.teams.setRole(team.id, target.userId, { role, by }))) throw lastOwner(target.role)
    return context.json({ ...target, role })
  })
  app.on(['POST', 'DELETE'], '/:id/dissolve', async (context) => {
    const { team } = await memberOf(services, context, 'owner')
    await store.teams.dissolve(team.id, context.get('session').user)
    return context.json({ message: 'Team dissolved' })
  })
  app.get('/:id/audit', async (context) => {
    const { team } = await memberOf(services, context, 'owner')
    const { limit, before = null } = checked(pageSchema, context.req.query())
    return context.json(await store.audit.ofTeam(team.id, { limit, before }))
  })
  app.route('/:id/keys', teamKeyRoutes(services))
  return app
}

// --- internal ---

function teamOf({ team, role }: Membership): Readonly<Record<string, unknown>> {
  const { id, name, createdAt, keyGeneration, rekeyDue } = team
  return { id, name, role, createdAt, keyGeneration, rekeyDue: rekeyDue !== 0 }
}

async function other({ store }: Services, context: RouteContext, teamId: string) {
  const id = context.req.param('memberId')
  const found = (await store.teams.members(teamId)).find(({ userId }) => userId === id)
  if (found === undefined) throw new Problem(404, 'Member not found')
  return found
}

function lastOwner(role: Role): Problem {
  return role === 'owner'
    ? new Problem(409, 'A team needs an owner: make somebody else owner first, or dissolve it')
    : new Problem(404, 'Member not found')
}
