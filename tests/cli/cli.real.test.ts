/** The built command line with a real daemon and real OpenSSH servers. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PublicSnapshot } from '../../src/cli/snapshots'
import { download, plain, startBulkTarget, throughSocks, upload, type BulkTarget } from '../support/bulk-target'
import { daemonScript, endBuilt, temporaryHome } from '../support/daemon'
import { freePort } from '../support/free-port'
import { startSshd, type Sshd } from '../support/sshd'

const MEGABYTES = 100
const BULK = MEGABYTES * 1024 * 1024
const payload = randomBytes(1024 * 1024)
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

let sshd: Sshd
let bulk: BulkTarget
let echo: Server
let echoPort: number
let place: ReturnType<typeof temporaryHome>

beforeAll(async () => {
  ;[sshd, bulk] = await Promise.all([startSshd(), startBulkTarget()])
  // Gives back what it got when the client has ended: half-close has to work both ways.
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    const parts: Buffer[] = []
    socket.on('data', (part) => parts.push(part))
    socket.on('end', () => socket.end(Buffer.concat(parts)))
    socket.on('error', () => socket.destroy())
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  echoPort = (echo.address() as AddressInfo).port
})
afterAll(async () => {
  echo.close()
  await bulk.stop()
  await sshd.stop()
})
beforeEach(() => {
  place = temporaryHome()
})
afterEach(async () => {
  await endBuilt(place.home)
  place.remove()
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(words: readonly string[]): ChildProcess {
  const script = join(dirname(daemonScript()), 'warren.mjs')
  return spawn(process.execPath, [script, ...words], {
    env: { PATH: process.env['PATH'], HOME: place.home, WARREN_HOME: place.home },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

async function warren(...words: string[]): Promise<Ended> {
  const child = start(words)
  child.stdin?.end()
  let out = ''
  let err = ''
  child.stdout?.on('data', (part: Buffer) => (out += part.toString()))
  child.stderr?.on('data', (part: Buffer) => (err += part.toString()))
  await once(child, 'close')
  return { code: child.exitCode, out, err }
}

async function json<T>(...words: string[]): Promise<T> {
  const { out, err } = await warren(...words, '--json')
  try {
    return JSON.parse(out) as T
  } catch (cause) {
    throw new Error(`no document from warren ${words.join(' ')}: ${out}${err}`, { cause })
  }
}

async function addServer(...more: string[]): Promise<void> {
  const login = `${sshd.username}@${sshd.host}:${sshd.port}`
  expect(
    await warren('server', 'add', 'bastion', login, '--identity', sshd.clientKey, '--agent', 'none', ...more),
  ).toMatchObject({ code: 0 })
}

function portOf(snapshot: PublicSnapshot): number {
  if ('path' in snapshot.listen) throw new Error('listens on a path')
  return snapshot.listen.port
}

async function roundTrip(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  await once(socket, 'connect')
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.end(payload)
  await once(socket, 'end')
  return sha256(Buffer.concat(parts))
}

/** Resolves when nothing listens; rejects when something does. */
async function expectFree(port: number): Promise<void> {
  const probe = createServer().listen(port, '127.0.0.1')
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
}

describe('the command line with a real server', () => {
  it('makes one forward of each type, moves 100 MB each way through each, and frees the ports', async () => {
    await addServer()
    // None of those that the system hands out: it is looked at whether they are free again.
    const specs = [
      ['local', '-L', `${await freePort()}:127.0.0.1:${bulk.port}`],
      ['remote', '-R', `${await freePort()}:127.0.0.1:${bulk.port}`],
      ['dynamic', '-D', String(await freePort())],
    ]
    for (const [name = '', flag = '', spec = ''] of specs) {
      expect(await warren('add', name, flag, spec, '--server', 'bastion', '--tag', 'all')).toMatchObject({ code: 0 })
    }
    const up = await warren('up', '--tag', 'all', '--host-key', 'accept-new')
    expect(up).toMatchObject({ code: 0 })

    const list = await json<PublicSnapshot[]>('ls')
    expect(list.map(({ name, state }) => [name, state])).toEqual(
      expect.arrayContaining([
        ['local', 'running'],
        ['remote', 'running'],
        ['dynamic', 'running'],
      ]),
    )
    for (const snapshot of list) {
      const port = portOf(snapshot)
      const open = snapshot.type === 'dynamic' ? throughSocks(port, bulk.port) : plain(port)
      const up = await upload(open, MEGABYTES)
      expect(up.received).toBe(up.sent)
      const down = await download(open, MEGABYTES)
      expect(down.received).toBe(down.sent)
    }
    for (const name of ['local', 'remote', 'dynamic']) {
      const status = await json<PublicSnapshot>('status', name)
      // The upload is asked for with a byte and answered with a SHA-256 in hexadecimal, the download is asked for with two bytes.
      expect(status).toMatchObject({ totalConnections: 2, bytesUp: BULK + 3, bytesDown: BULK + 64 })
    }

    expect(await warren('down', '--all')).toMatchObject({ code: 0 })
    for (const snapshot of list) await expectFree(portOf(snapshot))
    expect(await warren('rm', 'local', 'remote', 'dynamic')).toMatchObject({ code: 0 })
    expect(await json<PublicSnapshot[]>('ls')).toEqual([])
  })

  it('does not wait for an answer without a terminal: an unknown key ends with 2 and its fingerprint', async () => {
    await addServer()
    await warren('add', 'web', '-L', `0:127.0.0.1:${echoPort}`, '--server', 'bastion')
    const { code, out } = await warren('up', 'web', '--json')
    expect(code).toBe(2)
    const [snapshot] = JSON.parse(out) as PublicSnapshot[]
    expect(snapshot).toMatchObject({ state: 'failed', reason: { code: 'ssh.host-key-unknown' } })
    expect(snapshot?.reason?.message).toContain(sshd.hostKeyFingerprint)
    expect(snapshot?.reason?.fix).toContain('--host-key accept-new')
  })

  it('ends with 3 when some run, and names who holds the port of the other', async () => {
    await addServer('--host-key', 'accept-new')
    await warren('add', 'good', '-L', `0:127.0.0.1:${echoPort}`, '--server', 'bastion')
    await warren('add', 'taken', '-L', `${echoPort}:127.0.0.1:1`, '--server', 'bastion')
    const { code, out } = await warren('up', '--all', '--json')
    expect(code).toBe(3)
    const taken = (JSON.parse(out) as PublicSnapshot[]).find(({ name }) => name === 'taken')
    expect(taken?.reason).toMatchObject({ code: 'port.in-use' })
    expect(taken?.reason?.message).toContain(String(process.pid))
  })

  it('checks a forward without leaving it running', async () => {
    await addServer('--host-key', 'accept-new')
    await warren('add', 'web', '-L', `0:127.0.0.1:${echoPort}`, '--server', 'bastion')
    expect(await warren('check', 'web')).toMatchObject({ code: 0 })
    // Nothing was trusted by that, and without a terminal nothing is asked.
    const { code, out } = await warren('check', 'web', '--host-key', 'ask')
    expect(code).toBe(1)
    expect(out).toContain(`not trusted yet: ${sshd.hostKeyFingerprint}`)
    expect(await json<PublicSnapshot>('status', 'web')).toMatchObject({ state: 'stopped' })
  })

  it('runs an ad hoc forward until it is interrupted, and keeps nothing', async () => {
    const destination = `${sshd.username}@${sshd.host}`
    const child = start([
      'run',
      '-L',
      `0:127.0.0.1:${echoPort}`,
      '-p',
      String(sshd.port),
      '-i',
      sshd.clientKey,
      '-o',
      'IdentityAgent=none',
      '--host-key',
      'accept-new',
      '--json',
      destination,
    ])
    let out = ''
    const listening = new Promise<PublicSnapshot>((resolve, reject) => {
      child.stdout?.on('data', (part: Buffer) => {
        out += part.toString()
        if (out.endsWith(']\n')) resolve((JSON.parse(out) as [PublicSnapshot])[0])
      })
      child.once('close', () => reject(new Error(`ended early: ${out}`)))
    })
    const snapshot = await listening
    expect(await roundTrip(portOf(snapshot))).toBe(sha256(payload))
    child.kill('SIGINT')
    await once(child, 'close')
    expect(child.exitCode).toBe(0)
    // The daemon hears by the end of the connection that it is over, and ends the login first.
    await expect.poll(() => json<PublicSnapshot[]>('ls')).toEqual([])
  })

  it('takes a pasted ssh command, and goes through a saved server by its name', async () => {
    const inner = await startSshd()
    const logins = (): number => sshd.log().split('Accepted publickey').length
    const before = logins()
    try {
      await addServer('--host-key', 'accept-new')
      const command = `ssh -J bastion -p ${inner.port} -i ${inner.clientKey} -o IdentityAgent=none -o StrictHostKeyChecking=accept-new -L 0:127.0.0.1:${echoPort} ${inner.username}@${inner.host}`
      expect(await warren('add', 'web', '--command', command)).toMatchObject({ code: 0 })
      const [snapshot] = JSON.parse((await warren('up', 'web', '--json')).out) as [PublicSnapshot]
      expect(snapshot).toMatchObject({ state: 'running', server: inner.host })
      expect(await roundTrip(portOf(snapshot))).toBe(sha256(payload))
      // sshd writes its log when it has answered.
      await expect.poll(logins).toBeGreaterThan(before)
    } finally {
      await inner.stop()
    }
  })

  it('ends quietly when its reader leaves', async () => {
    await addServer()
    for (const port of [1, 2, 3]) await warren('add', `f${port}`, '-L', `0:a:${port}`, '--server', 'bastion')
    const child = start(['ls', '--json'])
    let err = ''
    child.stderr?.on('data', (part: Buffer) => (err += part.toString()))
    child.stdout?.destroy()
    await once(child, 'close')
    expect([child.exitCode, err]).toEqual([0, ''])
  })

  it('tells whether a daemon runs, and ends it', async () => {
    expect(await warren('daemon', 'status')).toMatchObject({ code: 69 })
    await warren('ls')
    expect(await json('daemon', 'status')).toMatchObject({ home: place.home, running: 0 })
    expect(await warren('daemon', 'stop')).toMatchObject({ code: 0 })
    expect(await warren('daemon', 'status')).toMatchObject({ code: 69 })
    expect(await warren('daemon', 'stop')).toMatchObject({ code: 0 })
  })
})
