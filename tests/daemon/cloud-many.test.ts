import { afterEach, expect, it } from 'vitest'
import { startCloud, type CloudWorld } from '../cloud/_world'
import { startMachine, type Machine, type Shown } from './_cloud'

const MANY = 10_000

let world: CloudWorld | null = null
const machines: Machine[] = []

afterEach(async () => {
  await Promise.all(machines.splice(0).map((machine) => machine.close()))
  await world?.close()
})

const isSettled = ({ cloud }: Shown): boolean => cloud.state === 'in-sync' && cloud.waiting === 0

it(
  'ten thousand forwards come, each on a port of its own, and one of them is changed',
  { timeout: 120_000 },
  async () => {
    world = await startCloud('sqlite')
    const { email, token } = await world.person('ada')
    for (let from = 0; from < MANY; from += 5000) {
      // Two of each want the same port.
      const body = Array.from({ length: 5000 }, (_, at) => ({
        ...{ localId: `row-${from + at}`, name: `forward ${from + at}`, type: 'local', localPort: 20_000 + at },
        ...{ remoteHost: 'db', remotePort: 5432, serverAddress: '192.0.2.1' },
      }))
      expect((await world.call('POST', '/port-forwards/sync', { token, body })).status).toBe(201)
    }
    const here = await startMachine(world.server.url)
    machines.push(here)
    await here.login(email)
    const { forwards } = await here.until('all arrive', (shown) => shown.forwards.length === MANY)
    expect(new Set(forwards.map(({ spec }) => spec.localPort)).size).toBe(MANY)
    await here.until('it is over', isSettled)
    const [first] = forwards
    await here.client.call('forwards.update', { id: first?.spec.id ?? '', patch: { description: 'changed' } })
    await here.until('it is sent', isSettled)
    const { body } = await world.call('GET', '/port-forwards', { token })
    const changed = (body as { description: string }[]).filter(({ description }) => description === 'changed')
    expect(changed).toHaveLength(1)
  },
)
