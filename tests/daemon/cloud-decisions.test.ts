import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ForwardView } from '@shared/snapshots'
import { startCloud, type CloudWorld } from '../cloud/_world'
import { startMachine, type Machine, type Shown } from './_cloud'
import { startWire, type Wire } from './_wire'

let world: CloudWorld
let machines: Machine[]
let wires: Wire[]

beforeEach(async () => {
  world = await startCloud('sqlite')
  machines = []
  wires = []
})
afterEach(async () => {
  await Promise.all(machines.map((machine) => machine.close()))
  await Promise.all(wires.map((wire) => wire.close()))
  await world.close()
})

interface Wired extends Machine {
  readonly wire: Wire
}

async function machine(email: string): Promise<Wired> {
  const wire = await startWire(world.server.url)
  wires.push(wire)
  const made = await startMachine(wire.url)
  machines.push(made)
  await made.login(email)
  return { ...made, wire }
}

/** Two machines of one person with the same forward, both cut off. */
async function apart(): Promise<{ here: Wired; there: Wired; mine: ForwardView; theirs: ForwardView }> {
  const { email } = await world.person('ada')
  const [here, there] = [await machine(email), await machine(email)]
  const mine = await here.addForward('db', { description: 'first', tags: ['x'] })
  await here.client.call('cloud.share', { ids: [mine.spec.id], namespace: 'personal' })
  await here.until('it is sent', isSettled)
  const { named } = await there.until('it arrives', (shown) => shown.named('db') !== undefined)
  const theirs = named('db')
  if (theirs === undefined) throw new Error('it did not arrive')
  here.wire.cut()
  there.wire.cut()
  return { here, there, mine, theirs }
}

const isSettled = ({ cloud }: Shown): boolean => cloud.state === 'in-sync' && cloud.waiting === 0
const edit = (on: Machine, { spec }: ForwardView, patch: object): Promise<ForwardView> =>
  on.client.call('forwards.update', { id: spec.id, patch })

/** There first, then here: here finds what there sent. */
async function together(there: Wired, here: Wired): Promise<void> {
  for (const one of [there, here]) {
    one.wire.mend()
    await one.sync()
  }
}

describe('Edits on both sides, apart', () => {
  it('of other fields are merged', async () => {
    const { here, there, mine, theirs } = await apart()
    await edit(there, theirs, { description: 'theirs' })
    await edit(here, mine, { tags: ['mine'] })
    expect((await here.forward('db'))?.cloud?.state).toBe('waiting')
    await together(there, here)
    await there.sync()
    for (const one of [here, there]) {
      expect((await one.forward('db'))?.spec).toMatchObject({ description: 'theirs', tags: ['mine'] })
      expect((await one.client.call('cloud.status', {})).conflicts).toBe(0)
    }
  })

  it.each(['mine', 'theirs'] as const)('of the same field wait in the inbox, and %s is taken', async (choice) => {
    const { here, there, mine, theirs } = await apart()
    await edit(there, theirs, { description: 'theirs' })
    await edit(here, mine, { description: 'mine', tags: ['mine'] })
    await together(there, here)
    const { cloud, conflicts, named } = await here.until('it is told', (shown) => shown.conflicts.length === 1)
    expect(cloud).toMatchObject({ state: 'conflict', conflicts: 1 })
    expect(named('db')).toMatchObject({ spec: { description: 'mine' }, cloud: { state: 'conflict' } })
    const [conflict] = conflicts
    expect(conflict).toMatchObject({
      ...{ kind: 'edited', fields: ['description'], name: 'db', space: 'Personal', forwardId: mine.spec.id },
      ...{ base: { description: 'first' }, mine: { description: 'mine' }, theirs: { description: 'theirs' } },
    })
    await here.client.call('cloud.resolve', { id: conflict?.id ?? '', choice: { fields: { description: choice } } })
    await here.until('it is over', isSettled)
    await there.sync()
    for (const one of [here, there]) {
      expect((await one.forward('db'))?.spec).toMatchObject({ description: choice, tags: ['mine'] })
    }
  })

  it('keep mine on this machine alone when the person says so, and theirs beside it', async () => {
    const { here, there, mine, theirs } = await apart()
    await edit(there, theirs, { description: 'theirs' })
    await edit(here, mine, { description: 'mine' })
    await together(there, here)
    const { conflicts } = await here.until('it is told', (shown) => shown.conflicts.length === 1)
    await here.client.call('cloud.resolve', { id: conflicts[0]?.id ?? '', choice: 'local' })
    const shown = await here.until('both are here', ({ forwards }) => forwards.length === 2)
    expect(shown.named('db')).toMatchObject({ spec: { description: 'mine' }, cloud: null })
    expect(shown.named('db (Personal)')).toMatchObject({ spec: { description: 'theirs' }, cloud: { state: 'synced' } })
  })

  it('a deletion there of what was edited here asks', async () => {
    const { here, there, mine, theirs } = await apart()
    await there.client.call('forwards.remove', { ids: [theirs.spec.id] })
    await edit(here, mine, { description: 'mine' })
    await together(there, here)
    const { conflicts } = await here.until('it is told', (shown) => shown.conflicts.length === 1)
    expect(conflicts[0]).toMatchObject({ kind: 'deleted-there', mine: { description: 'mine' }, theirs: null })
    await here.client.call('cloud.resolve', { id: conflicts[0]?.id ?? '', choice: 'mine' })
    await here.until('it is over', isSettled)
    await there.sync()
    expect((await there.forward('db'))?.spec.description).toBe('mine')
  })

  it('a deletion here of what was edited there asks', async () => {
    const { here, there, mine, theirs } = await apart()
    await edit(there, theirs, { description: 'theirs' })
    await here.client.call('forwards.remove', { ids: [mine.spec.id] })
    await together(there, here)
    const { conflicts, forwards } = await here.until('it is told', (shown) => shown.conflicts.length === 1)
    expect(forwards).toEqual([])
    expect(conflicts[0]).toMatchObject({ kind: 'deleted-here', forwardId: null, theirs: { description: 'theirs' } })
    await here.client.call('cloud.resolve', { id: conflicts[0]?.id ?? '', choice: 'theirs' })
    const { named } = await here.until('it is back', (shown) => shown.named('db') !== undefined)
    expect(named('db')).toMatchObject({ spec: { description: 'theirs' }, snapshot: { state: 'stopped' } })
  })

  it('a deletion here of what waits in the inbox deletes nothing that nobody decided about', async () => {
    const { here, there, mine, theirs } = await apart()
    await edit(there, theirs, { description: 'theirs' })
    await edit(here, mine, { description: 'mine' })
    await together(there, here)
    await here.until('it is told', (shown) => shown.conflicts.length === 1)
    await here.client.call('forwards.remove', { ids: [mine.spec.id] })
    await here.sync()
    const { conflicts } = await here.until('it asks', (shown) => shown.conflicts[0]?.kind === 'deleted-here')
    expect(conflicts).toMatchObject([{ theirs: { description: 'theirs' } }])
    await there.sync()
    expect((await there.forward('db'))?.spec.description).toBe('theirs')
  })

  it('a deletion there of what nobody touched here can be taken back on this machine', async () => {
    const { here, there, theirs, mine } = await apart()
    await there.client.call('forwards.remove', { ids: [theirs.spec.id] })
    await together(there, here)
    await here.until('it is gone', ({ forwards }) => forwards.length === 0)
    const removed = await here.client.call('forwards.removed', {})
    expect(removed).toEqual([{ id: mine.spec.id, name: 'db', removedAt: expect.any(String) as string }])
    const [back] = await here.client.call('forwards.restore', { ids: [mine.spec.id] })
    expect(back).toMatchObject({ spec: { name: 'db' }, cloud: null, snapshot: { state: 'stopped' } })
    expect(await here.client.call('forwards.removed', {})).toEqual([])
    await here.sync()
    expect(await here.forward('db')).toBeDefined()
  })

  it('a deletion there of what runs here asks, and it runs on', async () => {
    const { here, there, mine, theirs } = await apart()
    await here.client.call('forwards.start', { ids: [mine.spec.id] })
    await there.client.call('forwards.remove', { ids: [theirs.spec.id] })
    await together(there, here)
    const { conflicts, named } = await here.until('it is told', (shown) => shown.conflicts.length === 1)
    expect(conflicts[0]?.kind).toBe('deleted-there')
    expect(named('db')?.snapshot.state).toBe('running')
    await here.client.call('cloud.resolve', { id: conflicts[0]?.id ?? '', choice: 'theirs' })
    await here.until('it is gone', ({ forwards }) => forwards.length === 0)
  })

  it('what was removed and brought back before anybody heard of it was never gone', async () => {
    const { here, there, mine } = await apart()
    await here.client.call('forwards.remove', { ids: [mine.spec.id] })
    expect((await here.client.call('cloud.status', {})).waiting).toBe(1)
    await here.client.call('forwards.restore', { ids: [mine.spec.id] })
    await together(there, here)
    await here.until('it is said', isSettled)
    await there.sync()
    const [one, other] = [await here.forward('db'), await there.forward('db')]
    expect(one?.cloud).toMatchObject({ state: 'synced', namespace: 'personal' })
    expect(other?.cloud?.state).toBe('synced')
    const { body } = await world.call('GET', '/port-forwards', { token: await token(here) })
    expect(body).toHaveLength(1)
  })
})

describe('A lost answer', () => {
  it('to a creation makes no second one', async () => {
    const { email } = await world.person('ada')
    const here = await machine(email)
    await here.sync()
    const view = await here.addForward('db')
    const held = here.wire.holdAnswers()
    await here.client.call('cloud.share', { ids: [view.spec.id], namespace: 'personal' })
    await held
    here.wire.cut()
    await edit(here, view, { description: 'since' })
    here.wire.mend()
    await here.sync()
    await here.until('it is sent', isSettled)
    const { body } = await world.call('GET', '/port-forwards', { token: await token(here) })
    expect(body).toEqual([expect.objectContaining({ name: 'db', description: 'since' })])
  })
})

async function token(of: Machine): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  const kept = JSON.parse(await readFile(`${of.home}/cloud-login.json`, 'utf8')) as { tokens: { token: string } }
  return kept.tokens.token
}
