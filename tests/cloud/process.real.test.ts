/** The bundle that people run: the commands, the first start, signals, and what a fault of the start says. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { freePort } from '../support/free-port'

const bundle = join(import.meta.dirname, '../../out/node/warren-cloud.mjs')
let data: string
const running = new Set<ChildProcess>()

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'warren-cloud-'))
})
afterEach(async () => {
  for (const child of running) {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  rmSync(data, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(words: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [bundle, ...words], {
    env: { PATH: process.env['PATH'] ?? '', HOME: data, WARREN_CLOUD_DATA: data, PORT: '0', ...env },
    stdio: 'pipe',
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function run(words: readonly string[], env: Readonly<Record<string, string>> = {}, input = ''): Promise<Ended> {
  const child = start(words, env)
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  child.stdin?.end(input)
  await once(child, 'close')
  return { code: child.exitCode, out: out.trim(), err: err.trim() }
}

/** Serves until it is told to end; resolves when it listens, with what it said so far. */
async function serve(
  until: string,
): Promise<{ readonly child: ChildProcess; readonly url: string; readonly link: string }> {
  const child = start([])
  let [url, link] = ['', '']
  if (child.stderr === null) throw new Error('The log is not there.')
  for await (const line of createInterface({ input: child.stderr })) {
    const said = JSON.parse(line) as { message: string; url?: string; link?: string }
    url = said.url ?? url
    link = said.link ?? link
    if (said.message.startsWith(until)) break
  }
  child.stderr.resume()
  return { child, url, link }
}

it('prints a link at the first start that makes the first account, and ends in order when told to', async () => {
  const { child, url, link } = await serve('make the first account')
  expect(link).toMatch(new RegExp(`^${url}/invite#`))
  const body = { email: 'ada@example.com', username: 'ada', password: 'secret123', invitation: link.split('#')[1] }
  const headers = { 'content-type': 'application/json' }
  const made = await fetch(`${url}/auth/register`, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(made.status).toBe(201)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

it('makes accounts, tokens and teams, and a kill loses nothing that was answered', async () => {
  const added = await run(['user', 'add', 'ada@example.com', '--password-stdin'], {}, 'secret123\n')
  expect(added).toMatchObject({ code: 0, err: '' })
  expect((await run(['user', 'add', 'ada@example.com', '--password-stdin'], {}, 'secret123')).code).toBe(1)
  const { out: token } = await run(['user', 'token', 'ada@example.com'])
  const { out: team } = await run(['team', 'add', 'ops', '--owner', 'ada@example.com'])
  const path = `/port-forwards?namespace=${team}`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const first = await serve('listening')
  const ended = once(first.child, 'exit')
  const acknowledged: string[] = []
  for (const name of ['a', 'b', 'c']) {
    const answer = await fetch(first.url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name, type: 'local' }),
    })
    if (answer.status === 201) acknowledged.push(name)
  }
  first.child.kill('SIGKILL')
  await ended
  const second = await serve('listening')
  const list = (await (await fetch(second.url + path, { headers })).json()) as readonly { name: string }[]
  expect(list.map(({ name }) => name).sort()).toEqual(acknowledged)
  expect(acknowledged).toHaveLength(3)
})

it('has one server for a SQLite folder: a second one is refused, the commands work beside it, and a crash frees it', async () => {
  const first = await serve('make the first account')
  const refused = {
    code: 1,
    err: `warren-cloud: Another cloud server runs on ${data}, and a SQLite file has one. Stop it, or set WARREN_CLOUD_DATA to another folder. Several servers share a database of DATABASE_URL.`,
  }
  expect(await run([])).toMatchObject(refused)
  const added = await run(['user', 'add', 'ada@example.com', '--password-stdin'], {}, 'secret123\n')
  expect(added).toMatchObject({ code: 0, err: '' })
  expect(await run(['team', 'add', 'ops', '--owner', 'ada@example.com'])).toMatchObject({ code: 0, err: '' })
  expect((await run(['user', 'token', 'ada@example.com'])).code).toBe(0)
  expect((await run(['migrate'])).code).toBe(0)
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
  // None of them took it from the server; and under another name it is the same folder.
  const alias = join(data, 'alias')
  symlinkSync(data, alias)
  const err = refused.err.replace(data, alias)
  expect(await run(['serve'], { WARREN_CLOUD_DATA: alias })).toMatchObject({ code: 1, err })
  const ended = once(first.child, 'exit')
  first.child.kill('SIGKILL')
  await ended
  const second = await serve('listening')
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200)
})

it('waits for a server that was told to end', async () => {
  const first = await serve('make the first account')
  const next = serve('listening')
  first.child.kill('SIGTERM')
  expect((await fetch(`${(await next).url}/readyz`)).status).toBe(200)
})

it('says in a sentence why it cannot start', async () => {
  // Of those that nobody is given by chance: it is to refuse when it is free again.
  const port = await freePort()
  const taken = createServer().listen(port, '127.0.0.1')
  await once(taken, 'listening')
  expect(await run([], { PORT: String(port) })).toMatchObject({
    code: 1,
    err: `warren-cloud: 127.0.0.1:${port} is in use by another program. Stop it, or set PORT to another one.`,
  })
  taken.close()
  const nobody = await run([], { DATABASE_URL: `postgres://warren:planted@127.0.0.1:${port}/cloud` })
  expect(nobody.code).toBe(1)
  expect(nobody.err).toMatch(
    /^warren-cloud: PostgreSQL at 127\.0\.0\.1:\d+ cannot be used \(.*ECONNREFUSED.*\)\. Check DATABASE_URL\.$/,
  )
  expect(nobody.err).not.toContain('planted')
  writeFileSync(join(data, 'file'), '')
  const folder = await run([], { WARREN_CLOUD_DATA: join(data, 'file') })
  expect(folder).toMatchObject({
    code: 1,
    err: expect.stringContaining('names a folder that this account may write to') as string,
  })
  for (const PORT of ['abc', '65536', '80.5']) {
    expect(await run([], { PORT })).toMatchObject({
      code: 1,
      err: `warren-cloud: PORT must be a whole number from 0 to 65535, not "${PORT}".`,
    })
  }
  const wrong = { WARREN_CLOUD_TOKEN_SECONDS: '1', WARREN_CLOUD_REGISTRATION: 'no', WARREN_CLOUD_URL: 'localhost:3000' }
  expect((await run([], wrong)).err.split('\n')).toEqual([
    'warren-cloud: WARREN_CLOUD_REGISTRATION must be open, invite or closed, not "no".',
    'WARREN_CLOUD_URL must be a whole address that begins with https:// or http://.',
    'WARREN_CLOUD_TOKEN_SECONDS must be a whole number from 60 to 7776000, not "1".',
  ])
  writeFileSync(join(data, 'server.lock'), 'x'.repeat(5000))
  expect(await run([])).toMatchObject({
    code: 1,
    err: `warren-cloud: ${join(data, 'server.lock')} is no lock. Delete it.`,
  })
  expect((await run(['nonsense'])).code).toBe(64)
})
