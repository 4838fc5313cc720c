/**
 * What nobody but the members may read: planted, shared with a team through two daemons and the cloud, used for a login at a real sshd, and
 * then looked for in everything that was sent or written down.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { ForwardView } from '@shared/snapshots'
import {
  createCloudClient,
  createTeamKeys,
  generationOf,
  openIdentity,
  openSecret,
  prepareSealing,
  type CloudClient,
  type Identity,
  type TeamKeys,
  type Tokens,
} from '@sync'
import { startSessionBus } from '../../scripts/_desktop.mjs'
import { databases, startCloud, type CloudWorld } from '../cloud/_world'
import { startKeyring } from '../support/_desktop-keyring'
import { connectBuilt, endBuilt, localDraft, nextEvent, temporaryHome } from '../support/daemon'
import { startDocumentServer } from '../support/document-server'
import { passwordService, type PamService } from '../support/pam'
import { contentOf, foundIn } from '../support/planted'
import { startPostgres, type Postgres } from '../support/postgres'
import { startRecordingProxy, type RecordingProxy } from '../support/recording-proxy'
import { makeKey, startSshd, type Sshd } from '../support/sshd'
import { memoryPins } from '../sync/_key-server'

const WAIT_MS = 60_000
const plant = (name: string): string => `Planted-${name}-${randomBytes(12).toString('hex')}`

interface Member {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  readonly client: DaemonClient
  readonly email: string
  readonly accountPassword: string
}

let postgres: Postgres | null = null
let bus: Awaited<ReturnType<typeof startSessionBus>>
let keyring: Awaited<ReturnType<typeof startKeyring>>
let keyringHome: string
let pam: PamService
let sshd: Sshd
let echo: Server
const sshPassword = plant('ssh')

beforeAll(async () => {
  await prepareSealing()
  keyringHome = mkdtempSync(join(tmpdir(), 'warren-planted-'))
  const env = { ...process.env, HOME: keyringHome, XDG_DATA_HOME: keyringHome, XDG_RUNTIME_DIR: keyringHome }
  bus = await startSessionBus({ env })
  keyring = await startKeyring({ ...env, ...bus.env }, 'correct horse')
  pam = passwordService(sshPassword)
  sshd = await startSshd({
    program: pam.program,
    config: ['UsePAM yes', 'PasswordAuthentication yes', 'PermitRootLogin yes', 'AuthenticationMethods password'],
  })
  echo = createServer((socket) => socket.end('carried'))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await new Promise((resolve) => echo.close(resolve))
  await sshd.stop()
  pam.remove()
  await keyring.stop()
  await bus.stop()
  await postgres?.stop()
  rmSync(keyringHome, { recursive: true, force: true })
})

const homes: ReturnType<typeof temporaryHome>[] = []
const started = async (
  env: Readonly<Record<string, string>> = {},
): Promise<Pick<Member, 'home' | 'env' | 'client'>> => {
  const place = temporaryHome()
  homes.push(place)
  mkdirSync(join(place.home, '.ssh'), { mode: 0o700 })
  writeFileSync(join(place.home, '.ssh/known_hosts'), `${sshd.knownHostsLine}\n`)
  return { home: place.home, env, client: await connectBuilt(place.home, env) }
}
afterEach(async () => {
  for (const { home, remove } of homes.splice(0)) {
    await endBuilt(home)
    remove()
  }
})

/** The first state of the cloud that `accept` takes. */
async function cloudIs(
  client: DaemonClient,
  accept: (cloud: Awaited<ReturnType<typeof cloudOf>>) => boolean,
): Promise<void> {
  const next = nextEvent(client, 'cloud.changed', ({ cloud }) => accept(cloud))
  if (!accept(await cloudOf(client))) await next
  // Not waited for: it ends with the connection.
  else next.catch(() => undefined)
}
const cloudOf = (client: DaemonClient) => client.call('cloud.status', {})

async function forwardNamed(client: DaemonClient, name: string): Promise<ForwardView> {
  const found = (await client.call('forwards.list', {})).find(({ spec }) => spec.name === name)
  if (found === undefined) throw new Error(`no forward ${name}`)
  return found
}

describe.each(databases)('with the cloud on %s', (database) => {
  let proxy: RecordingProxy
  let cloud: CloudWorld
  let data: string
  let databaseUrl: string | null

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'warren-planted-cloud-'))
    proxy = await startRecordingProxy()
    databaseUrl = database === 'sqlite' ? null : await (postgres ??= await startPostgres()).makeDatabase()
    cloud = await startCloud('sqlite', {
      ...{ WARREN_CLOUD_DATA: data, WARREN_CLOUD_URL: proxy.url, WARREN_CLOUD_REGISTRATION: 'invite' },
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    })
    proxy.to(cloud.server.url)
  })
  afterEach(async () => {
    await proxy.close()
    rmSync(data, { recursive: true, force: true })
  })

  const databaseContent = (): Buffer =>
    databaseUrl === null ? contentOf(data) : execFileSync(dumpProgram(), [databaseUrl], { maxBuffer: 1e9 })

  it('shows a planted secret to the members alone, and a new one not to who was removed', async () => {
    const firstLink = linkIn(cloud.lines)
    const adaHome = await started({ DBUS_SESSION_BUS_ADDRESS: bus.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' })
    const ada = await register(adaHome, firstLink, { name: 'ada', keep: 'keychain' })
    const { recoveryCode: adaCode } = await ada.client.call('cloud.makeKey', {})
    const team = await ada.client.call('cloud.createTeam', { name: 'ops' })
    await cloudIs(ada.client, ({ teams }) => teams.some(({ id }) => id === team.id))

    const server = await ada.client.call('servers.add', { name: 'db', host: sshd.host, port: sshd.port })
    const remotePort = (echo.address() as AddressInfo).port
    const draft = localDraft(server.id, 'planted', { localPort: 0, remoteHost: '127.0.0.1', remotePort })
    const { id } = (await ada.client.call('forwards.add', draft)).spec
    await ada.client.call('cloud.share', { ids: [id], namespace: team.id })
    const keyFile = join(data, 'key')
    makeKey(keyFile, 'ed25519')
    const planted = { password: sshPassword, passphrase: plant('phrase'), keyContent: readFileSync(keyFile, 'utf8') }
    for (const kind of ['password', 'passphrase', 'keyContent'] as const) {
      await ada.client.call('cloud.setSecret', { id, kind, value: planted[kind] })
    }
    rmSync(keyFile)
    await ada.client.call('cloud.sync', {})

    const invited = await ada.client.call('cloud.invite', { teamId: team.id })
    const ben = await register(await started(), invited.link ?? '', { name: 'ben', keep: 'memory' })
    const { recoveryCode: benCode } = await ben.client.call('cloud.makeKey', {})
    await ben.client.call('cloud.sync', {})
    const before = (await forwardNamed(ben.client, 'planted')).cloud?.secrets ?? []
    expect(before.map(({ readable }) => readable)).toEqual([false, false, false])

    await grant(ada, team.id, ben.email)
    await cloudIs(ben.client, ({ teams }) => teams.some(({ key }) => key === 'ready'))
    const arrived = await forwardNamed(ben.client, 'planted')
    expect(arrived.cloud?.secrets.map(({ readable }) => readable)).toEqual([true, true, true])
    expect(arrived.snapshot.state).toBe('stopped')
    await logsIn(ben, arrived)

    // As somebody who wrote their own client would keep what they may see.
    const keeper = await ownClient(ben, cloud.server.url, benCode)
    await keeper.keys.look({ ...team, role: 'developer' })
    const oldKey = keeper.keys.key(team.id, 1)

    const { userId } = (await ada.client.call('cloud.members', { teamId: team.id })).find(({ isMe }) => !isMe) ?? {}
    await ada.client.call('cloud.removeMember', { teamId: team.id, userId: userId ?? '' })
    const second = plant('second')
    await ada.client.call('cloud.setSecret', { id, kind: 'password', value: second })
    await ada.client.call('cloud.sync', {})
    await cloudIs(ben.client, ({ teams }) => teams.length === 0)
    // They go a moment after the team: each is stopped first.
    await expect.poll(() => ben.client.call('forwards.list', {})).toEqual([])

    const owner = await ownClient(ada, cloud.server.url, adaCode)
    const rows = await secretsInCloud(owner.client, team.id)
    expect(rows.map((text) => generationOf(text))).toEqual([2, 2, 2])
    for (const [at, field] of (['password', 'keyContent', 'passphrase'] as const).entries()) {
      const place = { namespace: team.id, field, serverAddress: `${sshd.host}:${sshd.port}` }
      if (oldKey === null) throw new Error('the member never had a key')
      expect(() => openSecret(rows[at] ?? '', place, oldKey)).toThrow()
    }
    await owner.keys.look(team)
    const newKey = owner.keys.newest(team.id)?.key ?? new Uint8Array()
    const place = { namespace: team.id, field: 'password', serverAddress: `${sshd.host}:${sshd.port}` } as const
    expect(openSecret(rows[0] ?? '', place, newKey)).toBe(second)
    await expect(keeper.client.keys.ofTeam(team.id)).rejects.toMatchObject({ code: 'cloud.not-found' })

    const logins = {
      ...{ 'password of ada': ada.accountPassword, 'password of ben': ben.accountPassword },
      ...tokensIn(proxy.recorded()),
    }
    const secrets = {
      ...{ password: sshPassword, 'new password': second, passphrase: planted.passphrase },
      // One line of it: it is written with line breaks in several ways.
      key: planted.keyContent.split('\n')[3] ?? '',
      ...codes('ada', adaCode),
      ...codes('ben', benCode),
      'private key of ada': owner.identity.privateKey,
      'private key of ben': keeper.identity.privateKey,
      'key of the team': Buffer.from(oldKey ?? []).toString('base64url'),
      'new key of the team': Buffer.from(newKey).toString('base64url'),
    }
    expect(secrets.key.length).toBeGreaterThan(40)
    expect(Object.keys(logins).length).toBeGreaterThanOrEqual(6)
    for (const { home } of [ada, ben]) await endBuilt(home)
    await cloud.close()

    // The one exception: whoever logs in shows a password, and then a token.
    expect(foundIn(proxy.recorded(), secrets)).toEqual([])
    expect(foundIn(proxy.recorded(), logins)).toEqual(Object.keys(logins))
    const all = { ...secrets, ...logins }
    expect(foundIn(databaseContent(), all)).toEqual([])
    expect(foundIn(Buffer.from(cloud.lines.join('\n')), all)).toEqual([])
    for (const folder of [ada.home, ben.home]) expect(foundIn(contentOf(folder), all)).toEqual([])
    // The login rests in the keychain, which is locked with its password.
    expect(foundIn(contentOf(keyringHome), all)).toEqual([])
    // And there was something to find.
    expect(databaseContent().includes('warren-sealed:1:2:')).toBe(true)
    expect(contentOf(ada.home).includes('warren-sealed:1:2:')).toBe(true)
    expect(proxy.recorded().includes('warren-sealed:1:1:')).toBe(true)
  })

  async function register(
    place: Pick<Member, 'home' | 'env' | 'client'>,
    url: string,
    who: { name: string; keep: 'keychain' | 'memory' },
  ): Promise<Member> {
    const [email, accountPassword] = [`${who.name}@example.com`, plant(`account-${who.name}`)]
    await place.client.call('events.subscribe', { topics: ['cloud', 'needs', 'forwards'] })
    await place.client.call('cloud.register', {
      ...{ url, email, username: `${who.name}-name`, password: accountPassword, keep: who.keep },
    })
    await cloudIs(place.client, ({ state }) => state === 'in-sync')
    return { ...place, email, accountPassword }
  }
})

it('sends no secret at all to a server that knows the document alone', async () => {
  const server = await startDocumentServer()
  try {
    const { client } = await started()
    await client.call('cloud.login', {
      url: server.url,
      email: 'ada@example.com',
      password: 'secret123',
      keep: 'memory',
    })
    const ssh = await client.call('servers.add', { name: 'db', host: sshd.host, port: sshd.port })
    const { id } = (await client.call('forwards.add', localDraft(ssh.id, 'plain', { localPort: 0 }))).spec
    const secret = plant('bare')
    await client.call('servers.setSecret', { id: ssh.id, kind: 'password', value: secret, keep: 'memory' })
    await client.call('cloud.share', { ids: [id], namespace: 'personal' })
    await client.call('cloud.sync', {})
    expect(await cloudOf(client)).toMatchObject({ key: 'unsupported' })
    for (const method of ['cloud.makeKey', 'cloud.resetKey'] as const) {
      await expect(client.call(method, {})).rejects.toMatchObject({ code: 'cloud.no-sealing' })
    }
    for (const kind of ['password', 'passphrase', 'keyContent'] as const) {
      await expect(client.call('cloud.setSecret', { id, kind, value: secret })).rejects.toMatchObject({
        code: 'cloud.no-sealing',
      })
    }
    await client.call('forwards.update', { id, patch: { name: 'plainer' } })
    await client.call('cloud.sync', {})

    expect(server.rows(null)).toMatchObject([{ name: 'plainer' }])
    const sent = server.requests.filter(({ path }) => path.startsWith('/port-forwards'))
    expect(sent.some(({ body }) => JSON.stringify(body ?? '').includes('plainer'))).toBe(true)
    expect(JSON.stringify(sent.map(({ body }) => body))).not.toMatch(/password|passphrase|keyContent/)
    expect(foundIn(Buffer.from(JSON.stringify(server.requests)), { secret })).toEqual([])
  } finally {
    await server.close()
  }
})

// --- internal ---

/** The second machine logs in with the password that it was given, and nobody is asked for one. */
async function logsIn({ client }: Member, forward: ForwardView): Promise<void> {
  const asked: string[] = []
  const stop = client.on('needs.changed', ({ needs }) => asked.push(...needs.map(({ kind }) => kind)))
  await client.call('forwards.start', { ids: [forward.spec.id] })
  const [view] = await client.call('forwards.wait', { ids: [forward.spec.id], timeoutMs: WAIT_MS })
  stop()
  expect(view?.snapshot).toMatchObject({ state: 'running' })
  expect(asked).toEqual([])
  // sshd writes it down once it has told the client.
  await expect.poll(() => sshd.log()).toMatch(/Accepted password for/)
  await client.call('forwards.stop', { ids: [forward.spec.id] })
}

async function grant({ client }: Member, teamId: string, email: string): Promise<void> {
  const found = (await client.call('cloud.members', { teamId })).find((member) => member.email === email)
  expect(found).toMatchObject({ key: 'waits', keyChanged: false })
  const { userId = '', fingerprint } = found ?? {}
  await client.call('cloud.grantKey', { teamId, userId, fingerprint: fingerprint ?? '' })
}

async function ownClient(
  { email, accountPassword }: Member,
  url: string,
  code: string,
): Promise<{ readonly client: CloudClient; readonly identity: Identity; readonly keys: TeamKeys }> {
  let kept: Tokens | null = null
  const tokens = {
    get: () => kept,
    set: (next: Tokens | null) => {
      kept = next
      return Promise.resolve()
    },
  }
  const client = createCloudClient({ url, tokens, device: { id: 'other', name: 'other' } })
  const user = await client.login({ email, password: accountPassword })
  const own = await client.keys.mine()
  if (own === null) throw new Error(`${email} has no key`)
  const identity = openIdentity(own, code)
  const log = (): undefined => undefined
  const keys = createTeamKeys({
    ...{ routes: client.keys, identity, userId: user.id, pins: memoryPins(), log, now: Date.now },
  })
  return { client, identity, keys }
}

async function secretsInCloud(client: CloudClient, teamId: string): Promise<readonly string[]> {
  const [{ fields } = { fields: null }] = (await client.list(teamId)).rows
  return [fields?.password, fields?.keyContent, fields?.passphrase].map((text) => text ?? '')
}

function linkIn(lines: readonly string[]): string {
  const link = /"link":"([^"]+)"/.exec(lines.join('\n'))?.[1]
  if (link === undefined) throw new Error('the first start made no link')
  return link
}

/** Every token that was ever answered. */
function tokensIn(traffic: Buffer): Readonly<Record<string, string>> {
  const found = [...traffic.toString('latin1').matchAll(/"(token|refreshToken)":"([^"]{20,})"/g)]
  const jwts = found.filter(([, name, value = '']) => name === 'refreshToken' || value.startsWith('eyJ'))
  return Object.fromEntries(jwts.map(([, name = '', value = ''], at) => [`${name} ${at}`, value]))
}

function codes(name: string, code: string): Readonly<Record<string, string>> {
  return { [`code of ${name}`]: code, [`code of ${name}, plain`]: code.replaceAll('-', '') }
}

function dumpProgram(): string {
  const version = execFileSync('ls', ['/usr/lib/postgresql'], { encoding: 'utf8' }).trim().split('\n').at(-1)
  return `/usr/lib/postgresql/${version ?? ''}/bin/pg_dump`
}
