/** The document's examples by curl, as a person would paste them; only token, ids and the address of the server are put in. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { column, databases, makeTeam, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const run = promisify(execFile)
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** What the document's answers have, in its order. */
const documentFields = [
  ...['id', 'localId', 'name', 'type', 'localHost', 'localPort', 'remoteHost', 'remotePort', 'bindAddress', 'bindPort'],
  ...['serverId', 'status', 'lastUsed', 'tunnelId', 'connectionId', 'createdAt', 'updatedAt'],
]

const web = {
  ...{ localId: 'local-uuid', name: 'Web Server Forward', type: 'local', localHost: '127.0.0.1', localPort: 8080 },
  ...{ remoteHost: '192.168.1.100', remotePort: 80, bindAddress: '0.0.0.0', bindPort: 8080, serverId: 'server-uuid' },
}

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  let me: Person
  beforeEach(async () => {
    world = await startCloud(database)
    me = await world.person('ada')
  })
  afterEach(() => world.close())

  const curl = async (...words: string[]): Promise<{ status: number; body: unknown }> => {
    const head = ['-s', '-w', '\n%{http_code}', '-H', `Authorization: Bearer ${me.token}`]
    const { stdout } = await run('curl', [...head, '-H', 'Content-Type: application/json', ...words])
    const at = stdout.lastIndexOf('\n')
    return { status: Number(stdout.slice(at + 1)), body: JSON.parse(stdout.slice(0, at)) as unknown }
  }
  const at = (path: string): string => `${world.server.url}/port-forwards${path}`
  const create = (body: object): ReturnType<typeof curl> => curl('-X', 'POST', at(''), '-d', JSON.stringify(body))

  it('creates each kind as the document shows', async () => {
    const local = await create(web)
    expect(local.status).toBe(201)
    expect(Object.keys(local.body as object).slice(0, documentFields.length)).toEqual(documentFields)
    expect(local.body).toMatchObject({ ...web, status: 'inactive', lastUsed: null, tunnelId: null, connectionId: null })
    expect(pick(local.body, 'createdAt')).toMatch(ISO)
    const remote = {
      ...{
        name: 'Database Forward',
        type: 'remote',
        localHost: '0.0.0.0',
        localPort: 9000,
        remoteHost: '192.168.1.101',
      },
      ...{ remotePort: 3306, bindAddress: '0.0.0.0', bindPort: 9000, serverId: 'server-uuid' },
    }
    expect(await create(remote)).toMatchObject({ status: 201, body: { ...remote, localId: null } })
    const dynamic = {
      name: 'SOCKS Proxy',
      type: 'dynamic',
      bindAddress: '0.0.0.0',
      bindPort: 1080,
      serverId: 'server-uuid',
    }
    expect(await create(dynamic)).toMatchObject({ status: 201, body: { ...dynamic, localHost: null, localPort: null } })
  })

  it('takes a server typed by hand, and keeps no password that came in clear', async () => {
    const manual = {
      ...{ name: 'Manual Server Forward', type: 'local', localHost: '127.0.0.1', localPort: 8080 },
      ...{ remoteHost: '192.168.1.100', remotePort: 80, serverAddress: '192.168.1.100', username: 'root' },
    }
    const made = await create({ ...manual, authType: 'password', password: 'password123' })
    expect(made).toMatchObject({ status: 201, body: { ...manual, authType: 'password', password: null } })
    const { headers } = await world.call('POST', '/port-forwards', {
      token: me.token,
      body: { ...manual, authType: 'password', password: 'password123' },
    })
    expect(headers.get('warren-secrets-not-kept')).toBe('password')
  })

  it('lists mine, a team’s, and the active ones', async () => {
    const team = await makeTeam(world, me)
    const { body: mine } = await create(web)
    const { body: theirs } = await curl('-X', 'POST', `${at('')}?namespace=${team}`, '-d', JSON.stringify(web))
    const names = async (query: string): Promise<unknown> =>
      column((await curl('-X', 'GET', `${at('')}${query}`)).body, 'id')
    expect(await names('')).toEqual([pick(mine, 'id')])
    expect(await names(`?namespace=${team}`)).toEqual([pick(theirs, 'id')])
    expect(await names('?status=active')).toEqual([])
    await curl('-X', 'POST', at(`/${pick(theirs, 'id')}/start`))
    expect(await names(`?namespace=${team}&status=active`)).toEqual([pick(theirs, 'id')])
    expect(await names(`?namespace=${team}&status=inactive`)).toEqual([])
    expect(await names('?namespace=null')).toEqual([pick(mine, 'id')])
  })

  it('starts, tells the status, and stops', async () => {
    const { body: made } = await create(web)
    const started = await curl('-X', 'POST', at(`/${pick(made, 'id')}/start`))
    expect(started).toMatchObject({ status: 200, body: { ...web, id: pick(made, 'id'), status: 'active' } })
    expect(pick(started.body, 'lastUsed')).toMatch(ISO)
    expect(pick(started.body, 'tunnelId')).not.toBe('')
    const status = await curl('-X', 'GET', at(`/${pick(made, 'id')}/status`))
    const { tunnelId, connectionId, lastUsed } = started.body as Record<string, unknown>
    const { localId: _local, serverId: _server, ...shown } = web
    expect(status).toMatchObject({
      status: 200,
      body: { id: pick(made, 'id'), status: 'active', lastUsed, tunnelId, connectionId, isActive: true, ...shown },
    })
    const stopped = await curl('-X', 'POST', at(`/${pick(made, 'id')}/stop`))
    expect(stopped).toMatchObject({
      status: 200,
      body: { status: 'inactive', lastUsed, tunnelId: null, connectionId: null },
    })
  })

  it('reads one, changes all or some of it, and deletes it once', async () => {
    const { body: made } = await create(web)
    expect(await curl('-X', 'GET', at(`/${pick(made, 'id')}`))).toEqual({ status: 200, body: made })
    const all = {
      ...{ name: 'Updated Forward Name', type: 'remote', localHost: '0.0.0.0', localPort: 9000 },
      ...{ remoteHost: '192.168.1.101', remotePort: 3306, bindAddress: '0.0.0.0', bindPort: 9000 },
    }
    const changed = await curl('-X', 'PATCH', at(`/${pick(made, 'id')}`), '-d', JSON.stringify(all))
    expect(changed).toMatchObject({ status: 200, body: { ...web, ...all, id: pick(made, 'id') } })
    const some = await curl('-X', 'PATCH', at(`/${pick(made, 'id')}`), '-d', '{"name": "New Name", "localPort": 9090}')
    expect(some).toMatchObject({ status: 200, body: { ...web, ...all, name: 'New Name', localPort: 9090 } })
    const deleted = await curl('-X', 'DELETE', at(`/${pick(made, 'id')}`))
    expect(deleted).toEqual({ status: 200, body: { message: 'Port forward deleted successfully' } })
    const gone = { message: 'Port forward not found', error: 'Not Found', statusCode: 404 }
    expect(await curl('-X', 'DELETE', at(`/${pick(made, 'id')}`))).toEqual({ status: 404, body: gone })
    expect(await curl('-X', 'GET', at(`/${pick(made, 'id')}`))).toEqual({ status: 404, body: gone })
  })

  it('syncs two and one', async () => {
    const two = [
      {
        ...{ localId: 'local-uuid-1', name: 'Forward 1', type: 'local', localHost: '127.0.0.1', localPort: 8080 },
        ...{ remoteHost: '192.168.1.100', remotePort: 80, serverId: 'server-uuid-1' },
      },
      {
        ...{ localId: 'local-uuid-2', name: 'Forward 2', type: 'remote', localHost: '0.0.0.0', localPort: 9000 },
        ...{ remoteHost: '192.168.1.101', remotePort: 3306, serverId: 'server-uuid-2' },
      },
    ]
    const sync = (body: object): ReturnType<typeof curl> => curl('-X', 'POST', at('/sync'), '-d', JSON.stringify(body))
    const first = await sync(two)
    expect(first).toMatchObject({ status: 201, body: { message: 'Port forwards synced successfully', syncedCount: 2 } })
    const again = await sync([{ ...two[0], name: 'Renamed' }, two[1]])
    expect(column((again.body as { results: unknown }).results, 'result')).toEqual(['updated', 'unchanged'])
    const { body: list } = await curl('-X', 'GET', at(''))
    expect(column(list, 'name').sort()).toEqual(['Forward 2', 'Renamed'])
  })
})
