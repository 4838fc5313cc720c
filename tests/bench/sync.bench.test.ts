/** What 10,000 shared forwards cost a client: to send them, to get them as a list and as deltas, and to look when nothing changed. */
import { expect, it } from 'vitest'
import { startCloud } from '../cloud/_world'
import { machine, type Machine } from '../sync/_machine'
import { someFields } from '../sync/_replica'
import { publish } from './_table'

const MANY = 10_000
const SOME = 1000

it('sends and gets ten thousand forwards', async () => {
  const world = await startCloud('sqlite')
  const { token } = await world.quickPerson('ada')
  const machines: Machine[] = []
  const make = (name: string): Machine => {
    const made = machine({ url: world.server.url, token, name, isDeaf: true, timeoutMs: 60_000 })
    machines.push(made)
    return made
  }
  const rows: (readonly string[])[] = []
  const measure = async (what: string, one: Machine): Promise<void> => {
    globalThis.gc?.()
    const [heap, began] = [process.memoryUsage().heapUsed, performance.now()]
    await one.sync.syncNow()
    const seconds = (performance.now() - began) / 1000
    const grown = (process.memoryUsage().heapUsed - heap) / 1024 / 1024
    rows.push([what, seconds.toFixed(2), `${Math.max(0, grown).toFixed(0)} MB`])
  }
  try {
    const [one, other, late] = [make('one'), make('other'), make('late')]
    // The cursor of an empty list: what comes afterwards comes as deltas.
    await other.sync.syncNow()
    for (let index = 0; index < MANY; index += 1) {
      one.replica.add({ ...someFields, name: `forward ${index}`, remoteHost: `10.0.${index % 250}.7` })
    }
    await measure('send 10,000 new ones', one)
    await measure('get 10,000 in deltas', other)
    await measure('get 10,000 as a list', late)
    await measure('look when nothing changed', other)
    for (const [id] of [...one.replica.disk.forwards].slice(0, SOME)) one.replica.edit(id, { description: 'changed' })
    await measure('send 1,000 changes', one)
    await measure('get 1,000 changes', other)
    for (const each of [other, late]) expect(each.replica.disk.forwards.size).toBe(MANY)
    const changed = [...other.replica.disk.forwards.values()].filter(({ fields }) => fields.description === 'changed')
    expect(changed).toHaveLength(SOME)
    publish({
      id: 'sync',
      title: 'Sync of 10,000 forwards, at the client',
      header: ['what', 'seconds', 'heap that came with it'],
      rows,
      notes: [
        'Client and server (SQLite) in one process, over loopback, with a replica in memory: the heap holds both sides.',
        'New ones go in batches of 1,000; changes one by one, each over the version that it was made on.',
      ],
    })
  } finally {
    await Promise.all(machines.map((each) => each.close()))
    await world.close()
  }
})
