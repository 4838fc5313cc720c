/** Two machines of one person, and text that both sealed: no two are the same, and nobody can tell which is which. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { generationOf } from '@sync'
import { startCloud, type CloudWorld } from '../cloud/_world'
import { startMachine, type Machine, type Shown } from './_cloud'
import { startWire, type Wire } from './_wire'

let world: CloudWorld
let wire: Wire
/** Behind the wire. */
let one: Machine
let two: Machine
/** Of somebody else. */
let third: Machine | null

beforeEach(async () => {
  third = null
  world = await startCloud('sqlite')
  wire = await startWire(world.server.url)
  one = await startMachine(wire.url)
  two = await startMachine(world.server.url)
  const { email } = await world.person('ada')
  await one.login(email)
  const { recoveryCode } = await one.client.call('cloud.makeKey', {})
  await two.login(email)
  await two.client.call('cloud.unlock', { recoveryCode })
})
afterEach(async () => {
  await Promise.all([one.close(), two.close(), third?.close()])
  await wire.close()
  await world.close()
})

const isSettled = ({ cloud }: Shown): boolean => cloud.state === 'in-sync' && cloud.waiting === 0
const isReadable = ({ named }: Shown): boolean => named('db')?.cloud?.secrets[0]?.readable === true

async function shareSecret(): Promise<string> {
  const { spec } = await one.addForward('db')
  await one.client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
  await one.client.call('cloud.setSecret', { id: spec.id, kind: 'password', value: 'hunter2' })
  await one.until('it is sent', isSettled)
  await two.until('it arrives', isReadable)
  return spec.id
}

async function move(on: Machine, host: string): Promise<void> {
  const [server] = await on.client.call('servers.list', {})
  await on.client.call('servers.update', { id: server?.id ?? '', patch: { host } })
}

it('a secret that both sealed again for the same new server is no conflict', async () => {
  await shareSecret()
  wire.cut()
  await move(one, '192.0.2.7')
  await move(two, '192.0.2.7')
  await two.until('it is sent', isSettled)
  wire.mend()
  await one.client.call('cloud.sync', {})
  const shown = await one.until('it is settled', (now) => isSettled(now) && now.conflicts.length === 0)
  expect(isReadable(shown)).toBe(true)
  expect(shown.named('db')?.cloud).toMatchObject({ state: 'synced', shared: { serverAddress: '192.0.2.7' } })
  const { conflicts } = await two.until('it is in sync', isSettled)
  expect(conflicts).toEqual([])
})

it('a secret that was sealed for another server than the other side’s waits for a person', async () => {
  await shareSecret()
  wire.cut()
  await move(one, '192.0.2.7')
  const { spec } = (await two.forward('db')) ?? { spec: { id: '' } }
  await two.client.call('cloud.setSecret', { id: spec.id, kind: 'password', value: 'another' })
  await two.until('it is sent', isSettled)
  wire.mend()
  await one.client.call('cloud.sync', {})
  const { conflicts } = await one.until('it is asked', (shown) => shown.conflicts.length > 0)
  expect(conflicts).toMatchObject([{ kind: 'edited', fields: ['password'] }])
})

it('a team’s secrets are sealed anew once when both machines of an owner hear that a member was removed', async () => {
  const bob = (third = await startMachine(world.server.url))
  await bob.login((await world.person('bob')).email)
  const { id: teamId } = await one.client.call('cloud.createTeam', { name: 'Ops' })
  const { link } = await one.client.call('cloud.invite', { teamId, role: 'developer', days: 7 })
  await bob.client.call('cloud.joinTeam', { link: link ?? '' })
  await bob.client.call('cloud.makeKey', {})
  const { spec } = await one.addForward('db')
  await one.client.call('cloud.share', { ids: [spec.id], namespace: teamId })
  await one.client.call('cloud.setSecret', { id: spec.id, kind: 'password', value: 'hunter2' })
  const members = await one.client.call('cloud.members', { teamId })
  const { userId = '', fingerprint = '' } = members.find(({ isMe }) => !isMe) ?? {}
  await one.client.call('cloud.grantKey', { teamId, userId, fingerprint: fingerprint ?? '' })
  await one.until('it is sent', isSettled)
  await two.until('it arrives', isReadable)
  await one.client.call('cloud.removeMember', { teamId, userId })
  const isSealedAnew = ({ named }: Shown): boolean =>
    generationOf(named('db')?.cloud?.shared?.password ?? '') === 2 && named('db')?.cloud?.state === 'synced'
  for (const each of [one, two]) {
    const shown = await each.until('it is sealed anew', (now) => isSealedAnew(now) && isReadable(now) && isSettled(now))
    expect(shown.conflicts).toEqual([])
  }
})
