/** The bare server answers as the document does, and says no to what the document does not name. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startDocumentServer, type DocumentServer } from './document-server'

const TEAM = '11111111-1111-4111-8111-111111111111'
let server: DocumentServer
let token: string

const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

beforeEach(async () => {
  server = await startDocumentServer({ teams: [{ id: TEAM, members: { 'ada@example.com': 'user' } }] })
  token = server.token()
})
afterEach(() => server.close())

it('logs in, creates, lists, changes, starts, stops and deletes', async () => {
  const login = await call('POST', '/auth/login', { email: 'ada@example.com', password: 'secret123' })
  token = (login.body as { token: string }).token
  const made = await call('POST', '/port-forwards', { localId: 'l1', name: 'db', type: 'local', localPort: 5432 })
  expect(made).toMatchObject({ status: 201, body: { localId: 'l1', status: 'inactive', bindPort: null } })
  const { id } = made.body as { id: string }
  expect(await call('PATCH', `/port-forwards/${id}`, { localPort: 1 })).toMatchObject({
    body: { name: 'db', localPort: 1 },
  })
  expect(await call('POST', `/port-forwards/${id}/start`)).toMatchObject({ status: 200, body: { status: 'active' } })
  expect(await call('GET', `/port-forwards/${id}/status`)).toMatchObject({ body: { id, isActive: true } })
  expect((await call('GET', '/port-forwards?status=active')).body).toHaveLength(1)
  expect(await call('POST', `/port-forwards/${id}/stop`)).toMatchObject({
    body: { status: 'inactive', tunnelId: null },
  })
  const synced = await call('POST', '/port-forwards/sync', [
    { localId: 'l1', name: 'db2', type: 'local' },
    { localId: 'l2', name: 'web', type: 'dynamic' },
  ])
  expect(synced).toEqual({ status: 201, body: { message: 'Port forwards synced successfully', syncedCount: 2 } })
  expect(server.rows().map(({ name }) => name)).toEqual(['web', 'db2'])
  expect(await call('DELETE', `/port-forwards/${id}`)).toMatchObject({ status: 200 })
  expect(await call('DELETE', `/port-forwards/${id}`)).toMatchObject({ status: 404 })
})

it('knows nothing beyond the document', async () => {
  const wrong = await call('POST', '/port-forwards', { name: 'x', type: 'local', tags: [], bindPort: 0 })
  const message = ['property tags should not exist', 'bindPort must not be less than 1']
  expect(wrong).toEqual({ status: 400, body: { message, error: 'Bad Request', statusCode: 400 } })
  expect(await call('GET', '/teams/my')).toMatchObject({ status: 404 })
  expect(await call('GET', '/port-forwards?since=0')).toEqual({ status: 200, body: [] })
  expect(await call('POST', `/port-forwards?namespace=${TEAM}`, { name: 'x', type: 'local' })).toMatchObject({
    status: 403,
  })
  expect(await call('GET', '/port-forwards?namespace=other')).toMatchObject({ status: 403 })
  server.revoke()
  expect(await call('GET', '/port-forwards')).toMatchObject({ status: 401 })
})

it('fails on demand, before or after the change', async () => {
  const body = { name: 'x', type: 'local' }
  server.mishap({ method: 'POST', answer: 'drop' })
  await expect(call('POST', '/port-forwards', body)).rejects.toThrow()
  expect(server.rows()).toHaveLength(0)
  server.mishap({ method: 'POST', answer: 'half', isApplied: true })
  await expect(call('POST', '/port-forwards', body)).rejects.toThrow()
  server.mishap({ path: /^\/port-forwards$/, answer: { status: 503, body: { message: 'later' } } })
  expect(await call('GET', '/port-forwards')).toEqual({ status: 503, body: { message: 'later' } })
  expect(server.rows()).toHaveLength(1)
  expect(server.requests.at(0)).toMatchObject({ method: 'POST', path: '/port-forwards', body })
  expect(server.pendingMishaps()).toBe(0)
})
