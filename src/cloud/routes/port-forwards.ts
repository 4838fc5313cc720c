/** `/port-forwards`: the document's routes, with our additions behind query parameters and headers. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from '@hono/zod-openapi'
import { granted, ownerOf } from '../access'
import { checked, readJson } from '../body'
import type { App, Env, RouteContext, Services } from '../context'
import { readChange, readNew } from '../forward-body'
import { answerOf, etagOf, statusOf, versionOf, withoutClearSecrets } from '../forward-view'
import { notFound, Problem } from '../problem'
import { authenticated } from '../session'
import { runSessionOf, scopeOf, type ForwardRow } from '../store'
import { createListCache } from './_list-cache'
import { eventStream } from './events'
import { notKept } from './_not-kept'
import { sync } from './sync'

const PAGE = 1000

const statusSchema = z.enum(['active', 'inactive'], 'must be one of the following values: active, inactive')
const cursorSchema = z.coerce
  .number('must be a cursor')
  .int('must be a cursor')
  .min(0, 'must be a cursor')
  .max(Number.MAX_SAFE_INTEGER, 'must be a cursor')

const runSchema = z.strictObject({
  deviceId: z.string().min(1, 'must not be empty').max(100, 'is too long').optional(),
  deviceName: z.string().max(200, 'is too long').optional(),
  tunnelId: z.string().min(1, 'must not be empty').max(200, 'is too long').optional(),
  connectionId: z.string().min(1, 'must not be empty').max(200, 'is too long').optional(),
})

export function portForwardRoutes(services: Services): App {
  const { store } = services
  const lists = createListCache()
  const app = new Hono<Env>()
  app.use(authenticated(services))
  app.get('/', async (context) => {
    const { status, since } = context.req.query()
    const owner = await ownerOf(services, context, 'read')
    const scope = scopeOf(owner)
    if (since !== undefined) {
      const delta = await store.forwards.since(scope, checked(z.object({ since: cursorSchema }), { since }).since, PAGE)
      if (delta === null) throw new Problem(410, 'This list cannot be told from that cursor on: ask for it without one')
      return context.json({ ...delta, changed: delta.changed.map(answerOf) })
    }
    const wanted =
      status === undefined || status === '' ? null : checked(z.object({ status: statusSchema }), { status }).status
    // Asked before the rows: what changes in between comes again, and is never missed.
    const cursor = await store.forwards.cursor(scope)
    const text = await lists.answer(`${scope} ${wanted ?? ''}`, cursor, async () =>
      JSON.stringify((await store.forwards.list(scope, wanted)).map(answerOf)),
    )
    context.header('warren-cursor', String(cursor))
    return context.body(text, 200, { 'content-type': 'application/json' })
  })
  app.post('/', async (context) => {
    const fields = readNew(await readJson(context))
    const owner = await ownerOf(services, context, 'edit')
    const kept = withoutClearSecrets(fields)
    const row = await store.forwards.create(kept.fields, owner, context.get('session').user)
    return answer(context, row, { status: 201, dropped: kept.dropped })
  })
  app.post('/sync', (context) => sync(services, context))
  app.get('/events', (context) => eventStream(services, context))
  app.get('/:id', async (context) => {
    const { row } = await granted(services, context, 'read')
    return answer(context, row, {})
  })
  app.patch('/:id', async (context) => {
    const { row: before } = await granted(services, context, 'edit')
    const kept = withoutClearSecrets(readChange(await readJson(context)))
    const row = await store.forwards.change(before, kept.fields, deedOf(context, before.id))
    if (row === null) throw await goneOrChanged(services, before.id)
    return answer(context, row, { dropped: kept.dropped })
  })
  app.delete('/:id', async (context) => {
    const { row } = await granted(services, context, 'delete')
    if (!(await store.forwards.remove(row, deedOf(context, row.id)))) throw await goneOrChanged(services, row.id)
    return context.json({ message: 'Port forward deleted successfully' })
  })
  app.get('/:id/status', async (context) => {
    const { row } = await granted(services, context, 'read')
    return context.json(statusOf(row, await store.activity.running(row.id)))
  })
  app.post('/:id/start', async (context) => {
    const { row } = await granted(services, context, 'read')
    const run = checked(runSchema, (await readJson(context)) ?? {})
    const at = new Date(services.now()).toISOString()
    const ids = { tunnelId: run.tunnelId ?? randomUUID(), connectionId: run.connectionId ?? randomUUID() }
    const { user, device: login } = context.get('session')
    // Who names no device knows the bare document, where a forward runs until somebody stops it.
    const session = run.deviceId === undefined ? '' : runSessionOf(user.id, login)
    const device = { deviceId: run.deviceId ?? '', deviceName: run.deviceName ?? '', session }
    const started = await store.activity.start(row, { userId: user.id, ...device, ...ids, startedAt: at })
    if (started === null) throw notFound()
    return answer(context, started, {})
  })
  app.post('/:id/stop', async (context) => {
    const { row } = await granted(services, context, 'read')
    const { deviceId = null } = checked(runSchema, (await readJson(context)) ?? {})
    const stopped = await store.activity.stop(row, context.get('session').user.id, deviceId)
    if (stopped === null) throw notFound()
    return answer(context, stopped, {})
  })
  return app
}

// --- internal ---

function deedOf(context: RouteContext, id: string) {
  return { ifVersion: versionOf(context.req.header('if-match'), id), by: context.get('session').user }
}

function answer(
  context: RouteContext,
  row: ForwardRow,
  { status = 200, dropped = [] }: { readonly status?: 200 | 201; readonly dropped?: readonly string[] },
): Response {
  context.header('etag', etagOf(row))
  notKept(context, dropped)
  return context.json(answerOf(row), status)
}

async function goneOrChanged({ store }: Services, id: string): Promise<Problem> {
  const now = await store.forwards.get(id)
  if (now === null) return notFound()
  return new Problem(412, 'The port forward was changed meanwhile', {
    headers: { etag: etagOf(now) },
    fields: { current: answerOf(now) },
  })
}
