import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CloudView } from '@shared/cloud-views'
import { startCloud, type CloudWorld } from '../cloud/_world'
import { freePort } from '../support/free-port'
import { startMachine, type Machine } from './_cloud'

let world: CloudWorld
let machines: Machine[]
let held: Server[]

beforeEach(async () => {
  world = await startCloud('sqlite')
  machines = []
  held = []
})
afterEach(async () => {
  await Promise.all(machines.map((machine) => machine.close()))
  for (const server of held) server.close()
  await world.close()
})

async function machine(email?: string): Promise<Machine> {
  const made = await startMachine(world.server.url)
  machines.push(made)
  if (email !== undefined) await made.login(email)
  return made
}

/** A port of this machine that somebody else holds. */
async function holdPort(host = '127.0.0.1', port = 0): Promise<number> {
  const server = createServer()
  held.push(server)
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const isInSync = ({ cloud }: { cloud: CloudView }): boolean => cloud.state === 'in-sync' && cloud.waiting === 0

describe('Nobody signed in', () => {
  it('is told so, and every question about the cloud is refused with that', async () => {
    const one = await machine()
    const status = await one.client.call('cloud.status', {})
    expect(status).toMatchObject({ account: null, state: 'signed-out', waiting: 0, teams: [] })
    expect(await one.client.call('cloud.conflicts', {})).toEqual([])
    await expect(one.client.call('cloud.sync', {})).rejects.toMatchObject({ code: 'cloud.signed-out' })
    await expect(one.client.call('cloud.createTeam', { name: 'Ops' })).rejects.toMatchObject({
      code: 'cloud.signed-out',
    })
    const added = await one.addForward('db')
    expect(added.cloud).toBeNull()
    await expect(one.client.call('cloud.share', { ids: [added.spec.id], namespace: 'personal' })).rejects.toMatchObject(
      { code: 'cloud.signed-out' },
    )
  })
})

describe('A personal forward', () => {
  it('stays on its machine until it is shared, then is on the other, stopped, and through the same server', async () => {
    const { email } = await world.person('ada')
    const [here, there] = [await machine(email), await machine(email)]
    const { spec } = await here.addForward('db', { localPort: await freePort(), tags: ['prod'], autoStart: true })
    await here.sync()
    expect((await here.forward('db'))?.cloud).toBeNull()
    await here.client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
    await here.until('it is sent', isInSync)
    const { named, forwards } = await there.until('it arrives', (shown) => shown.named('db') !== undefined)
    const arrived = named('db')
    expect(forwards).toHaveLength(1)
    expect(arrived?.spec).toMatchObject({
      ...{ remoteHost: 'db.internal', remotePort: 5432, localPort: spec.localPort, tags: ['prod'], autoStart: false },
    })
    expect(arrived?.snapshot).toMatchObject({ state: 'stopped', wanted: false })
    expect(arrived?.cloud).toMatchObject({ namespace: 'personal', state: 'synced', overrides: [], editable: true })
    expect(there.daemon().engine.calls.filter((call) => call.startsWith('start'))).toEqual([])
    const [server] = await there.client.call('servers.list', {})
    expect(server).toMatchObject({ host: '192.0.2.1', port: 22, username: null })
  })

  it('listens on another port where its own is taken, says so, and keeps that to itself', async () => {
    const { email } = await world.person('ada')
    const [here, there] = [await machine(email), await machine(email)]
    const taken = await holdPort()
    const { spec } = await here.addForward('db', { localPort: taken })
    await here.client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
    const { named } = await there.until('it arrives', (shown) => shown.named('db') !== undefined)
    const arrived = named('db')
    expect(arrived?.spec.localPort).not.toBe(taken)
    expect(arrived?.cloud).toMatchObject({
      overrides: ['localPort'],
      remapped: { from: taken, to: arrived?.spec.localPort },
      shared: { localPort: taken },
    })
    const events = await there.client.call('activity.list', { limit: 10 })
    expect(events.map(({ message }) => message).join()).toContain(`${taken} is taken here`)
    await there.sync()
    expect((await here.forward('db'))?.spec.localPort).toBe(taken)
  })

  it('does not call a port another one that it has by itself, though somebody holds it there', async () => {
    const { email } = await world.person('ada')
    const [here, there] = [await machine(email), await machine(email)]
    const port = await freePort()
    const { spec } = await here.addForward('db', { localPort: port })
    await here.client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
    const { named } = await there.until('it arrives', (shown) => shown.named('db') !== undefined)
    await holdPort('127.0.0.2', port)
    const patch = { bindAddress: '127.0.0.2' }
    await there.client.call('forwards.update', { id: named('db')?.spec.id ?? '', patch })
    const shown = await here.until('it is told', (one) => one.named('db')?.spec.bindAddress === '127.0.0.2')
    expect(shown.named('db')?.spec.localPort).toBe(port)
    expect(shown.named('db')?.cloud).toMatchObject({ overrides: [], remapped: null })
    const events = await here.client.call('activity.list', { limit: 10 })
    expect(events.map(({ message }) => message).join()).not.toContain('taken here')
  })

  it('takes a free name beside a forward of the same name', async () => {
    const { email } = await world.person('ada')
    const [here, there] = [await machine(email), await machine(email)]
    await there.addForward('DB')
    const { spec } = await here.addForward('db')
    await here.client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
    const { named } = await there.until('it arrives', (shown) => shown.named('db (Personal)') !== undefined)
    expect(named('db (Personal)')?.cloud).toMatchObject({ overrides: expect.arrayContaining(['name']) as unknown })
  })
})
