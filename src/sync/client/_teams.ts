/** `/teams` and the keys under it and under `/keys`. */
import { teamRoles } from '@shared/cloud-views'
import { z } from 'zod'
import type { KeyRoutes } from '../seal/types'
import { badAnswer, CloudError } from './_faults'
import type { Answer, Http, Request } from './_http'
import type { TeamRoutes } from './types'
import { conflicting, joining, lastOwner, reworded, type Wordings } from './_wordings'

const id = z.string().min(1).max(200)
const text = z.string().max(4096)
const role = z.enum(teamRoles)
const teamSchema = z.looseObject({
  id,
  name: text,
  role,
  keyGeneration: z.int().default(0),
  rekeyDue: z.boolean().default(false),
})
const memberSchema = z.looseObject({ userId: id, email: text, username: text, role })
const inviteSchema = z.looseObject({ id, role, expiresAt: text, link: text.nullish() })
const auditSchema = z.looseObject({
  ...{ id: z.int(), at: text, actor: z.string(), action: z.string() },
  ...{ subject: z.string().nullish(), detail: z.string().nullish() },
})
const ownKeySchema = z.looseObject({ publicKey: text, sealedPrivateKey: z.string().max(65_536), version: z.int() })
const keyStateSchema = z.looseObject({
  generation: z.int(),
  rekeyDue: z.boolean(),
  lost: z.boolean(),
  mine: z.array(z.looseObject({ generation: z.int(), wrapped: text, createdBy: id })),
  members: z.array(
    z.looseObject({
      ...{ userId: id, email: text, username: text, role, publicKey: text.nullable() },
      ...{ keyVersion: z.int().nullable(), generations: z.array(z.int()) },
    }),
  ),
})

interface TeamRouteOptions {
  readonly http: Http
  readonly send: (request: Request) => Promise<Answer>
}

export function teamRoutes({ http, send: ask }: TeamRouteOptions): TeamRoutes {
  const read = reader(http)
  const send = (request: Request, wordings: Wordings = conflicting): Promise<Answer> =>
    reworded(ask(request), http.host, wordings)
  const team = (teamId: string, rest = ''): string => `/teams/${encodeURIComponent(teamId)}${rest}`
  const done = async (request: Request, wordings?: Wordings): Promise<void> => void (await send(request, wordings))
  return {
    mine: async () => read(z.array(teamSchema), await send({ method: 'GET', path: '/teams/my' })),
    create: async (name) => read(teamSchema, await send({ method: 'POST', path: '/teams/create', body: { name } })),
    join: async (token) =>
      read(teamSchema, await send({ method: 'POST', path: '/teams/join', body: { token } }, joining)),
    members: async (teamId) =>
      read(z.array(memberSchema), await send({ method: 'GET', path: team(teamId, '/members') })),
    invite: async (teamId, body) => {
      const made = read(inviteSchema, await send({ method: 'POST', path: team(teamId, '/invite'), body }))
      return { id: made.id, role: made.role, expiresAt: made.expiresAt, link: made.link ?? null }
    },
    invites: async (teamId) => {
      const all = read(z.array(inviteSchema), await send({ method: 'GET', path: team(teamId, '/invites') }))
      return all.map((one) => ({ id: one.id, role: one.role, expiresAt: one.expiresAt, link: null }))
    },
    withdraw: (teamId, invitationId) =>
      done({ method: 'DELETE', path: team(teamId, `/invites/${encodeURIComponent(invitationId)}`) }),
    leave: (teamId) => done({ method: 'POST', path: team(teamId, '/leave') }, lastOwner),
    removeMember: (teamId, userId) =>
      done({ method: 'DELETE', path: team(teamId, `/members/${encodeURIComponent(userId)}`) }, lastOwner),
    setRole: (teamId, userId, wanted) =>
      done(
        { method: 'PUT', path: team(teamId, `/members/${encodeURIComponent(userId)}/role`), body: { role: wanted } },
        lastOwner,
      ),
    dissolve: (teamId) => done({ method: 'POST', path: team(teamId, '/dissolve') }),
    audit: async (teamId, { limit, before }) => {
      const answer = await send({ method: 'GET', path: team(teamId, '/audit'), query: { limit, before } })
      return read(z.array(auditSchema), answer).map((row) => ({
        ...{ id: row.id, at: row.at, actor: row.actor, action: row.action },
        ...{ subject: row.subject ?? '', detail: row.detail ?? '' },
      }))
    },
  }
}

export function keyRoutes({ http, send }: TeamRouteOptions): KeyRoutes {
  const read = reader(http)
  const keys = (teamId: string, rest = ''): string => `/teams/${encodeURIComponent(teamId)}/keys${rest}`
  return {
    mine: async () => {
      try {
        return read(ownKeySchema, await send({ method: 'GET', path: '/keys/me' }))
      } catch (error) {
        if (error instanceof CloudError && error.code === 'cloud.not-found') return null
        throw error
      }
    },
    publish: async (body) => read(ownKeySchema, await send({ method: 'PUT', path: '/keys/me', body })),
    ofTeam: async (teamId) => read(keyStateSchema, await send({ method: 'GET', path: keys(teamId) })),
    newGeneration: async (teamId, body) =>
      read(keyStateSchema, await send({ method: 'POST', path: keys(teamId), body })),
    addCopies: async (teamId, copies) =>
      read(keyStateSchema, await send({ method: 'PUT', path: keys(teamId, '/copies'), body: { copies } })),
    dropCopy: async (teamId, generation) =>
      read(keyStateSchema, await send({ method: 'DELETE', path: keys(teamId, `/copies/${generation}`) })),
  }
}

// --- internal ---

function reader(http: Http): <T extends z.ZodType>(schema: T, answer: Answer) => z.output<T> {
  return (schema, answer) => {
    const parsed = schema.safeParse(answer.body)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    throw badAnswer(`${http.host} answered something else than asked.`, issue?.path.join('.'))
  }
}
