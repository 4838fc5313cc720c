/** A server of the document alone that answers halfway, forgets, refuses, and has another clock. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startDocumentServer, type DocumentServer } from '../support/document-server'
import { faultOf, machine, type Machine } from './_machine'
import { someFields, type Disk } from './_replica'

const HOUR = 3_600_000
/** As the document has them. */
const { tags: _tags, description: _description, ...documentFields } = someFields
let server: DocumentServer
let one: Machine
let machines: Machine[]
const make = (disk?: Disk): Machine => {
  const made = machine({
    url: server.url,
    token: server.token(),
    ...(disk === undefined ? {} : { disk }),
  })
  machines.push(made)
  return made
}
beforeEach(async () => {
  server = await startDocumentServer()
  machines = []
  one = make()
})
afterEach(async () => {
  await Promise.all(machines.map((each) => each.close()))
  await server.close()
})
const names = (): readonly string[] => server.rows().map(({ name }) => name)

it.each(['drop', 'half'] as const)('makes one forward when the answer to its making is lost (%s)', async (answer) => {
  const id = one.replica.add(someFields)
  server.mishap({ method: 'POST', answer, isApplied: true })
  await faultOf(one.sync.syncNow())
  one.replica.edit(id, { name: 'edited since' })
  await one.sync.syncNow()
  expect(names()).toEqual(['edited since'])
  expect(one.replica.conflicts()).toEqual([])
  expect(one.replica.waiting()).toEqual([])
})

it('takes what it sent itself for nobody else’s change when the answer was lost', async () => {
  const id = one.replica.add(someFields)
  await one.sync.syncNow()
  one.replica.edit(id, { name: 'a' })
  server.mishap({ method: 'PATCH', answer: 'drop', isApplied: true })
  await faultOf(one.sync.syncNow())
  expect(names()).toEqual(['a'])
  one.replica.edit(id, { name: 'b' })
  await one.sync.syncNow()
  expect(names()).toEqual(['b'])
  expect(one.replica.conflicts()).toEqual([])
})

it('deletes once when the answer to it is lost, and brings nothing back', async () => {
  const id = one.replica.add(someFields)
  await one.sync.syncNow()
  one.replica.remove(id)
  server.mishap({ method: 'DELETE', answer: 'drop', isApplied: true })
  await faultOf(one.sync.syncNow())
  await one.sync.syncNow()
  expect([names(), one.replica.names(), one.replica.waiting()]).toEqual([[], [], []])
})

it('deletes what was made and deleted here while the server was thought not to have it', async () => {
  const id = one.replica.add(someFields)
  server.mishap({ method: 'POST', answer: 'drop', isApplied: true })
  await faultOf(one.sync.syncNow())
  one.replica.remove(id)
  await one.sync.syncNow()
  expect([names(), one.replica.names(), one.replica.waiting()]).toEqual([[], [], []])
})

it('deletes what arrives late of a forward that was deleted before it was there', async () => {
  const id = one.replica.add(someFields)
  const { localId } = one.replica.binding(id)
  one.replica.remove(id)
  await one.sync.syncNow()
  server.write({ ...someFields, tags: undefined, description: undefined, localId } as never)
  await one.sync.syncNow()
  await one.sync.syncNow()
  expect([names(), one.replica.names()]).toEqual([[], []])
})

it('keeps one of two that a server made of one', async () => {
  const id = one.replica.add(someFields)
  const { localId } = one.replica.binding(id)
  await one.sync.syncNow()
  const [row] = server.rows()
  if (row === undefined) throw new Error('it was not made')
  // The twin comes late: a proxy had held the first request and sent it again.
  const at = new Date().toISOString()
  const twin = { ...row, id: `ffffffff${row.id.slice(8)}`, localId, createdAt: at, updatedAt: at }
  server.mishap({ method: 'GET', path: /^\/port-forwards$/, answer: { status: 200, body: [twin, row] } })
  await one.sync.syncNow()
  expect(server.requests.at(-1)).toMatchObject({ method: 'GET', path: `/port-forwards/${twin.id}` })
  expect([one.replica.names(), names(), one.replica.waiting()]).toEqual([['web'], ['web'], []])
})

it('does not overwrite what somebody changed between the look and the change', async () => {
  const id = one.replica.add(someFields)
  await one.sync.syncNow()
  const cloudId = one.replica.binding(id).cloudId ?? ''
  one.replica.edit(id, { name: 'mine' })
  server.write({ id: cloudId, name: 'theirs', remotePort: 1 })
  await one.sync.syncNow()
  expect(one.replica.conflicts()).toMatchObject([{ kind: 'edited', fields: ['name'], theirs: { name: 'theirs' } }])
  expect(one.replica.fields(id)).toMatchObject({ name: 'mine', remotePort: 1 })
  expect(names()).toEqual(['theirs'])
  // The other side comes to the same by itself: nothing is left to decide.
  server.write({ id: cloudId, name: 'mine' })
  await one.sync.syncNow()
  expect(one.replica.conflicts()).toEqual([])
  expect(one.replica.waiting()).toEqual([])
})

it.each([-HOUR, HOUR])('orders nothing by the clock: the server’s is %i ms off', async (offset) => {
  await server.close()
  server = await startDocumentServer({ now: () => Date.now() + offset })
  one = make()
  const other = make()
  const id = one.replica.add(someFields)
  await one.sync.syncNow()
  await other.sync.syncNow()
  one.replica.edit(id, { name: 'a' })
  await one.sync.syncNow()
  other.replica.edit(other.replica.idOf('web'), { remotePort: 9 })
  await other.sync.syncNow()
  await one.sync.syncNow()
  expect(one.replica.fields(id)).toMatchObject({ name: 'a', remotePort: 9 })
  expect(other.replica.fields(other.replica.idOf('a'))).toMatchObject({ remotePort: 9 })
})

describe('a list that is suddenly empty', () => {
  const eraseAll = (): void => {
    for (const { id } of server.rows()) server.erase(id)
  }
  it('is asked for again before it is believed, and then a person is asked', async () => {
    for (const name of ['a', 'b', 'c']) one.replica.add({ ...someFields, name })
    await one.sync.syncNow()
    eraseAll()
    await one.sync.syncNow()
    expect(one.replica.names()).toEqual(['a', 'b', 'c'])
    expect(one.replica.conflicts()).toEqual([])
    expect(one.lines.join()).toContain('it is asked again')
    await one.sync.syncNow()
    expect(one.replica.names()).toEqual(['a', 'b', 'c'])
    expect(one.replica.conflicts().map(({ kind }) => kind)).toEqual(['deleted-there', 'deleted-there', 'deleted-there'])
    // And says so once.
    const said = one.lines.length
    await one.sync.syncNow()
    await one.sync.syncNow()
    expect(one.lines).toHaveLength(said)
  })
  it('is forgotten when the next one has them again', async () => {
    for (const name of ['a', 'b', 'c']) one.replica.add({ ...someFields, name })
    await one.sync.syncNow()
    server.mishap({ method: 'GET', path: /^\/port-forwards$/, answer: { status: 200, body: [] } })
    await one.sync.syncNow()
    await one.sync.syncNow()
    expect([one.replica.names(), one.replica.conflicts()]).toEqual([['a', 'b', 'c'], []])
  })
  it('of two is two deletions', async () => {
    for (const name of ['a', 'b']) one.replica.add({ ...someFields, name })
    await one.sync.syncNow()
    eraseAll()
    await one.sync.syncNow()
    expect(one.replica.names()).toEqual([])
  })
})

describe('a refusal', () => {
  const refused = { status: 400, body: { message: ['name is not nice'], error: 'Bad Request', statusCode: 400 } }
  it('stays with its forward, says why, holds up no other, and ends with the next edit', async () => {
    const id = one.replica.add({ ...someFields, name: 'ugly' })
    one.replica.add({ ...someFields, name: 'fine' })
    server.mishap({ method: 'POST', answer: refused })
    await one.sync.syncNow()
    expect(names()).toEqual(['fine'])
    const { refused: fault } = one.replica.binding(id)
    expect(fault?.code).toBe('cloud.refused')
    expect(fault?.message).toContain('name is not nice')
    expect(one.replica.waiting()).toEqual([])
    await one.sync.syncNow()
    expect(names()).toEqual(['fine'])
    one.replica.edit(id, { name: 'nice' })
    await one.sync.syncNow()
    expect([...names()].sort()).toEqual(['fine', 'nice'])
    expect(one.replica.binding(id).refused).toBeNull()
  })
  it('of a change keeps what is here, and takes what others change', async () => {
    const id = one.replica.add(someFields)
    await one.sync.syncNow()
    one.replica.edit(id, { name: 'mine' })
    server.mishap({ method: 'PATCH', answer: { status: 403, body: { message: 'no', statusCode: 403 } } })
    await one.sync.syncNow()
    expect(one.replica.binding(id).refused?.code).toBe('cloud.forbidden')
    server.write({ id: one.replica.binding(id).cloudId ?? '', remotePort: 7 })
    await one.sync.syncNow()
    expect(one.replica.fields(id)).toMatchObject({ name: 'mine', remotePort: 7 })
    expect(one.replica.binding(id).refused?.code).toBe('cloud.forbidden')
  })
  it('of a deletion brings the forward back', async () => {
    const id = one.replica.add(someFields)
    await one.sync.syncNow()
    one.replica.remove(id)
    server.mishap({ method: 'DELETE', answer: { status: 403, body: { message: 'no', statusCode: 403 } } })
    await one.sync.syncNow()
    expect(one.replica.names()).toEqual(['web'])
    expect(one.replica.waiting()).toEqual([])
    expect(one.lines.join()).toContain('is here again')
  })
})

it('lets one row that the server stumbles over hold up no other', async () => {
  const ids = ['a', 'b', 'c'].map((name) => one.replica.add({ ...someFields, name }))
  await one.sync.syncNow()
  for (const id of ids) one.replica.edit(id, { remotePort: 5 })
  server.mishap({ method: 'PATCH', answer: { status: 500, body: { message: 'Internal server error' } } })
  expect(await faultOf(one.sync.syncNow())).toMatchObject({ code: 'cloud.server-fault' })
  expect(server.rows().filter(({ remotePort }) => remotePort === 5)).toHaveLength(2)
  await one.sync.syncNow()
  expect(server.rows().filter(({ remotePort }) => remotePort === 5)).toHaveLength(3)
})

it('leaves alone what this machine cannot take, and takes the rest', async () => {
  const other = make()
  for (const name of ['a', 'poison', 'c']) one.replica.add({ ...someFields, name })
  await one.sync.syncNow()
  other.replica.refuses = ({ name }) => name === 'poison'
  other.replica.add({ ...someFields, name: 'd' })
  await other.sync.syncNow()
  expect(other.replica.names()).toEqual(['a', 'c', 'd'])
  expect(other.lines).toHaveLength(1)
  expect(other.lines[0]).toContain('"poison"')
  await other.sync.syncNow()
  expect(other.lines).toHaveLength(1)
  one.replica.edit(one.replica.idOf('poison'), { name: 'b' })
  await one.sync.syncNow()
  await other.sync.syncNow()
  expect(other.replica.names()).toEqual(['a', 'b', 'c', 'd'])
})

it('takes two thousand rows with one that this machine cannot take in a few transactions', async () => {
  const other = make()
  for (let at = 0; at < 2000; at += 1) {
    server.write({ ...documentFields, localId: `row-${at}`, name: at === 1234 ? 'poison' : `forward ${at}` })
  }
  other.replica.refuses = ({ name }) => name === 'poison'
  let writes = 0
  const { transact } = other.replica
  other.replica.transact = (work) => {
    writes += 1
    return transact(work)
  }
  await other.sync.syncNow()
  expect(other.replica.disk.forwards.size).toBe(1999)
  expect(writes).toBeGreaterThan(10)
  expect(writes).toBeLessThan(50)
})

describe('a row that nobody can read any more', () => {
  const spoil = (id: string): void =>
    void server.write({ id: one.replica.binding(id).cloudId ?? '', remotePort: 70_000 })

  it('lets a change of it wait for nothing, says why, and takes the next edit when it was mended', async () => {
    const id = one.replica.add(someFields)
    await one.sync.syncNow()
    spoil(id)
    one.replica.edit(id, { name: 'mine' })
    await one.sync.syncNow()
    expect(one.replica.waiting()).toEqual([])
    expect(one.replica.binding(id).refused).toMatchObject({ code: 'cloud.refused' })
    expect(one.replica.binding(id).refused?.message).toContain('remotePort')
    expect(names()).toEqual(['web'])
    expect(one.replica.fields(id).name).toBe('mine')
    server.write({ id: one.replica.binding(id).cloudId ?? '', remotePort: 81 })
    one.replica.edit(id, { name: 'mine too' })
    await one.sync.syncNow()
    expect(one.replica.fields(id)).toMatchObject({ name: 'mine too', remotePort: 81 })
    expect([names(), one.replica.waiting(), one.replica.binding(id).refused]).toEqual([['mine too'], [], null])
  })

  it('is not deleted with what nobody saw of it, and holds up nothing', async () => {
    const id = one.replica.add(someFields)
    await one.sync.syncNow()
    spoil(id)
    one.replica.remove(id)
    await one.sync.syncNow()
    expect([names(), one.replica.names(), one.replica.waiting()]).toEqual([['web'], [], []])
    expect(one.lines.join()).toContain('"web" was changed at the cloud since it was deleted here')
  })
})

it('sends no secret, no tag and no header of its own to a server that knows the document alone', async () => {
  const secret = 'warren-sealed:1:0:AAAA'
  const id = one.replica.add({ ...someFields, password: secret, keyContent: secret, passphrase: secret, tags: ['x'] })
  await one.sync.syncNow()
  one.replica.edit(id, { name: 'n', tags: ['y'], description: 'd' })
  await one.sync.syncNow()
  expect(one.replica.waiting()).toEqual([])
  expect(one.replica.binding(id).refused).toBeNull()
  const said = JSON.stringify(server.requests)
  expect(said).not.toContain('warren-sealed')
  expect(said).not.toContain('if-match')
  expect(one.replica.fields(id)).toMatchObject({ password: secret, tags: ['y'], description: 'd' })
})
