/** `/port-forwards`. */
import { MAX_SYNC } from '@shared/cloud'
import type { CloudRun } from '@shared/cloud-views'
import { z } from 'zod'
import { badAnswer, CloudError } from './_faults'
import type { Answer, Http, Request } from './_http'
import { bodyOf, readRow, readRows } from './_rows'
import type { CloudClientOptions, ForwardRoutes } from './types'

const path = (id: string, deed = ''): string => `/port-forwards/${encodeURIComponent(id)}${deed}`
const cursorSchema = z.union([z.string().min(1).max(200), z.int()]).transform(String)
const deltaSchema = z.looseObject({
  changed: z.array(z.unknown()),
  deleted: z.array(z.string()),
  cursor: cursorSchema,
  more: z.boolean(),
})
const resultsSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      result: z.enum(['created', 'updated', 'unchanged', 'conflict', 'rejected']),
      id: z.string().nullable(),
      version: z.int().nullable(),
      message: z.array(z.string()).default([]),
    }),
  ),
})
const statusSchema = z.looseObject({
  status: z.string().nullish(),
  runs: z
    .array(
      z.looseObject({
        deviceId: z.string(),
        deviceName: z.string().nullish(),
        user: z.string().nullish(),
        startedAt: z.string(),
      }),
    )
    .default([]),
})

export interface RouteOptions {
  readonly http: Http
  readonly send: (request: Request) => Promise<Answer>
  readonly device: CloudClientOptions['device']
}

export function forwardRoutes({ http, send, device }: RouteOptions): ForwardRoutes {
  const has = http.extensions
  const one = (answer: Answer): ReturnType<typeof readRow> => readRow(answer.body, has())
  const deed = async (id: string, name: 'start' | 'stop', body: object): Promise<boolean> => {
    const answer = await send({
      ...{ method: 'POST', path: path(id, `/${name}`) },
      ...(has().has('activity') ? { body: { deviceId: device.id, ...body } } : {}),
    })
    return statusOf(answer, http).status === 'active'
  }
  return {
    list: async (namespace) => {
      const answer = await send({ method: 'GET', path: '/port-forwards', query: { namespace }, isLarge: true })
      const cursor = has().has('since') ? answer.header('warren-cursor') : null
      return { ...readRows(answer.body, http), cursor }
    },
    since: async (namespace, cursor) => {
      const query = { namespace, since: cursor }
      const answer = await send({ method: 'GET', path: '/port-forwards', query, isLarge: true }).catch(unlessGone)
      if (answer === null) return null
      const parsed = deltaSchema.safeParse(answer.body)
      if (!parsed.success) throw badAnswer(`${http.host} answered something else than what changed.`)
      const { changed, deleted, cursor: next, more } = parsed.data
      // A page that leads nowhere would be asked for again and again.
      if (more && next === cursor) throw badAnswer(`${http.host} answered a page that does not go on.`)
      return { ...readRows(changed, http), deleted, cursor: next, more }
    },
    read: async (id) => {
      try {
        return one(await send({ method: 'GET', path: path(id) }))
      } catch (error) {
        if (error instanceof CloudError && error.code === 'cloud.not-found') return null
        throw error
      }
    },
    create: async (namespace, { localId, fields }) => {
      const body = { localId, ...withoutNulls(bodyOf(fields, has())) }
      return one(await send({ method: 'POST', path: '/port-forwards', query: { namespace }, body }))
    },
    createMany: async (namespace, rows) => {
      if (rows.length > MAX_SYNC) throw new Error(`one sync has at most ${MAX_SYNC} forwards`)
      const body = rows.map(({ localId, fields }) => ({
        ...withoutNulls(bodyOf(fields, has())),
        localId,
        ifVersion: 0,
      }))
      const answer = await send({
        ...{ method: 'POST', path: '/port-forwards/sync', query: { namespace }, body, isLarge: true },
      })
      const parsed = resultsSchema.safeParse(answer.body)
      if (!parsed.success || parsed.data.results.length !== rows.length) {
        throw badAnswer(`${http.host} did not answer each forward of a sync.`)
      }
      return parsed.data.results
    },
    patch: async (id, fields, version) => {
      const ifMatch = has().has('etag') ? etagOf(id, version) : null
      return one(await send({ method: 'PATCH', path: path(id), body: bodyOf(fields, has()), ifMatch }))
    },
    remove: async (id, version) => {
      const ifMatch = has().has('etag') ? etagOf(id, version) : null
      await send({ method: 'DELETE', path: path(id), ifMatch })
    },
    start: (id, { tunnelId, connectionId }) =>
      deed(id, 'start', withoutNulls({ deviceName: device.name, tunnelId, connectionId })),
    stop: (id) => deed(id, 'stop', {}),
    status: async (id) => {
      const { status, runs } = statusOf(await send({ method: 'GET', path: path(id, '/status') }), http)
      return {
        isActive: status === 'active',
        runs: runs.map((run): CloudRun => ({
          deviceId: run.deviceId,
          deviceName: run.deviceName ?? '',
          user: run.user ?? '',
          since: run.startedAt,
          isThisDevice: run.deviceId === device.id,
        })),
      }
    },
  }
}

// --- internal ---

/** As the server makes it: a strong tag of the row's version. */
function etagOf(id: string, version: number | null): string | null {
  return version === null ? null : `"${id.slice(0, 8)}-${version}"`
}

function statusOf(answer: Answer, http: Http): z.output<typeof statusSchema> {
  const parsed = statusSchema.safeParse(answer.body)
  if (!parsed.success) throw badAnswer(`${http.host} answered no status.`)
  return parsed.data
}

function withoutNulls(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
}

/** 410: the cursor is not one of this list. A 404 is no such thing: the whole route is not there. */
function unlessGone(error: unknown): null {
  if (error instanceof CloudError && error.status === 410) return null
  throw error
}
