/** The OpenAPI 3.1 document at `/openapi.json`. A test holds it to the routes that are there. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { extensions, EXTENSIONS_HEADER } from '@shared/cloud'
import {
  auditEntry,
  delta,
  forward,
  invite,
  login,
  memberAnswer,
  message,
  namespace,
  ownKey,
  problem,
  run,
  statusAnswer,
  syncAnswer,
  team,
  teamKeys,
  user,
} from './answers'
import { forwardBodySchema } from './forward-body'
import { loginSchema, passwordSchema, refreshSchema, registerSchema } from './routes/auth'
import { copiesSchema, nextKeySchema, ownKeySchema } from './routes/keys'
import { inviteSchema, joinSchema, memberRoleSchema, teamSchema } from './routes/teams'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

interface Path {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly body?: z.ZodType
  readonly query?: z.ZodObject
  readonly status?: 200 | 201
  readonly answer?: z.ZodType
  /** Needs no token. */
  readonly open?: boolean
}

/** Every route of the server but this document and its page. */
export const paths: readonly Path[] = [
  { method: 'get', path: '/healthz', summary: 'Whether the process runs', open: true },
  { method: 'get', path: '/readyz', summary: 'Whether it can answer', open: true },
  { method: 'get', path: '/metrics', summary: 'Prometheus metrics', open: true },
  {
    method: 'post',
    path: '/auth/register',
    summary: 'Make an account',
    body: registerSchema,
    status: 201,
    answer: login,
    open: true,
  },
  { method: 'post', path: '/auth/login', summary: 'Log in', body: loginSchema, answer: login, open: true },
  {
    method: 'post',
    path: '/auth/refresh',
    summary: 'A new token for a refresh token, which is used up',
    body: refreshSchema,
    answer: login,
    open: true,
  },
  { method: 'post', path: '/auth/logout', summary: 'Make the token and its refresh token void', answer: message },
  { method: 'get', path: '/auth/validate', summary: 'Whose token it is', answer: user },
  {
    method: 'post',
    path: '/auth/password',
    summary: 'Change the password; every other token becomes void',
    body: passwordSchema,
    answer: login,
  },
  {
    method: 'get',
    path: '/port-forwards',
    summary: 'List the port forwards, newest first; with `since`, what changed',
    query: z.object({
      ...namespace,
      status: z.enum(['active', 'inactive']).optional(),
      since: z.coerce.number().optional(),
    }),
    answer: z.union([z.array(forward), delta]),
  },
  {
    method: 'post',
    path: '/port-forwards',
    summary: 'Create one',
    query: z.object(namespace),
    body: forwardBodySchema,
    status: 201,
    answer: forward,
  },
  {
    method: 'post',
    path: '/port-forwards/sync',
    summary: 'Create or change many, matched by localId',
    query: z.object(namespace),
    body: z.array(forwardBodySchema.extend({ ifVersion: z.number().optional() })),
    status: 201,
    answer: syncAnswer,
  },
  {
    method: 'get',
    path: '/port-forwards/events',
    summary: 'Server-sent events: the list changed',
    query: z.object(namespace),
  },
  { method: 'get', path: '/port-forwards/:id', summary: 'One of them', answer: forward },
  {
    method: 'patch',
    path: '/port-forwards/:id',
    summary: 'Change some fields',
    body: forwardBodySchema.partial(),
    answer: forward,
  },
  { method: 'delete', path: '/port-forwards/:id', summary: 'Delete it', answer: message },
  { method: 'get', path: '/port-forwards/:id/status', summary: 'Whether it runs, and where', answer: statusAnswer },
  { method: 'post', path: '/port-forwards/:id/start', summary: 'Say that it runs', body: run, answer: forward },
  { method: 'post', path: '/port-forwards/:id/stop', summary: 'Say that it stopped', body: run, answer: forward },
  { method: 'get', path: '/keys/me', summary: 'One’s own published key', answer: ownKey },
  {
    method: 'put',
    path: '/keys/me',
    summary: 'Publish a key; copies of team keys for another public key before are dropped',
    body: ownKeySchema,
    answer: ownKey,
  },
  { method: 'post', path: '/teams/create', summary: 'Make a team', body: teamSchema, status: 201, answer: team },
  { method: 'get', path: '/teams/my', summary: 'The teams one is in', answer: z.array(team) },
  { method: 'post', path: '/teams/join', summary: 'Accept an invitation', body: joinSchema, status: 201, answer: team },
  { method: 'get', path: '/teams/:id/members', summary: 'Members and their roles', answer: z.array(memberAnswer) },
  {
    method: 'post',
    path: '/teams/:id/invite',
    summary: 'Invite by link (owners)',
    body: inviteSchema,
    status: 201,
    answer: invite.extend({ token: z.string(), link: z.string() }),
  },
  {
    method: 'get',
    path: '/teams/:id/invites',
    summary: 'Open invitations (owners)',
    answer: z.array(invite.extend({ createdAt: z.string() })),
  },
  { method: 'delete', path: '/teams/:id/invites/:inviteId', summary: 'Withdraw one (owners)', answer: message },
  { method: 'post', path: '/teams/:id/leave', summary: 'Leave', answer: message },
  { method: 'delete', path: '/teams/:id/members/:memberId', summary: 'Remove a member (owners)', answer: message },
  {
    method: 'put',
    path: '/teams/:id/members/:memberId/role',
    summary: 'Change a role (owners)',
    body: memberRoleSchema,
    answer: memberAnswer,
  },
  {
    method: 'patch',
    path: '/teams/:id/members/:memberId/role',
    summary: 'Change a role (owners)',
    body: memberRoleSchema,
    answer: memberAnswer,
  },
  {
    method: 'post',
    path: '/teams/:id/dissolve',
    summary: 'End the team and delete its port forwards (owners)',
    answer: message,
  },
  {
    method: 'delete',
    path: '/teams/:id/dissolve',
    summary: 'End the team and delete its port forwards (owners)',
    answer: message,
  },
  {
    method: 'get',
    path: '/teams/:id/audit',
    summary: 'Who changed what (owners)',
    query: z.object({ limit: z.coerce.number().optional(), before: z.coerce.number().optional() }),
    answer: z.array(auditEntry),
  },
  {
    method: 'get',
    path: '/teams/:id/keys',
    summary: 'One’s copies of the team’s key, and who holds which',
    answer: teamKeys,
  },
  {
    method: 'post',
    path: '/teams/:id/keys',
    summary: 'Make the next generation of the team’s key (owners, developers)',
    body: nextKeySchema,
    status: 201,
    answer: teamKeys,
  },
  {
    method: 'put',
    path: '/teams/:id/keys/copies',
    summary: 'Hand copies on to members that have none',
    body: copiesSchema,
    answer: teamKeys,
  },
  {
    method: 'delete',
    path: '/teams/:id/keys/copies/:generation',
    summary: 'Drop one’s own copy, which does not open',
    answer: teamKeys,
  },
]

export function openApiDocument(serverUrl: string) {
  const { openAPIRegistry: registry, getOpenAPI31Document } = new OpenAPIHono()
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
  for (const each of paths) registry.registerPath(pathItem(each))
  return getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Warren cloud',
      version: '1',
      description: `Port forwards for people and teams. Every answer has the header ${EXTENSIONS_HEADER}: ${extensions.join(', ')}.`,
    },
    servers: [{ url: serverUrl }],
  })
}

// --- internal ---

function pathItem({ method, path, summary, body, query, status = 200, answer, open = false }: Path) {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const params = z.object(Object.fromEntries(names.map((name) => [name, z.string()])))
  return {
    method,
    path: path.replaceAll(/:(\w+)/g, '{$1}'),
    summary,
    tags: [/^\/([\w-]+)/.exec(path)?.[1] ?? ''],
    security: open ? [] : [{ bearer: [] }],
    request: {
      ...(names.length === 0 ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: { content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      [status]:
        answer === undefined
          ? { description: 'Done' }
          : { description: 'Done', content: { 'application/json': { schema: answer } } },
      default: { description: 'Not done', content: { 'application/json': { schema: problem } } },
    },
  }
}
