/** `/teams`: namespaces, their members and invitations. Roles: owner, developer (changes forwards), user (reads and runs them). */
import { Hono } from 'hono'
import { z } from '@hono/zod-openapi'
import { checked, readBody } from '../body'
import type { App, Env, RouteContext, Services } from '../context'
import { Problem } from '../problem'
import { authenticated } from '../session'
import { teamKeySchema } from './keys'
import type { AuditEvent } from '../store/audit'
import { roles, type Membership, type Role } from '../store'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
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
    const { user } = context.get('session')
    const team = await store.teams.create(name, user.id)
    await note(services, context, { teamId: team.id, action: 'team.create', subject: name })
    return context.json(teamOf({ team, role: 'owner' }), 201)
  })
  app.get('/my', async (context) => {
    const memberships = await store.teams.ofUser(context.get('session').user.id)
    return context.json(memberships.map(teamOf))
  })
  app.post('/join', async (context) => {
    const { token } = await readBody(context, joinSchema)
    const { user } = context.get('session')
    const outcome = await store.teams.accept(token, user.id)
    if (outcome.kind !== 'joined') throw joinRefusals[outcome.kind]
    await note(services, context, {
      teamId: outcome.team.id,
      action: 'member.join',
      subject: user.email,
      detail: outcome.role,
    })
    return context.json(teamOf(outcome), 201)
  })
  app.get('/:id/members', async (context) => {
    const { team } = await member(services, context)
    return context.json(await store.teams.members(team.id))
  })
  app.post('/:id/invite', async (context) => {
    const { team } = await member(services, context, 'owner')
    const { role, days } = await readBody(context, inviteSchema)
    const createdBy = context.get('session').user.id
    const { row, token } = await store.teams.invite({ teamId: team.id, role, createdBy, days })
    await note(services, context, { teamId: team.id, action: 'member.invite', subject: role, detail: row.id })
    const link = `${services.publicUrl()}/invite#${token}`
    return context.json({ id: row.id, role, expiresAt: row.expiresAt, token, link }, 201)
  })
  app.get('/:id/invites', async (context) => {
    const { team } = await member(services, context, 'owner')
    const open = await store.teams.invites(team.id)
    return context.json(open.map(({ id, role, createdAt, expiresAt }) => ({ id, role, createdAt, expiresAt })))
  })
  app.delete('/:id/invites/:inviteId', async (context) => {
    const { team } = await member(services, context, 'owner')
    const inviteId = context.req.param('inviteId')
    if (!UUID.test(inviteId) || !(await store.teams.withdraw(team.id, inviteId))) throw joinRefusals.unknown
    return context.json({ message: 'Invitation withdrawn' })
  })
  app.post('/:id/leave', async (context) => {
    const { team, role } = await member(services, context)
    const { user } = context.get('session')
    if (!(await store.teams.remove(team.id, user.id))) throw lastOwner(role)
    await note(services, context, { teamId: team.id, action: 'member.leave', subject: user.email })
    return context.json({ message: 'You left the team' })
  })
  app.delete('/:id/members/:memberId', async (context) => {
    const { team } = await member(services, context, 'owner')
    const target = await other(services, context, team.id)
    if (!(await store.teams.remove(team.id, target.userId))) throw lastOwner(target.role)
    await note(services, context, { teamId: team.id, action: 'member.remove', subject: target.email })
    return context.json({ message: 'Member removed' })
  })
  app.on(['PUT', 'PATCH'], '/:id/members/:memberId/role', async (context) => {
    const { team } = await member(services, context, 'owner')
    const target = await other(services, context, team.id)
    const { role } = await readBody(context, memberRoleSchema)
    if (!(await store.teams.setRole(team.id, target.userId, role))) throw lastOwner(target.role)
    await note(services, context, { teamId: team.id, action: 'member.role', subject: target.email, detail: role })
    return context.json({ ...target, role })
  })
  app.on(['POST', 'DELETE'], '/:id/dissolve', async (context) => {
    const { team } = await member(services, context, 'owner')
    await note(services, context, { teamId: team.id, action: 'team.dissolve', subject: team.name })
    await store.teams.dissolve(team.id)
    return context.json({ message: 'Team dissolved' })
  })
  app.get('/:id/audit', async (context) => {
    const { team } = await member(services, context, 'owner')
    const { limit, before = null } = checked(pageSchema, context.req.query())
    return context.json(await store.audit.ofTeam(team.id, { limit, before }))
  })
  app.get('/:id/keys', async (context) => {
    const { team } = await member(services, context)
    return context.json(await store.keys.ofTeam(team.id, context.get('session').user.id))
  })
  app.put('/:id/keys', async (context) => {
    const { team } = await member(services, context)
    const wish = await readBody(context, teamKeySchema)
    const createdBy = context.get('session').user.id
    if (!(await store.keys.addCopies({ ...wish, teamId: team.id, createdBy }))) {
      throw new Problem(409, 'The members or the key changed meanwhile: look again')
    }
    return context.json(await store.keys.ofTeam(team.id, createdBy))
  })
  return app
}

/** The caller's membership. A team that one is not in does not exist: 404. Throws 403 for a lower role than `least`. */
async function member({ store }: Services, context: RouteContext, least: Role = 'user'): Promise<Membership> {
  const id = context.req.param('id') ?? ''
  const found = UUID.test(id) ? await store.teams.membership(id.toLowerCase(), context.get('session').user.id) : null
  if (found === null) throw new Problem(404, 'Team not found')
  if (roles.indexOf(found.role) > roles.indexOf(least)) {
    throw new Problem(403, `Only ${least === 'owner' ? 'an owner' : 'an owner or a developer'} may do this`)
  }
  return found
}

// --- internal ---

function teamOf({ team, role }: Membership): Readonly<Record<string, unknown>> {
  return { id: team.id, name: team.name, role, createdAt: team.createdAt }
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

async function note(
  { store }: Services,
  context: RouteContext,
  { detail = '', ...event }: Pick<AuditEvent, 'teamId' | 'action' | 'subject'> & { readonly detail?: string },
): Promise<void> {
  const { user } = context.get('session')
  await store.audit.add({ ...event, detail, userId: user.id, actor: user.email })
}
