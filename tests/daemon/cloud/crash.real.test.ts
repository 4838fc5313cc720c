/** A daemon that is killed while it syncs: nothing is lost, nothing is there twice. */
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { CloudView } from '@shared/cloud-views'
import { startCloud, type CloudWorld } from '../../cloud/_world'
import { connectBuilt, endBuilt, localDraft, serverDraft, temporaryHome } from '../../support/daemon'
import { startWire, type Wire } from '../_wire'

let world: CloudWorld
let wire: Wire
let place: ReturnType<typeof temporaryHome>

beforeEach(async () => {
  world = await startCloud('sqlite')
  wire = await startWire(world.server.url)
  place = temporaryHome()
})
afterEach(async () => {
  wire.mend()
  await endBuilt(place.home)
  place.remove()
  await wire.close()
  await world.close()
})

async function signIn(): Promise<DaemonClient> {
  const { email } = await world.person('ada')
  const client = await connectBuilt(place.home)
  const access = { url: wire.url, keep: 'file', insecure: false, adopt: false } as const
  await client.call('cloud.login', { ...access, email, password: 'secret123' })
  await client.call('cloud.sync', {})
  return client
}

async function kill(client: DaemonClient): Promise<void> {
  const { pid } = await client.call('daemon.status', {})
  process.kill(pid, 'SIGKILL')
  await client.closed
}

async function shareOne(client: DaemonClient, name: string): Promise<string> {
  const [known] = await client.call('servers.list', {})
  const server = known ?? (await client.call('servers.add', serverDraft()))
  const { spec } = await client.call('forwards.add', localDraft(server.id, name, { localPort: 0 }))
  await client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
  return spec.id
}

async function rows(): Promise<unknown> {
  const kept = JSON.parse(await readFile(`${place.home}/cloud-login.json`, 'utf8')) as { tokens: { token: string } }
  return (await world.call('GET', '/port-forwards', { token: kept.tokens.token })).body
}

const isDone = ({ state, waiting }: CloudView): boolean => state === 'in-sync' && waiting === 0

it('before anything of it was sent', async () => {
  const client = await signIn()
  wire.cut()
  await shareOne(client, 'db')
  await kill(client)
  wire.mend()
  const next = await connectBuilt(place.home)
  expect(await next.call('cloud.sync', {})).toSatisfy(isDone)
  expect(await rows()).toEqual([expect.objectContaining({ name: 'db' })])
})

it('while the answers to a creation, a change and a deletion are on their way', async () => {
  let client = await signIn()
  const during = async (act: (client: DaemonClient) => Promise<unknown>): Promise<void> => {
    const held = wire.holdAnswers()
    await act(client)
    await held
    await kill(client)
    wire.mend()
    client = await connectBuilt(place.home)
    await client.call('cloud.sync', {})
    expect(await client.call('cloud.status', {})).toSatisfy(isDone)
    expect(await client.call('cloud.conflicts', {})).toEqual([])
  }
  let id = ''
  await during(async (now) => {
    id = await shareOne(now, 'db')
  })
  expect(await rows()).toEqual([expect.objectContaining({ name: 'db', description: '' })])
  await during((now) => now.call('forwards.update', { id, patch: { description: 'changed' } }))
  expect(await rows()).toEqual([expect.objectContaining({ name: 'db', description: 'changed' })])
  expect(await client.call('forwards.list', {})).toHaveLength(1)
  await during((now) => now.call('forwards.remove', { ids: [id] }))
  expect(await rows()).toEqual([])
  expect(await client.call('forwards.list', {})).toEqual([])
})
