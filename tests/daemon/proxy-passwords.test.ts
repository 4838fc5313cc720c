import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { APPLICATION_ID, migrations } from '../../src/daemon/store/_migrations'
import { localDraft, serverDraft, startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

let place: ReturnType<typeof temporaryHome>
let test: TestDaemon

beforeEach(async () => {
  place = temporaryHome()
  test = await startTestDaemon({ home: place.home })
})
afterEach(async () => {
  await test.daemon.stop({ keepWanted: false })
  place.remove()
})

it('are taken out of the address before it is saved, shown or changed', async () => {
  const client = await test.connect()
  const added = await client.call('servers.add', { ...serverDraft(), proxy: 'http://ann:tr0ub4dor@squid.corp:3128' })
  expect(added.proxy).toBe('http://ann@squid.corp:3128')
  const patch = { proxy: 'socks5://ann:c0rrecthorse@squid.corp' }
  const changed = await client.call('servers.update', { id: added.id, patch })
  expect(changed.proxy).toBe('socks5://ann@squid.corp:1080')
  const listed = await client.call('servers.list', {})
  expect(listed.map(({ proxy }) => proxy)).toContain('socks5://ann@squid.corp:1080')
  client.close()
  await test.daemon.stop({ keepWanted: false })
  const files = readdirSync(place.home, { recursive: true, encoding: 'utf8' }).map((name) => join(place.home, name))
  for (const file of files.filter((each) => statSync(each).isFile())) {
    expect(readFileSync(file, 'latin1'), file).not.toMatch(/tr0ub4dor|c0rrecthorse/)
  }
})

it('are refused with the rest of an address that cannot be read, at its field', async () => {
  const client = await test.connect()
  await expect(client.call('servers.add', { ...serverDraft(), proxy: 'http://:secret@squid' })).rejects.toMatchObject({
    code: 'rpc.invalid',
    field: 'proxy',
  })
  client.close()
})

it('leave a store of before with every server in it, whatever its address was', async () => {
  const client = await test.connect()
  const kept = await client.call('servers.add', serverDraft('kept'))
  await client.call('forwards.add', localDraft(kept.id))
  const gone = await client.call('servers.add', serverDraft('gone'))
  client.close()
  await test.daemon.stop({ keepWanted: false })
  const raw = new Database(test.places.database)
  raw.exec(`update servers set proxy = 'http://:tr0ub4dor@squid.corp:3128/path' where id = '${kept.id}'`)
  raw.exec(`update servers set proxy = 'http://ann:c0rrecthorse@squid.corp' where id = '${gone.id}'`)
  raw.exec(`update servers set deleted_at = updated_at where id = '${gone.id}'`)
  raw.close()
  test = await startTestDaemon({ home: place.home })
  const again = await test.connect()
  expect((await again.call('daemon.status', {})).warnings).toEqual([])
  expect(await again.call('servers.list', {})).toMatchObject([{ proxy: 'http://squid.corp:3128/path' }])
  expect(await again.call('forwards.list', {})).toHaveLength(1)
  expect(await again.call('servers.restore', { id: gone.id })).toMatchObject({ proxy: 'http://ann@squid.corp:80' })
  again.close()
})

it('of the release before, with the tables of that time, are taken out at the first start', async () => {
  await test.daemon.stop({ keepWanted: false })
  const { database, backups } = test.places
  for (const file of [database, `${database}-wal`, `${database}-shm`]) rmSync(file, { force: true })
  rmSync(backups, { recursive: true, force: true })
  const raw = new Database(database)
  for (const { sql } of migrations.slice(0, 2)) raw.exec(sql)
  raw.exec('pragma user_version = 2')
  raw.exec(`pragma application_id = ${APPLICATION_ID}`)
  const at = '2026-01-01T00:00:00.000Z'
  raw.exec(`insert into servers values ('s1', 'bastion', 'bastion', 'b.example', 22, null, '[]', 0, null, '[]',
    'http://ann:tr0ub4dor@squid.corp:3128', null, 'ask', 15, 3, 10, 0, '${at}', '${at}', null)`)
  raw.exec(`insert into forwards values ('f1', 'db', 'db', 'local', null, 5432, 'db', 5432, null, null, 's1', '[]', '', 0, 0,
    '${at}', '${at}', null, 0, null)`)
  raw.close()
  test = await startTestDaemon({ home: place.home })
  const client = await test.connect()
  expect(await client.call('servers.list', {})).toMatchObject([{ id: 's1', proxy: 'http://ann@squid.corp:3128' }])
  expect(await client.call('forwards.list', {})).toMatchObject([
    { spec: { id: 'f1', portCount: 1, onDemand: false, idleSeconds: 300, health: null, configLine: null } },
  ])
  client.close()
})
