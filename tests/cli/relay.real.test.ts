/** The built command line with a real daemon: relays that carry bytes, their books, and the control APIs. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ApiView } from '@shared/apis'
import type { TrafficRow, Usage } from '@shared/traffic'
import type { PublicRelay } from '../../src/cli/owners'
import { daemonScript, endBuilt, temporaryHome } from '../support/daemon'
import { freePort } from '../support/free-port'

let echo: Server
let echoPort: number
let place: ReturnType<typeof temporaryHome>

beforeAll(async () => {
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
afterAll(() => {
  echo.close()
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

async function warren(line: string, input = ''): Promise<Ended> {
  const script = join(dirname(daemonScript()), 'warren.mjs')
  const child = spawn(process.execPath, [script, ...line.split(' ')], {
    env: { PATH: process.env['PATH'], HOME: place.home, WARREN_HOME: place.home },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

async function json<T>(line: string, input?: string): Promise<T> {
  const { out, err } = await warren(`${line} --json`, input)
  try {
    return JSON.parse(out) as T
  } catch {
    throw new Error(`warren ${line} printed no document: ${out} ${err}`)
  }
}

async function throughTcp(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.end(bytes)
  await once(socket, 'close')
  return Buffer.concat(parts)
}

type Stats = PublicRelay & { readonly usage: Usage }

describe('warren relay', () => {
  it('carries bytes both ways, counts them, and keeps its books over a kill -9', async () => {
    const port = await freePort()
    expect(await warren(`relay add web tcp ${port} 127.0.0.1:${echoPort} --max-connections 10`)).toMatchObject({
      code: 0,
    })
    expect(await warren('relay up web')).toMatchObject({ code: 0 })
    const payload = Buffer.alloc(1024 * 1024, 'warren')
    expect((await throughTcp(port, payload)).equals(payload)).toBe(true)
    const before = await json<Stats>('relay stats web')
    expect(before).toMatchObject({
      ...{ type: 'tcp', server: null, state: 'running', totalConnections: 1 },
      ...{ bytesUp: payload.length, bytesDown: payload.length },
      usage: { ever: { up: payload.length, down: payload.length }, connections: 1 },
    })
    expect(await json<unknown[]>('history web')).toMatchObject([{ reason: 'closed', bytesUp: payload.length }])
    const { pid } = await json<{ pid: number }>('daemon status')
    process.kill(pid, 'SIGKILL')
    const after = async (): Promise<Stats> => json<Stats>('relay stats web')
    await expect.poll(async () => (await after()).state).toBe('running')
    expect(await after()).toMatchObject({ bytesUp: 0, usage: { ever: { up: payload.length, down: payload.length } } })
    expect((await throughTcp(port, payload)).length).toBe(payload.length)
    // One row, or two when midnight came in between.
    const days = await json<TrafficRow[]>('traffic web')
    expect(new Set(days.map(({ name }) => name))).toEqual(new Set(['web']))
    expect(days.reduce((sum, { up }) => sum + up, 0)).toBe(2 * payload.length)
    expect(days.reduce((sum, { connections }) => sum + connections, 0)).toBe(2)
    expect((await warren('relay down web')).out).toContain(`127.0.0.1:${port} is free`)
    const socket = connect(port, '127.0.0.1')
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await warren('relay rm web')).toMatchObject({ code: 0 })
    expect(await json('relay ls')).toEqual([])
  })

  it('carries datagrams', async () => {
    const target = createSocket('udp4')
    target.on('message', (message, { port, address }) => target.send(message, port, address))
    target.bind(0, '127.0.0.1')
    await once(target, 'listening')
    const relay = await json<PublicRelay>(`relay add dns udp 0 127.0.0.1:${target.address().port}`)
    expect(relay).toMatchObject({ type: 'udp', state: 'stopped' })
    const [up] = await json<PublicRelay[]>('relay up dns')
    const { listen } = up ?? relay
    const client = createSocket('udp4')
    client.send('hello', 'port' in listen ? listen.port : 0, '127.0.0.1')
    const [answer] = (await once(client, 'message')) as [Buffer]
    expect(answer.toString()).toBe('hello')
    expect(await json<unknown[]>('connections dns')).toMatchObject([{ forward: 'dns', bytesUp: 5, bytesDown: 5 }])
    const [{ id } = { id: '' }] = await json<{ id: string }[]>('relay connections dns')
    expect(await warren(`kill ${id}`)).toMatchObject({ code: 0 })
    expect(await json('relay connections dns')).toEqual([])
    client.close()
    target.close()
  })

  it('ends badly with a code, a sentence and a fix', async () => {
    expect(await warren(`relay add held tcp ${echoPort} 127.0.0.1:1`)).toMatchObject({ code: 0 })
    const held = await warren('relay up held')
    expect(held).toMatchObject({ code: 2, out: expect.stringContaining(`Port ${echoPort} is held by`) as string })
    expect(held.out).toContain('warren relay edit held --listen 127.0.0.1:')
    expect(await warren('relay add away tcp 203.0.113.9:8080 127.0.0.1:1')).toMatchObject({ code: 0 })
    expect((await json<PublicRelay[]>('relay up away'))[0]?.reason).toMatchObject({
      code: 'port.address-unavailable',
    })
    expect(await warren('relay add self tcp 8099 localhost:8099')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('leads back') as string },
    })
    expect(await warren('relay add lost tcp 0 nowhere.invalid:80')).toMatchObject({ code: 0 })
    const [lost] = await json<PublicRelay[]>('relay up lost')
    expect(lost?.state).toBe('running')
    const port = lost !== undefined && 'port' in lost.listen ? lost.listen.port : 0
    expect(await throughTcp(port, Buffer.from('x')).catch(() => Buffer.alloc(0))).toHaveLength(0)
    const now = await json<PublicRelay>('status lost')
    expect(now).toMatchObject({ state: 'degraded', reason: { code: 'target.unresolvable' } })
  })
})

describe('warren api', () => {
  it('serves metrics and a panel, over a kill -9 too', async () => {
    await warren(`relay add web tcp 0 127.0.0.1:${echoPort}`)
    const metrics = await json<ApiView>('api enable metrics --listen 127.0.0.1:0')
    const port = await freePort()
    const panel = await json<ApiView>(`api enable x-port-forward --key-stdin --listen 127.0.0.1:${port}`, 'KEY\n')
    expect(panel).toMatchObject({ state: 'running', hasKey: true, listen: { port } })
    const text = await (await fetch(`http://127.0.0.1:${metrics.listen.port}/metrics`)).text()
    expect(text).toContain('warren_state{name="web"')
    const call = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}/?sign=0`)).json()
    expect(await call()).toMatchObject({ code: 403 })
    const { pid } = await json<{ pid: number }>('daemon status')
    process.kill(pid, 'SIGKILL')
    const stateOf = async (): Promise<unknown> => (await json<ApiView[]>('api ls')).map(({ state }) => state)
    await expect.poll(stateOf).toEqual(['running', 'running'])
    expect(await call()).toMatchObject({ code: 403 })
    expect(await json('api disable x-port-forward')).toMatchObject({ state: 'stopped', hasKey: true })
    await expect(call()).rejects.toThrow()
  })
})
