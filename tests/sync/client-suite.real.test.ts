/** What two machines of one account keep the same, against the real server on both databases and against one that knows the document alone. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databases, startCloud, stopPostgres, type CloudWorld } from '../cloud/_world'
import { startDocumentServer } from '../support/document-server'
import { machine, type Machine, type MachineOptions } from './_machine'
import { someFields } from './_replica'

interface World {
  readonly url: string
  readonly token: string
  readonly close: () => Promise<void>
}

const worlds: Record<string, () => Promise<World>> = {
  ...Object.fromEntries(
    databases.map((database) => [
      database,
      async () => {
        const world: CloudWorld = await startCloud(database)
        const { token } = await world.quickPerson('ada')
        return { url: world.server.url, token, close: world.close }
      },
    ]),
  ),
  document: async () => {
    const server = await startDocumentServer()
    return { url: server.url, token: server.token(), close: server.close }
  },
  'document, answers without what was typed by hand': async () => {
    const server = await startDocumentServer({ isTerse: true })
    return { url: server.url, token: server.token(), close: server.close }
  },
}

afterAll(stopPostgres)

describe.each(Object.keys(worlds))('%s', (kind) => {
  let world: World
  let machines: Machine[]
  const isTerse = kind.startsWith('document,')
  beforeEach(async () => {
    machines = []
    const start = worlds[kind]
    if (start === undefined) throw new Error(kind)
    world = await start()
  })
  afterEach(async () => {
    await Promise.all(machines.map((one) => one.close()))
    await world.close()
  })
  const make = (name: string, options: Partial<MachineOptions> = {}): Machine => {
    const made = machine({ url: world.url, token: world.token, name, isDeaf: true, ...options })
    machines.push(made)
    return made
  }
  /** Two machines with one forward on both; a terse server cannot bring one to another machine, so they share a disk. */
  const pair = async (): Promise<{ one: Machine; other: Machine; mine: string; theirs: string }> => {
    const one = make('one')
    const mine = one.replica.add({ ...someFields, name: 'web' })
    await one.sync.syncNow()
    const disk = isTerse ? structuredClone(one.replica.disk) : undefined
    const other = make('other', disk === undefined ? {} : { disk })
    await other.sync.syncNow()
    return { one, other, mine, theirs: other.replica.idOf('web') }
  }
  const both = async ({ one, other }: { one: Machine; other: Machine }): Promise<void> => {
    await one.sync.syncNow()
    await other.sync.syncNow()
    await one.sync.syncNow()
  }

  it('brings what is shared here to the other machine, changes and deletions too', async () => {
    const { one, other, mine, theirs } = await pair()
    expect(other.replica.fields(theirs)).toEqual(one.replica.fields(mine))
    expect(one.replica.waiting()).toEqual([])
    one.replica.edit(mine, { name: 'site', remotePort: 8443, bindAddress: '127.0.0.2' })
    await both({ one, other })
    expect(other.replica.fields(theirs)).toMatchObject({ name: 'site', remotePort: 8443, bindAddress: '127.0.0.2' })
    other.replica.edit(theirs, { bindAddress: null })
    await other.sync.syncNow()
    await one.sync.syncNow()
    expect(one.replica.fields(mine).bindAddress).toBeNull()
    one.replica.remove(mine)
    await both({ one, other })
    expect(other.replica.names()).toEqual([])
    expect([...one.replica.waiting(), ...other.replica.waiting()]).toEqual([])
  })

  it('merges what was changed in different fields while both were away', async () => {
    const { one, other, mine, theirs } = await pair()
    one.replica.edit(mine, { name: 'mine' })
    other.replica.edit(theirs, { remotePort: 9000 })
    await both({ one, other })
    for (const [each, id] of [[one, mine] as const, [other, theirs] as const]) {
      expect(each.replica.fields(id)).toMatchObject({ name: 'mine', remotePort: 9000 })
      expect(each.replica.conflicts()).toEqual([])
      expect(each.replica.waiting()).toEqual([])
    }
  })

  it.each(['mine', 'theirs'] as const)('asks when both changed one field, and does as is said: %s', async (choice) => {
    const { one, other, mine, theirs } = await pair()
    one.replica.edit(mine, { name: 'a' })
    other.replica.edit(theirs, { name: 'b', remotePort: 9000 })
    await one.sync.syncNow()
    await other.sync.syncNow()
    const [conflict] = other.replica.conflicts()
    expect(conflict).toMatchObject({ kind: 'edited', fields: ['name'], base: { name: 'web' }, mine: { name: 'b' } })
    expect(conflict?.theirs?.name).toBe('a')
    // Nothing of it was overwritten, and nothing is sent while it is open.
    expect(other.replica.fields(theirs).name).toBe('b')
    await both({ one, other })
    expect(one.replica.fields(mine)).toMatchObject({ name: 'a', remotePort: 80 })
    await other.replica.resolve(conflict?.id ?? '', choice)
    await other.sync.syncNow()
    await both({ one, other })
    const name = choice === 'mine' ? 'b' : 'a'
    for (const [each, id] of [[one, mine] as const, [other, theirs] as const]) {
      expect(each.replica.fields(id)).toMatchObject({ name, remotePort: 9000 })
      expect(each.replica.conflicts()).toEqual([])
      expect(each.replica.waiting()).toEqual([])
    }
  })

  it('decides field by field', async () => {
    const { one, other, mine, theirs } = await pair()
    one.replica.edit(mine, { name: 'a', remotePort: 1000 })
    other.replica.edit(theirs, { name: 'b', remotePort: 2000 })
    await one.sync.syncNow()
    await other.sync.syncNow()
    const [conflict] = other.replica.conflicts()
    await other.replica.resolve(conflict?.id ?? '', { fields: { name: 'mine', remotePort: 'theirs' } })
    await both({ one: other, other: one })
    expect(one.replica.fields(mine)).toMatchObject({ name: 'b', remotePort: 1000 })
    expect(other.replica.fields(theirs)).toEqual(one.replica.fields(mine))
  })

  it('asks before a deletion there takes away what was changed here', async () => {
    for (const choice of ['mine', 'theirs', 'local'] as const) {
      const { one, other, mine, theirs } = await pair()
      other.replica.edit(theirs, { name: 'kept' })
      one.replica.remove(mine)
      await both({ one, other })
      const [conflict] = other.replica.conflicts()
      expect(conflict).toMatchObject({ kind: 'deleted-there', mine: { name: 'kept' }, theirs: null })
      await other.replica.resolve(conflict?.id ?? '', choice)
      await both({ one: other, other: one })
      expect(other.replica.names()).toEqual(choice === 'theirs' ? [] : ['kept'])
      if (!isTerse) expect(one.replica.names()).toEqual(choice === 'mine' ? ['kept'] : [])
      expect(other.replica.waiting()).toEqual([])
      for (const each of [one, other])
        for (const id of each.replica.disk.forwards.keys()) {
          if (each.replica.disk.forwards.get(id)?.binding !== null) each.replica.remove(id)
          else each.replica.disk.forwards.delete(id)
        }
      await both({ one, other })
    }
  })

  it('asks before a deletion there stops what is wanted here', async () => {
    const { one, other, mine, theirs } = await pair()
    other.replica.run(theirs, true)
    await other.sync.syncNow()
    one.replica.remove(mine)
    await both({ one, other })
    expect(other.replica.names()).toEqual(['web'])
    expect(other.replica.conflicts()).toMatchObject([{ kind: 'deleted-there' }])
  })

  it.each(['mine', 'theirs'] as const)(
    'asks before a deletion here takes away what was changed there: %s',
    async (choice) => {
      const { one, other, mine, theirs } = await pair()
      other.replica.edit(theirs, { name: 'changed' })
      await other.sync.syncNow()
      one.replica.remove(mine)
      await one.sync.syncNow()
      const [conflict] = one.replica.conflicts()
      expect(conflict).toMatchObject({ kind: 'deleted-here', forwardId: null, theirs: { name: 'changed' } })
      await other.sync.syncNow()
      expect(other.replica.names()).toEqual(['changed'])
      await one.replica.resolve(conflict?.id ?? '', choice)
      await both({ one, other })
      expect(one.replica.names()).toEqual(choice === 'theirs' ? ['changed'] : [])
      expect(other.replica.names()).toEqual(choice === 'theirs' ? ['changed'] : [])
      expect(one.replica.conflicts()).toEqual([])
      expect(one.replica.waiting()).toEqual([])
    },
  )

  it('says to the server what runs, and hears what runs elsewhere', async () => {
    const { one, other, mine, theirs } = await pair()
    one.replica.run(mine, true)
    await both({ one, other })
    expect(other.replica.binding(theirs).activeElsewhere).toBe(true)
    expect(one.replica.binding(mine).activeElsewhere).toBe(false)
    const { isActive } = await other.client.status(other.replica.binding(theirs).cloudId ?? '')
    expect(isActive).toBe(true)
    one.replica.run(mine, false)
    await both({ one, other })
    expect(other.replica.binding(theirs).activeElsewhere).toBe(false)
    expect(one.replica.waiting()).toEqual([])
  })

  it('is killed at every write of a busy round, and loses nothing and doubles nothing', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let at = 0; at < 6; at += 1) {
        const name = `${when}-${at}`
        let one = make(`one-${name}`)
        const kept = one.replica.add({ ...someFields, name: `${name}-kept`, localPort: 1 })
        const gone = one.replica.add({ ...someFields, name: `${name}-gone`, localPort: 2 })
        await one.sync.syncNow()
        one.replica.edit(kept, { name: `${name}-edited` })
        one.replica.remove(gone)
        one.replica.add({ ...someFields, name: `${name}-new`, localPort: 3 })
        one.replica.breakAt(when, at)
        await one.sync.syncNow().catch(() => undefined)
        await one.close()
        one = make(`one-${name}`, { disk: one.replica.disk })
        await one.sync.syncNow()
        await one.sync.syncNow()
        const names = (await one.client.list(null)).rows.map(({ fields }) => fields.name)
        expect(names.filter((each) => each.startsWith(name)).sort()).toEqual([`${name}-edited`, `${name}-new`])
        expect(one.replica.names().filter((each) => each.startsWith(name))).toEqual([`${name}-edited`, `${name}-new`])
        expect(one.replica.waiting()).toEqual([])
        expect(one.replica.conflicts()).toEqual([])
        for (const id of [...one.replica.disk.forwards.keys()]) one.replica.remove(id)
        await one.sync.syncNow()
      }
    }
  })
})
