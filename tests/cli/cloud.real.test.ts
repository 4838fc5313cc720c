/** The built command line and daemons with real cloud servers: two machines of one person, and a colleague. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { CloudConflict, CloudMember, CloudView } from '@shared/cloud-views'
import type { PublicForward } from '../../src/cli/snapshots'
import { startCloud, type CloudWorld } from '../cloud/_world'
import { startDocumentServer } from '../support/document-server'
import { daemonScript, endBuilt, temporaryHome } from '../support/daemon'

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A machine: a data folder with a daemon of its own. */
interface Machine {
  readonly run: (line: string, input?: string) => Promise<Ended>
  /** Its standard output; throws when it does not end with 0. */
  readonly does: (line: string, input?: string) => Promise<string>
  readonly json: <T>(line: string) => Promise<T>
  readonly forward: (name: string) => Promise<PublicForward>
  readonly end: () => Promise<void>
}

/** A way to the server that can be cut. */
interface Line {
  readonly url: string
  readonly cut: () => void
  readonly mend: () => void
  readonly close: () => void
}

let world: CloudWorld
let line: Line
const machines: Machine[] = []

beforeAll(async () => {
  world = await startCloud('sqlite')
  await world.person('ada')
})
afterAll(() => world.close())
beforeEach(async () => {
  line = await openLine(world.server.url)
})
afterEach(async () => {
  for (const one of machines.splice(0)) await one.end()
  line.close()
})

it('shares, joins what was changed apart, asks where it cannot, and signs out', async () => {
  const desk = machine()
  const laptop = machine()
  await addForward(desk)
  expect(await desk.run('sync')).toMatchObject({
    code: 1,
    err: expect.stringContaining('warren cloud login URL') as string,
  })
  expect(await signIn(desk, world.server.url)).toContain('Signed in to')
  expect(await desk.does('cloud share db --to personal')).toContain('db is in your account')
  await desk.does('sync')

  await signIn(laptop, line.url)
  await laptop.does('sync')
  const arrived = await laptop.forward('db')
  expect(arrived).toMatchObject({ state: 'stopped', wanted: false, cloud: { namespace: 'personal', state: 'synced' } })
  expect(arrived.target).toEqual({ host: 'db.internal', port: 5432 })
  expect(await laptop.does('server ls')).toContain('192.0.2.1:2222')

  // Apart: another field on each side is joined.
  line.cut()
  await laptop.does('edit db --tag staging')
  await desk.does('edit db --rename database')
  await desk.does('sync')
  expect(await laptop.run('sync')).toMatchObject({ code: 1, err: expect.stringContaining('warren: ') as string })
  expect(await laptop.does('cloud status')).toMatch(/^Offline since /)
  line.mend()
  await laptop.does('sync')
  expect(await laptop.forward('database')).toMatchObject({ tags: ['staging'] })
  await desk.does('sync')
  expect(await desk.forward('database')).toMatchObject({ tags: ['staging'] })

  // Apart: the same field on both sides waits for a person.
  line.cut()
  await laptop.does('edit database --target mine.internal:1')
  await desk.does('edit database --target theirs.internal:1')
  await desk.does('sync')
  line.mend()
  expect(await laptop.run('sync')).toMatchObject({ code: 1, out: expect.stringContaining('1 conflict') as string })
  const [conflict] = await laptop.json<CloudConflict[]>('cloud conflicts')
  expect(conflict).toMatchObject({ name: 'database', kind: 'edited' })
  const said = await laptop.does('cloud conflicts')
  for (const value of ['mine.internal', 'theirs.internal', 'db.internal']) expect(said).toContain(value)
  expect(await laptop.forward('database')).toMatchObject({ target: { host: 'mine.internal' } })
  await laptop.does('cloud resolve database --theirs')
  await laptop.does('sync')
  expect(await laptop.forward('database')).toMatchObject({ target: { host: 'theirs.internal' } })

  await laptop.does('cloud logout')
  expect(await laptop.json<CloudView>('cloud status')).toMatchObject({ account: null, state: 'signed-out' })
  expect(await laptop.forward('database')).toMatchObject({ cloud: null })
})

it('gives a team the forward, each member a port, and the secret sealed', async () => {
  const ada = machine()
  const grace = machine()
  await addForward(ada, 'web')
  await signIn(ada, world.server.url)
  await ada.does('cloud team create ops')
  const link = (await ada.does('cloud team invite ops --role developer')).trim()
  await grace.does(
    `cloud register ${link} --email grace@example.com --name grace --password-stdin --keep file`,
    'secret123\n',
  )
  // Whoever registers is not kept waiting for the first round, which brings the teams.
  await expect.poll(() => grace.does('cloud teams')).toContain('ops  developer')

  await ada.does('cloud share web --to ops')
  await ada.does('sync')
  await grace.does('sync')
  await grace.does('edit web --port 25432')
  await ada.does('edit web --rename site')
  await ada.does('sync')
  await grace.does('sync')
  expect(await grace.forward('site')).toMatchObject({ listen: { port: 25_432 }, cloud: { space: 'ops' } })
  expect(await ada.forward('site')).toMatchObject({ listen: { port: 15_432 } })

  const code = (await ada.does('cloud key make')).trim()
  expect(code).toMatch(/^[0-9a-f]{4}(-[0-9a-f]{4}){7}$/)
  await ada.does('cloud secret set site password --stdin', 'planted-secret\n')
  await ada.does('sync')
  await grace.does('cloud key make')
  await grace.does('sync')
  expect(await secretsOf(grace, 'site')).toEqual([{ kind: 'password', readable: false }])
  expect(await ada.does('cloud team members ops')).toContain('warren cloud key grant ops grace@example.com')
  const members = await ada.json<CloudMember[]>('cloud team members ops')
  const fingerprint = members.find(({ email }) => email === 'grace@example.com')?.fingerprint ?? ''
  expect((await ada.run('cloud key grant ops grace --fingerprint 0000')).code).toBe(1)
  await ada.does(`cloud key grant ops grace --fingerprint ${fingerprint.replaceAll(' ', '')}`)
  // The news of a key come by the stream of the team, beside the rounds.
  await expect.poll(() => secretsOf(grace, 'site')).toEqual([{ kind: 'password', readable: true }])

  const second = machine()
  await signIn(second, world.server.url)
  await second.does('sync')
  expect(await secretsOf(second, 'site')).toEqual([{ kind: 'password', readable: false }])
  expect((await second.run('cloud key unlock --code-stdin', `${code.replace(/./, 'x')}\n`)).code).toBe(1)
  await second.does('cloud key unlock --code-stdin', `${code}\n`)
  expect(await secretsOf(second, 'site')).toEqual([{ kind: 'password', readable: true }])

  expect(await ada.run('cloud team leave ops --yes')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/refused it \(A team needs an owner: .*team role TEAM MEMBER owner/s) as string,
  })
  expect(await ada.run(`cloud team join ${link}`)).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /does not take the link \(The invitation was used already\)\.\n +Ask for a new link\./,
    ) as string,
  })
  await ada.does('cloud team remove ops grace')
  await grace.run('sync')
  expect(await grace.json<PublicForward[]>('ls')).toEqual([])
  expect(await ada.does('cloud team audit ops')).toMatch(/ada@example\.com +member\.remove/)
})

it('does with a server that knows the document alone, and sends it no secret', async () => {
  const bare = await startDocumentServer()
  try {
    const desk = machine()
    const laptop = machine()
    await addForward(desk)
    await desk.does('edit db --tag staging')
    await signIn(desk, bare.url)
    expect(await desk.does('cloud poll 60')).toBe('The server is asked every 60 s.\n')
    await desk.does('cloud share db --to personal')
    await desk.does('sync')
    await signIn(laptop, bare.url)
    await laptop.does('sync')
    expect(await laptop.forward('db')).toMatchObject({ state: 'stopped', tags: [], cloud: { state: 'synced' } })
    await laptop.does('edit db --rename database')
    await laptop.does('sync')
    await desk.does('sync')
    expect(await desk.forward('database')).toMatchObject({ tags: ['staging'], cloud: { state: 'synced' } })
    const secret = await desk.run('cloud secret set database password --stdin --json', 'planted-secret')
    expect(JSON.parse(secret.out)).toMatchObject({ error: { code: 'cloud.no-sealing' } })
    const team = await desk.run('cloud team create ops --json')
    expect(JSON.parse(team.out)).toMatchObject({ error: { code: 'cloud.no-extension' } })
    expect(JSON.stringify(bare.requests)).not.toContain('planted-secret')
    expect(bare.rows()).toHaveLength(1)
  } finally {
    await bare.close()
  }
})

async function secretsOf(on: Machine, name: string): Promise<unknown> {
  return (await on.forward(name)).cloud?.secrets
}

function machine(): Machine {
  const { home, remove } = temporaryHome()
  const script = join(dirname(daemonScript()), 'warren.mjs')
  const run: Machine['run'] = async (words, input = '') => {
    const child = spawn(process.execPath, [script, ...words.split(' ')], {
      env: { PATH: process.env['PATH'], HOME: home, WARREN_HOME: home },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.stdin.end(input)
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, out, err }
  }
  const does: Machine['does'] = async (words, input) => {
    const { code, out, err } = await run(words, input)
    if (code !== 0) throw new Error(`warren ${words} ended with ${code}: ${out}${err}`)
    return out
  }
  const json = async <T>(words: string): Promise<T> => JSON.parse(await does(`${words} --json`)) as T
  const made: Machine = {
    ...{ run, does, json, forward: (name) => json<PublicForward>(`status ${name}`) },
    end: async () => {
      await endBuilt(home)
      remove()
    },
  }
  machines.push(made)
  return made
}

async function addForward(on: Machine, name = 'db'): Promise<void> {
  await on.does('server add bastion me@192.0.2.1:2222')
  await on.does(`add ${name} -L 15432:db.internal:5432 --server bastion`)
}

function signIn(on: Machine, url: string): Promise<string> {
  return on.does(`cloud login ${url} --email ada@example.com --password-stdin --keep file`, 'secret123\n')
}

async function openLine(to: string): Promise<Line> {
  const { hostname, port } = new URL(to)
  const open = new Set<Socket>()
  let isCut = false
  const server: Server = createServer((client) => {
    client.on('error', () => client.destroy())
    if (isCut) return void client.destroy()
    const far = connect(Number(port), hostname)
    for (const one of [client, far]) {
      open.add(one)
      one.once('close', () => open.delete(one))
    }
    far.on('error', () => client.destroy())
    far.on('close', () => client.destroy())
    client.on('close', () => far.destroy())
    client.pipe(far).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const end = (): void => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true
      end()
    },
    mend: () => {
      isCut = false
    },
    close: () => {
      server.close()
      end()
    },
  }
}
