/** Logins that meet each other, and a daemon that ended between two writes of one. */
import { execFile } from 'node:child_process'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startCloud, type CloudWorld } from '../cloud/_world'
import { temporaryHome } from '../support/daemon'
import { PASSWORD, startMachine, type Machine } from './_cloud'
import { startWire, type Wire } from './_wire'

let world: CloudWorld
let wire: Wire
let place: ReturnType<typeof temporaryHome>
let here: Machine

beforeEach(async () => {
  world = await startCloud('sqlite')
  wire = await startWire(world.server.url)
  place = temporaryHome()
  here = await startMachine(wire.url, place)
})
afterEach(async () => {
  await here.close()
  place.remove()
  await wire.close()
  await world.close()
})

const file = (): string => `${place.home}/cloud-login.json`

/** Of all accounts. */
async function streams(): Promise<number> {
  const { body } = await world.call('GET', '/metrics')
  return Number(/^warren_cloud_event_streams (\d+)$/m.exec(String(body))?.[1])
}

async function rows(token: string): Promise<unknown> {
  return (await world.call('GET', '/port-forwards', { token })).body
}

it('two logins at once leave one account that syncs', async () => {
  const [ada, eve] = [await world.person('ada'), await world.person('eve')]
  await Promise.all([here.login(ada.email), here.login(eve.email)])
  const { cloud } = await here.until('it hears of changes', (shown) => shown.cloud.mode === 'events')
  expect(cloud.account?.email).toBe(eve.email)
  // The other one may still be ending.
  await expect.poll(streams).toBe(1)
  const { spec } = await here.addForward('db')
  await here.client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
  await here.until('it is sent', (shown) => shown.named('db')?.cloud?.state === 'synced')
  expect([await rows(ada.token), await rows(eve.token)]).toEqual([[], [expect.objectContaining({ name: 'db' })]])
})

it.each(['userId', 'url'] as const)(
  'sends nothing with the login of another account that came to rest before the daemon ended (another %s)',
  async (differs) => {
    const [ada, eve] = [await world.person('ada'), await world.person('eve')]
    await here.login(ada.email)
    await here.sync()
    wire.cut()
    const { spec } = await here.addForward('db')
    await here.client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
    await here.close()
    wire.mend()
    // What the keychain holds when a login of Eve was the last that was written.
    const { body } = await world.call('POST', '/auth/login', { body: { email: eve.email, password: PASSWORD } })
    const { token, refreshToken } = body as { token: string; refreshToken: string }
    const kept = JSON.parse(await readFile(file(), 'utf8')) as object
    const other = differs === 'userId' ? { userId: eve.id } : { url: 'https://other.example' }
    await writeFile(file(), JSON.stringify({ ...kept, tokens: { token, refreshToken }, ...other }), { mode: 0o600 })
    here = await startMachine(wire.url, place)
    const { cloud } = await here.until('it is told', (shown) => shown.cloud.state === 'login-needed')
    expect(cloud).toMatchObject({ account: { email: ada.email }, fault: { code: 'cloud.login-needed' }, waiting: 1 })
    await expect(here.sync()).rejects.toMatchObject({ code: 'cloud.login-needed' })
    expect(await rows(eve.token)).toEqual([])
    // Nothing was lost: the right login sends it.
    await here.login(ada.email)
    await here.until('it is sent', (shown) => shown.named('db')?.cloud?.state === 'synced')
    expect([await rows(ada.token), await rows(eve.token)]).toEqual([[expect.objectContaining({ name: 'db' })], []])
  },
)

it('a logout of a login that cannot be had takes away what rests of it', async () => {
  const ada = await world.person('ada')
  await here.login(ada.email)
  await here.close()
  const kept = JSON.parse(await readFile(file(), 'utf8')) as object
  await writeFile(file(), JSON.stringify({ ...kept, userId: 'somebody else' }), { mode: 0o600 })
  here = await startMachine(wire.url, place)
  await here.until('it is told', (shown) => shown.cloud.state === 'login-needed')
  await here.client.call('cloud.logout', {})
  await expect(stat(file())).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await here.client.call('cloud.status', {})).toMatchObject({ account: null, state: 'signed-out', fault: null })
})

/** The next daemon, with a pipe for the kept login: it is read when the test says. */
async function startOver(): Promise<void> {
  await rm(file())
  await promisify(execFile)('mkfifo', ['-m', '600', file()])
  here = await startMachine(wire.url, place)
}

it('a request that comes while the kept login is being opened waits for it', async () => {
  const ada = await world.person('ada')
  await here.login(ada.email)
  const { id: teamId } = await here.client.call('cloud.createTeam', { name: 'Ops' })
  await here.close()
  const kept = await readFile(file(), 'utf8')
  await startOver()
  const all = Promise.all([
    here.client.call('cloud.members', { teamId }),
    here.client.call('cloud.audit', { teamId }),
    here.client.call('cloud.makeKey', {}),
    here.client.call('cloud.invitations', { teamId }),
  ])
  const [[members]] = await Promise.all([all, writeFile(file(), kept)])
  expect(members).toMatchObject([{ email: ada.email, isMe: true }])

  await here.close()
  await startOver()
  const refused = expect(here.client.call('cloud.members', { teamId })).rejects.toMatchObject({
    code: 'cloud.login-needed',
    message: 'The login that was kept is not what Warren wrote.',
  })
  await Promise.all([refused, writeFile(file(), 'broken')])
})

it('an edit that comes while the kept login is being opened leaves no secret behind', async () => {
  const ada = await world.person('ada')
  await here.login(ada.email)
  await here.client.call('cloud.makeKey', {})
  const { spec } = await here.addForward('db')
  await here.client.call('cloud.share', { ids: [spec.id], namespace: 'personal' })
  await here.client.call('cloud.setSecret', { id: spec.id, kind: 'password', value: 'hunter2' })
  await here.sync()
  await here.close()
  const kept = await readFile(file(), 'utf8')
  await startOver()
  const moving = here.client.call('servers.update', { id: spec.serverId, patch: { host: '192.0.2.7' } })
  await Promise.all([moving, writeFile(file(), kept)])
  const secrets = (await here.forward('db'))?.cloud?.secrets
  expect(secrets).toEqual([{ kind: 'password', readable: true }])
})

it('a login says at once that the key of the account is locked on this machine', async () => {
  const ada = await world.person('ada')
  expect(await here.login(ada.email)).toMatchObject({ key: 'none' })
  await here.client.call('cloud.makeKey', {})
  const other = await startMachine(world.server.url)
  const view = await other.login(ada.email)
  await other.close()
  expect(view).toMatchObject({ key: 'locked' })
})
