/** What routes answer, for the OpenAPI document. */
import { z } from '@hono/zod-openapi'
import { forwardTypes } from './forward-body'
import { roles } from './store'

const text = z.string().nullable()
const port = z.number().nullable()
export const forward = z
  .object({
    ...{ id: z.string(), localId: text, name: z.string(), type: z.enum(forwardTypes) },
    ...{ localHost: text, localPort: port, remoteHost: text, remotePort: port, bindAddress: text, bindPort: port },
    ...{ serverId: text, status: z.enum(['active', 'inactive']), lastUsed: text, tunnelId: text, connectionId: text },
    ...{ createdAt: z.string(), updatedAt: z.string(), serverAddress: text, username: text, authType: text },
    ...{ keyPath: text, password: text, keyContent: text, passphrase: text },
    ...{ tags: z.array(z.string()), description: z.string(), namespace: text, dataType: z.enum(['personal', 'team']) },
    version: z.number(),
  })
  .openapi('PortForward')
/** With `since`. */
export const delta = z
  .object({ changed: z.array(forward), deleted: z.array(z.string()), cursor: z.number(), more: z.boolean() })
  .openapi('Delta')
export const message = z.object({ message: z.string() }).openapi('Message')
export const problem = z
  .object({ message: z.union([z.string(), z.array(z.string())]), error: z.string().optional(), statusCode: z.number() })
  .openapi('Problem')
export const login = z
  .object({
    user: z.object({ id: z.string(), email: z.string(), username: z.string() }),
    ...{ token: z.string(), access_token: z.string(), refreshToken: z.string() },
  })
  .openapi('Login')
export const namespace = { namespace: z.string().optional() }
export const run = z
  .object({ deviceId: z.string(), deviceName: z.string(), tunnelId: z.string(), connectionId: z.string() })
  .partial()
export const syncAnswer = z.object({
  message: z.string(),
  syncedCount: z.number(),
  results: z.array(
    z.object({
      localId: text,
      id: text,
      result: z.enum(['created', 'updated', 'unchanged', 'conflict', 'rejected']),
      version: z.number().nullable(),
      message: z.array(z.string()),
    }),
  ),
})

export const ownKey = z
  .object({
    ...{ publicKey: z.string(), sealedPrivateKey: z.string(), version: z.number(), keyVersion: z.number() },
    ...{ createdAt: z.string(), updatedAt: z.string() },
  })
  .openapi('OwnKey')
export const teamKeys = z
  .object({
    ...{ generation: z.number(), rekeyDue: z.boolean(), lost: z.boolean() },
    mine: z.array(
      z.object({ generation: z.number(), wrapped: z.string(), createdBy: z.string(), createdAt: z.string() }),
    ),
    members: z.array(
      z.object({
        ...{ userId: z.string(), email: z.string(), username: z.string(), role: z.string() },
        ...{ publicKey: text, keyVersion: z.number().nullable(), generations: z.array(z.number()) },
      }),
    ),
    missing: z.array(z.string()),
  })
  .openapi('TeamKeys')

export const user = z.object({ user: z.object({ id: z.string(), email: z.string(), username: z.string() }) })
export const team = z
  .object({
    ...{ id: z.string(), name: z.string(), role: z.enum(roles), createdAt: z.string() },
    ...{ keyGeneration: z.number(), rekeyDue: z.boolean() },
  })
  .openapi('Team')
export const memberAnswer = z
  .object({
    ...{ userId: z.string(), email: z.string(), username: z.string(), role: z.enum(roles), joinedAt: z.string() },
  })
  .openapi('Member')
export const invite = z.object({ id: z.string(), role: z.enum(roles), expiresAt: z.string() })
export const auditEntry = z
  .object({
    ...{ id: z.number(), at: z.string(), teamId: text, userId: text, actor: z.string(), action: z.string() },
    ...{ subject: z.string(), detail: z.string() },
  })
  .openapi('AuditEntry')
export const statusAnswer = z
  .object({
    ...{ id: z.string(), status: z.enum(['active', 'inactive']), lastUsed: text, tunnelId: text, connectionId: text },
    ...{ isActive: z.boolean(), name: z.string(), type: z.enum(forwardTypes), localHost: text, localPort: port },
    ...{ remoteHost: text, remotePort: port, bindAddress: text, bindPort: port },
    runs: z.array(
      z.object({
        ...{ deviceId: z.string(), deviceName: z.string(), userId: z.string(), user: z.string() },
        ...{ tunnelId: z.string(), connectionId: z.string(), startedAt: z.string() },
      }),
    ),
  })
  .openapi('Status')
