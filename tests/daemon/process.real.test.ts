import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMessageConnection } from 'vscode-jsonrpc/node'
import { connectDaemon, DaemonVersionError, resolvePlaces, stopDaemon, type DaemonClient } from '@daemon/client'
import { PROTOCOL_VERSION } from '@shared/rpc'
import { isRunning } from '../../src/daemon/_running'
import { connectBuilt, daemonScript, endBuilt, localDraft, serverDraft, temporaryHome } from '../support/daemon'

/** Nothing listens there: connecting fails at once, and is tried again for as long as it is wanted. */
const nowhere = { host: '127.0.0.1', port: 1 }

let place: ReturnType<typeof temporaryHome>
let home: string

beforeEach(() => {
  place = temporaryHome()
  home = place.home
})
afterEach(async () => {
  await endBuilt(home)
  place.remove()
})

async function addForward(client: DaemonClient, name = 'db', more = {}): Promise<string> {
  const servers = await client.call('servers.list', {})
  const server = servers[0] ?? (await client.call('servers.add', serverDraft('bastion', nowhere)))
  const view = await client.call('forwards.add', localDraft(server.id, name, { localPort: 0, ...more }))
  return view.spec.id
}

async function kill(client: DaemonClient): Promise<void> {
  process.kill(client.daemon.pid, 'SIGKILL')
  await client.closed
}

describe('the daemon process', () => {
  it('is a bundle in which nothing is left that only CommonJS has', () => {
    const folder = dirname(daemonScript())
    const bundles = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.mjs'))
    const lines = bundles.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    // Not in a comment of a package.
    expect(lines.filter((line) => /^(?!\s*(\*|\/\/)).*\b__(file|dir)name\b/.test(line))).toEqual([])
  })

  it('is started by the first of many clients, once', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectBuilt(home)))
    expect(new Set(clients.map(({ daemon }) => daemon.pid)).size).toBe(1)
    for (const client of clients) client.close()
  })

  it('has a socket and a folder for its owner alone, and runs in /', async () => {
    const client = await connectBuilt(home)
    const places = resolvePlaces({}, home)
    expect(statSync(places.socket).mode & 0o777).toBe(0o600)
    expect(statSync(places.socketFolder ?? '').mode & 0o777).toBe(0o700)
    expect(statSync(places.database).mode & 0o077).toBe(0)
    if (process.platform === 'linux') {
      const [cwd] = [
        execFileSync('readlink', [`/proc/${client.daemon.pid}/cwd`])
          .toString()
          .trim(),
      ]
      expect(cwd).toBe('/')
    }
  })

  it('outlives a starter that is killed', async () => {
    const script = join(home, 'starter.mjs')
    const options = "{ detached: true, stdio: 'ignore', env: { ...process.env, WARREN_HOME: process.argv[3] } }"
    writeFileSync(
      script,
      `import { spawn } from 'node:child_process'
       const child = spawn(process.execPath, [process.argv[2]], ${options})
       child.unref()
       console.log(child.pid)
       setInterval(() => undefined, 1000)`,
    )
    const starter = spawn(process.execPath, [script, daemonScript(), home], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [pid] = (await once(starter.stdout, 'data')) as [Buffer]
    starter.kill('SIGKILL')
    await once(starter, 'exit')
    const reach = (): Promise<DaemonClient | null> =>
      connectDaemon({ home, client: 'test', start: false, env: {} }).catch(() => null)
    let client: DaemonClient | null = null
    await expect.poll(async () => (client ??= await reach()), { timeout: 60_000 }).not.toBeNull()
    expect((client as DaemonClient | null)?.daemon.pid).toBe(Number(pid.toString()))
  })

  it('brings back what was wanted after kill -9, and not what was stopped', async () => {
    const first = await connectBuilt(home)
    const wanted = await addForward(first, 'wanted')
    const stopped = await addForward(first, 'stopped')
    const auto = await addForward(first, 'auto', { autoStart: true })
    await first.call('forwards.start', { ids: [wanted, stopped] })
    await first.call('forwards.stop', { ids: [stopped] })
    await kill(first)
    const second = await connectBuilt(home)
    expect(second.daemon.pid).not.toBe(first.daemon.pid)
    const states = await second.call('forwards.list', {})
    expect(states.map(({ spec, snapshot }) => [spec.id, snapshot.wanted]).sort()).toEqual(
      [
        [wanted, true],
        [stopped, false],
        [auto, true],
      ].sort(),
    )
  })

  it('is started anew when the one that answers is dying and hangs up', async () => {
    const { socket, socketFolder } = resolvePlaces({}, home)
    mkdirSync(socketFolder ?? '', { recursive: true, mode: 0o700 })
    let calls = 0
    const dying = createServer((client) => {
      calls += 1
      // Gone with the second: the daemon that is started looks too, before it takes the lock. It is hung up on after that: who knows that
      // it may take the socket's place has a new one there at once, and this end would take that away.
      if (calls === 2) dying.close()
      client.destroy()
    })
    await new Promise<void>((resolve) => dying.listen(socket, resolve))
    const client = await connectBuilt(home)
    expect((await client.call('daemon.status', {})).pid).toBe(client.daemon.pid)
    expect(calls).toBeGreaterThan(0)
    client.close()
    dying.close()
  })

  it('is no fault to stop when it leaves by itself as it is asked', async () => {
    const { socket, socketFolder } = resolvePlaces({}, home)
    mkdirSync(socketFolder ?? '', { recursive: true, mode: 0o700 })
    const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
    await once(gone, 'exit')
    const leaving = createServer((client) => {
      const peer = createMessageConnection(client, client)
      const hello = { protocol: PROTOCOL_VERSION, build: 'x', pid: gone.pid, running: 1 }
      peer.onRequest('daemon.hello', () => hello)
      peer.onRequest('daemon.stop', () => {
        client.destroy()
        return null
      })
      client.on('close', () => peer.dispose())
      peer.listen()
    })
    await new Promise<void>((resolve) => leaving.listen(socket, resolve))
    expect(await stopDaemon({ home, client: 'test' })).toBeNull()
    leaving.close()
  })

  it('loses nothing that it confirmed, however often it is killed', async () => {
    let count = 0
    for (let round = 0; round < 4; round += 1) {
      const client = await connectBuilt(home)
      expect(await client.call('forwards.list', {})).toHaveLength(count)
      for (let each = 0; each < 5; each += 1) await addForward(client, `f${(count += 1)}`)
      await kill(client)
    }
    const last = await connectBuilt(home)
    expect(await last.call('forwards.list', {})).toHaveLength(count)
    expect((await last.call('daemon.status', {})).warnings).toEqual([])
  })

  it('keeps the wish at SIGTERM, as at a shutdown of the machine', async () => {
    const first = await connectBuilt(home)
    const id = await addForward(first)
    await first.call('forwards.start', { ids: [id] })
    process.kill(first.daemon.pid, 'SIGTERM')
    await first.closed
    const second = await connectBuilt(home)
    expect((await second.call('forwards.get', { id })).snapshot.wanted).toBe(true)
  })

  it('leaves by itself when nothing runs and nobody is attached', async () => {
    // Long enough for the client to come before it leaves, on a machine that is busy too.
    const client = await connectBuilt(home, { WARREN_IDLE_EXIT_MS: '3000' })
    const { pid } = client.daemon
    client.close()
    const places = resolvePlaces({}, home)
    await expect.poll(() => existsSync(places.pidFile), { timeout: 60_000 }).toBe(false)
    await expect.poll(() => isRunning(pid), { timeout: 60_000 }).toBe(false)
    expect(existsSync(places.socket)).toBe(false)
  })

  it('leaves a second daemon of the folder outside, naming the first', async () => {
    const client = await connectBuilt(home)
    const second = spawn(process.execPath, [daemonScript()], { env: { ...process.env, WARREN_HOME: home } })
    let said = ''
    second.stderr.on('data', (part: Buffer) => {
      said += part.toString()
    })
    // Not 'exit': what it said may still be on its way then.
    const [code] = (await once(second, 'close')) as [number]
    expect(code).toBe(1)
    expect(said).toContain(`pid ${client.daemon.pid}`)
    await expect(client.call('servers.list', {})).resolves.toEqual([])
  })
})

describe('a daemon of another version', () => {
  it('is reported with what runs on it, can be ended, and hands its forwards over', async () => {
    const ours = await connectBuilt(home)
    const id = await addForward(ours)
    await ours.call('forwards.start', { ids: [id] })
    // A client of another build, as an updated app would be.
    const hello = JSON.stringify({
      ...{ jsonrpc: '2.0', id: 1, method: 'daemon.hello' },
      params: { client: 'test', protocol: PROTOCOL_VERSION, build: '9.9.9+other', pid: 1 },
    })
    const stop = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'daemon.stop', params: { handover: true } })
    const socket = connect(resolvePlaces({}, home).socket)
    for (const text of [hello, stop]) socket.write(`Content-Length: ${text.length}\r\n\r\n${text}`)
    let said = ''
    socket.on('data', (part: Buffer) => {
      said += part.toString()
    })
    await Promise.all([once(socket, 'close'), ours.closed])
    expect(said).toContain('"running":1')
    const next = await connectBuilt(home)
    expect((await next.call('forwards.get', { id })).snapshot.wanted).toBe(true)
  })

  it('is told apart by its build', () => {
    const error = new DaemonVersionError({ protocol: 1, build: '9.9.9+other', pid: 7, running: 3 })
    expect(error).toMatchObject({ code: 'daemon.version', theirs: '9.9.9+other', running: 3 })
  })
})

describe('a place that does not take data', () => {
  const fault = async (options: { home: string }): Promise<unknown> =>
    connectDaemon({
      ...options,
      client: 'test',
      start: true,
      daemonScript: daemonScript(),
      env: { PATH: process.env['PATH'] },
    }).then(
      (client) => client.close(),
      (error: unknown) => error,
    )

  it('is named when it is no folder', async () => {
    const file = join(home, 'file')
    writeFileSync(file, '')
    expect(await fault({ home: join(file, 'warren') })).toMatchObject({
      code: 'store.unwritable',
      field: join(file, 'warren'),
    })
  })

  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)('is named when it is read-only', async () => {
    const mounted = join(home, 'ro')
    mkdirSync(mounted)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', mounted])
    try {
      expect(await fault({ home: join(mounted, 'warren') })).toMatchObject({ code: 'store.unwritable' })
      expect(await fault({ home: mounted })).toMatchObject({ code: 'store.unwritable' })
    } finally {
      execFileSync('umount', [mounted])
    }
  })

  it('is left alone when its data is newer', async () => {
    const client = await connectBuilt(home)
    await stopDaemon({ home, client: 'test', env: {} })
    client.close()
    const { database } = resolvePlaces({}, home)
    const bytes = readFileSync(database)
    bytes.writeUInt32BE(7777, 60)
    writeFileSync(database, bytes)
    expect(await fault({ home })).toMatchObject({
      code: 'store.newer',
      message: expect.stringContaining('7777') as string,
    })
    expect(readFileSync(database).equals(bytes)).toBe(true)
  })

  it('may hold a damaged file, which is reported and kept', async () => {
    const client = await connectBuilt(home)
    await stopDaemon({ home, client: 'test', env: {} })
    client.close()
    writeFileSync(resolvePlaces({}, home).database, Buffer.alloc(50_000, 'x'))
    const again = await connectBuilt(home)
    expect((await again.call('daemon.status', {})).warnings).toMatchObject([{ code: 'store.damaged' }])
    expect(readdirSync(home).some((name) => name.startsWith('warren.db.damaged-'))).toBe(true)
    await expect
      .poll(async () => (await again.call('activity.list', {})).map(({ code }) => code))
      .toContain('store.damaged')
  })

  it('is refused when its socket folder is somebody else’s trap', async () => {
    mkdirSync(join(home, 'elsewhere'))
    symlinkSync(join(home, 'elsewhere'), join(home, 'run'))
    expect(await fault({ home })).toMatchObject({ code: 'store.unwritable', field: join(home, 'run') })
    // What asks for the end of a daemon does not go into the trap either.
    rmSync(join(home, 'run'))
  })

  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'may fill up without losing anything',
    async () => {
      const small = join(home, 'small')
      mkdirSync(small)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', small])
      try {
        const client = await connectBuilt(small)
        const id = await addForward(client, 'kept')
        writeFileSync(join(small, 'ballast'), Buffer.alloc(0))
        fillUp(join(small, 'ballast'))
        let refused: unknown
        for (let each = 0; each < 200 && refused === undefined; each += 1) {
          refused = await addForward(client, `extra ${each}`, { description: 'x'.repeat(1900) }).then(
            () => undefined,
            (error: unknown) => error,
          )
        }
        expect(refused).toMatchObject({ code: 'store.full' })
        // It goes on: what needs no disk works, what is wanted starts, and the warning says why it is not remembered.
        const [started] = await client.call('forwards.start', { ids: [id] })
        expect(started?.snapshot.wanted).toBe(true)
        expect((await client.call('daemon.status', {})).warnings).toMatchObject([{ code: 'store.full' }])
        const before = (await client.call('forwards.list', {})).length
        execFileSync('rm', [join(small, 'ballast')])
        await addForward(client, 'after')
        await kill(client)
        const again = await connectBuilt(small)
        expect(await again.call('forwards.list', {})).toHaveLength(before + 1)
        await endBuilt(small)
      } finally {
        execFileSync('umount', [small])
      }
    },
  )
})

function fillUp(file: string): void {
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4096'], { stdio: 'ignore' })
  } catch {
    // dd ends with an error because the disk is full, as wanted.
  }
}
