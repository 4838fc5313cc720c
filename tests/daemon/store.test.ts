import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import Database from 'libsql'
import { resolvePlaces, type Places } from '@daemon/client'
import { forwardSpecSchema, serverSpecSchema, type ForwardSpec, type ServerSpec } from '@shared/specs'
import { openStore, takeLock } from '../../src/daemon/store/index'
import { APPLICATION_ID, migrations, NEWEST_VERSION } from '../../src/daemon/store/_migrations'
import { libsqlDialect } from '@sqlite'
import { Kysely, sql } from 'kysely'
import { temporaryHome } from '../support/daemon'

const at = '2026-01-01T00:00:00.000Z'
const server: ServerSpec = serverSpecSchema.parse({
  ...{
    id: 's1',
    name: 'Bastion',
    host: 'bastion.example',
    jump: [],
    identityFiles: ['~/.ssh/id'],
    identitiesOnly: true,
  },
  ...{ createdAt: at, updatedAt: at },
})
const forward: ForwardSpec = forwardSpecSchema.parse({
  ...{ id: 'f1', name: 'db', type: 'local', localPort: 5432, remoteHost: 'db', remotePort: 5432, serverId: 's1' },
  ...{ tags: ['a', 'b'], favourite: true, createdAt: at, updatedAt: at },
})

let place: ReturnType<typeof temporaryHome>
let places: Places

beforeEach(() => {
  place = temporaryHome()
  places = resolvePlaces({}, place.home)
})
afterEach(() => {
  vi.useRealTimers()
  place.remove()
})

async function fill(): Promise<void> {
  const store = openStore(places)
  await store.saveServer(server)
  await store.saveForwards([forward])
  await store.close()
}

describe('the store', () => {
  it('gives back what it was given', async () => {
    await fill()
    const store = openStore(places)
    await store.setWanted(['f1'], true)
    await store.setLastUsed(['f1'], at)
    expect(await store.load()).toEqual({
      servers: [server],
      forwards: [{ spec: forward, wanted: true, lastUsed: at }],
      relays: [],
      trustedKeys: [],
      unreadable: [],
    })
    await store.close()
  })

  it('keeps what was removed for a while, then forgets it for good', async () => {
    await fill()
    const store = openStore(places)
    await store.deleteForwards(['f1'], at)
    await store.deleteServer('s1', at)
    expect((await store.load()).forwards).toEqual([])
    expect(await store.deletedForwards(['f1'])).toEqual([forward])
    expect(await store.deletedServer('s1')).toEqual(server)
    expect(await store.purge('2026-01-02T00:00:00.000Z')).toEqual({ forwards: ['f1'], relays: [], servers: ['s1'] })
    expect(await store.deletedForwards(['f1'])).toEqual([])
    expect(await store.deletedServer('s1')).toBeNull()
    await store.close()
  })

  it('refuses two names that differ in case alone, and saves neither half of a failed change', async () => {
    await fill()
    const store = openStore(places)
    const twins = [
      { ...forward, id: 'f2', name: 'other' },
      { ...forward, id: 'f3', name: 'DB' },
    ]
    await expect(store.saveForwards(twins)).rejects.toMatchObject({
      code: expect.stringContaining('SQLITE_CONSTRAINT') as string,
    })
    expect((await store.load()).forwards).toHaveLength(1)
    await store.close()
  })

  it('leaves out a row with broken JSON, says so, and keeps it in the file', async () => {
    await fill()
    const raw = new Database(places.database)
    raw.exec("update forwards set tags = '{not json'")
    raw.close()
    const store = openStore(places)
    expect(await store.load()).toMatchObject({ servers: [server], forwards: [], unreadable: ['forward db'] })
    await store.close()
  })

  it('numbers activity and keeps a bounded part of it', async () => {
    const store = openStore(places)
    const event = {
      at,
      kind: 'daemon',
      forwardId: null,
      serverId: null,
      subject: 'x',
      message: 'm',
      code: null,
    } as const
    const first = await store.addActivity(event)
    const second = await store.addActivity(event)
    expect(second).toBeGreaterThan(first)
    expect(await store.listActivity(10, second)).toEqual([{ ...event, id: first }])
    await store.close()
  })

  it('made by the first version is copied, then brought up to date with all that is in it', async () => {
    const raw = new Database(places.database)
    raw.exec(migrations[0]?.sql ?? '')
    raw.exec('pragma user_version = 1')
    raw.exec(`pragma application_id = ${APPLICATION_ID}`)
    raw.exec("insert into meta values ('kept', 'yes')")
    raw.close()
    const store = openStore(places)
    expect(await store.getMeta('kept')).toBe('yes')
    expect(await store.isCommandAllowed('k')).toBe(false)
    await store.allowCommand({ key: 'k', command: 'true', file: '/c', allowedAt: at })
    await store.allowCommand({ key: 'k', command: 'true', file: '/c', allowedAt: at })
    expect(await store.isCommandAllowed('k')).toBe(true)
    await store.close()
    const copies = readdirSync(places.backups)
    expect(copies).toHaveLength(Math.min(3, migrations.length - 1))
    for (const copy of copies) expect(copy).toContain('migration')
  })

  it('of the version before keeps its forwards, and takes what the cloud keeps beside them', async () => {
    const raw = new Database(places.database)
    for (const { sql: step } of migrations.slice(0, 4)) raw.exec(step)
    raw.exec('pragma user_version = 4')
    raw.exec(`pragma application_id = ${APPLICATION_ID}`)
    raw.exec(`insert into servers (id, name, name_key, host, port, identity_files, identities_only, jump, host_key_policy,
      keepalive_seconds, keepalive_count, connect_timeout_seconds, demo, created_at, updated_at)
      values ('s1', 'Bastion', 'bastion', 'bastion.example', 22, '[]', 0, '[]', 'ask', 15, 3, 10, 0, '${at}', '${at}')`)
    raw.exec(`insert into forwards (id, name, name_key, type, local_port, remote_host, remote_port, server_id, tags,
      description, auto_start, favourite, created_at, updated_at)
      values ('f1', 'db', 'db', 'local', 5432, 'db', 5432, 's1', '[]', '', 0, 0, '${at}', '${at}')`)
    raw.close()
    const store = openStore(places)
    expect((await store.load()).forwards).toMatchObject([{ spec: { id: 'f1', localPort: 5432 }, wanted: false }])
    const empty = { account: null, spaces: [], bindings: [], outbox: [], conflicts: [], madeServers: [], unreadable: 0 }
    expect(await store.loadCloud()).toEqual(empty)
    const binding = {
      ...{ forwardId: 'f1', namespace: null, localId: 'l1', cloudId: null, version: null, base: null, refused: null },
      ...{ overrides: ['localPort'] as const, activeElsewhere: false, remappedFrom: 5432, toldRunning: true },
      secrets: { password: null, keyContent: null, passphrase: null },
    }
    const entry = { kind: 'save', forwardId: 'f1', namespace: null, seq: 7, at } as const
    await store.changeCloud({ bindings: [binding], outbox: [entry] })
    await store.changeCloud({ outbox: [{ ...entry, seq: 8 }], done: [7] })
    expect(await store.loadCloud()).toEqual({ ...empty, bindings: [binding], outbox: [{ ...entry, seq: 8 }] })
    await store.deleteForwards(['f1'], at, { unbound: ['f1'], done: [8], buried: { bindings: [binding], at } })
    expect(await store.loadCloud()).toEqual(empty)
    expect(await store.buriedBindings(['f1'])).toEqual([binding])
    await store.close()
  })

  it('that is new has nothing to copy', async () => {
    await openStore(places).close()
    expect(existsSync(places.backups)).toBe(false)
  })

  it('is readable by its owner alone', async () => {
    const home = join(place.home, 'new')
    const fresh = resolvePlaces({}, home)
    await openStore(fresh).close()
    expect(statSync(home).mode & 0o777).toBe(0o700)
  })
})

describe('a file that is not in order', () => {
  it('is left alone when a newer Warren wrote it', async () => {
    await fill()
    const raw = new Database(places.database)
    raw.exec(`pragma user_version = ${NEWEST_VERSION + 1}`)
    raw.exec('pragma wal_checkpoint(truncate)')
    raw.close()
    const before = readFileSync(places.database)
    expect(() => openStore(places)).toThrow(expect.objectContaining({ code: 'store.newer' }))
    expect(readFileSync(places.database).equals(before)).toBe(true)
  })

  it.each([
    ['garbage', (file: string) => writeFileSync(file, Buffer.alloc(20_000, 'garbage'))],
    ['cut in half', (file: string) => truncateSync(file, Math.floor(statSync(file).size / 8192) * 4096)],
    ['emptied', (file: string) => truncateSync(file, 0)],
    [
      'overwritten in the middle',
      (file: string) => {
        const bytes = readFileSync(file)
        bytes.fill(0xff, 4096, bytes.length - 1)
        writeFileSync(file, bytes)
      },
    ],
  ])('is set aside and the newest sound backup takes its place: %s', async (_name, damage) => {
    await fill()
    const store = openStore(places)
    store.backUp()
    await store.close()
    writeFileSync(join(places.backups, 'warren-routine-9999.db'), 'not a database')
    damage(places.database)
    const damaged = readFileSync(places.database)

    const again = openStore(places)
    expect(again.warnings).toMatchObject([{ code: 'store.damaged' }])
    expect((await again.load()).forwards).toEqual([{ spec: forward, wanted: false, lastUsed: null }])
    await again.close()
    const aside = readdirSync(place.home).find((name) =>
      /^warren\.db\.damaged-[^.]+$/.test(name.replace(/-(wal|shm)$/, '')),
    )
    expect(readFileSync(join(place.home, aside ?? ''))).toEqual(damaged)
  })

  it('starts empty without a backup, keeps the damaged file and says so', async () => {
    writeFileSync(places.database, Buffer.alloc(20_000, 'garbage'))
    const store = openStore(places)
    expect(store.warnings[0]?.message).toContain('there was no backup')
    expect((await store.load()).servers).toEqual([])
    await store.close()
    expect(readdirSync(place.home).some((name) => name.startsWith('warren.db.damaged-'))).toBe(true)
  })

  it('keeps one backup a day, of the last five days', async () => {
    await fill()
    mkdirSync(places.backups)
    for (const day of [1, 2, 3, 4, 5, 6]) {
      const file = join(places.backups, `warren-routine-2026-01-0${day}.db`)
      writeFileSync(file, '')
      utimesSync(file, day, day)
    }
    // It may be about to be midnight.
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = openStore(places)
    store.backUp()
    await store.setMeta('a', 'b')
    store.backUp()
    await store.close()
    const today = new Date().toISOString().slice(0, 10)
    vi.useRealTimers()
    const kept = [...[3, 4, 5, 6].map((day) => `2026-01-0${day}`), today]
    expect(readdirSync(places.backups).sort()).toEqual(kept.map((day) => `warren-routine-${day}.db`))
  })
})

describe('folders', () => {
  it('names the folder when it is a file', () => {
    writeFileSync(join(place.home, 'file'), '')
    const under = resolvePlaces({}, join(place.home, 'file', 'below'))
    expect(() => openStore(under)).toThrow(expect.objectContaining({ code: 'store.unwritable', field: under.home }))
  })

  it('refuses a folder that everybody shares', () => {
    const shared = join(place.home, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o1777)
    expect(() => openStore(resolvePlaces({}, shared))).toThrow(expect.objectContaining({ code: 'store.unwritable' }))
    expect(existsSync(join(shared, 'warren.db'))).toBe(false)
  })

  it('takes away the right of others to write', async () => {
    const open = join(place.home, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    await openStore(resolvePlaces({}, open)).close()
    expect(statSync(open).mode & 0o022).toBe(0)
  })

  it('gives a long path a socket that the system can take', () => {
    const long = resolvePlaces({}, join('/home/someone', 'x'.repeat(150)))
    expect(Buffer.byteLength(long.socket)).toBeLessThan(104)
    expect(resolvePlaces({ WARREN_HOME: '/w' }).home).toBe('/w')
    expect(resolvePlaces({ XDG_DATA_HOME: '/x', HOME: '/h' }).home).toBe('/x/warren')
    expect(resolvePlaces({ HOME: '/h' }).home).toBe('/h/.local/share/warren')
  })
})

describe('the lock', () => {
  it('is one per folder and names who holds it', async () => {
    const lock = await takeLock(places)
    await expect(takeLock(places)).rejects.toMatchObject({
      code: 'store.locked',
      message: expect.stringContaining(String(process.pid)) as string,
    })
    lock.release()
    const next = await takeLock(places)
    next.release()
  })

  it('heals a lock file that is no lock file', async () => {
    writeFileSync(places.lock, Buffer.alloc(9000, 'x'))
    const lock = await takeLock(places)
    lock.release()
    rmSync(places.lock)
  })
})

describe('the dialect', () => {
  it('binds booleans and bytes, refuses what would abort the process, and rolls back', async () => {
    const raw = new Database(':memory:')
    const db = new Kysely<Record<string, Record<string, unknown>>>({ dialect: libsqlDialect(raw) })
    await sql`create table t (a integer, b blob)`.execute(db)
    await db
      .insertInto('t')
      .values({ a: true, b: Buffer.from('x') })
      .execute()
    expect(await db.selectFrom('t').select('a').execute()).toEqual([{ a: 1 }])
    await expect(
      db
        .insertInto('t')
        .values({ a: { no: 1 } })
        .execute(),
    ).rejects.toThrow('SQLite takes no object')
    const failing = db.transaction().execute(async (trx) => {
      await trx.insertInto('t').values({ a: 2, b: null }).execute()
      throw new Error('stop')
    })
    await expect(failing).rejects.toThrow('stop')
    const both = await Promise.all(
      [1, 2, 3].map((a) => db.transaction().execute((trx) => trx.insertInto('t').values({ a, b: null }).execute())),
    )
    expect(both).toHaveLength(3)
    expect(await db.selectFrom('t').selectAll().execute()).toHaveLength(4)
    await db.destroy()
  })
})
