import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { existsSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resolvePlaces, type Places } from '@daemon/client'
import { relaySpecSchema, type RelaySpec } from '@shared/relays'
import { createReporter, type Reporter } from '../../../src/daemon/api/x-port-forward/reporter'
import { HOUR_MS } from '../../../src/daemon/api/x-port-forward/_hours'
import { openStore, REPORT_ROWS, type Store } from '../../../src/daemon/store/index'
import { createWarnings } from '../../../src/daemon/warnings'
import { temporaryHome } from '../../support/daemon'
import { fakeClock, type FakeClock } from '../../support/fake-clock'

interface Report {
  readonly TrafficLogs: Readonly<
    Record<string, { readonly ForwardName: string; readonly HourUsedBandwidth: number; readonly Time: string }>
  >
  readonly UsedBandwidth: Readonly<Record<string, number>>
}

interface Panel {
  readonly url: string
  readonly bodies: string[]
  readonly requests: IncomingMessage[]
  answer: (response: ServerResponse, request: IncomingMessage) => void
  readonly close: () => Promise<void>
}

const succeeds = (response: ServerResponse): void => {
  response.end('{"success":true}')
}

async function startPanel(): Promise<Panel> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      panel.requests.push(request)
      panel.bodies.push(Buffer.concat(chunks).toString())
      panel.answer(response, request)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const panel: Panel = {
    url: `http://127.0.0.1:${port}/report.php?token=hidden`,
    bodies: [],
    requests: [],
    answer: succeeds,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return panel
}

let place: ReturnType<typeof temporaryHome>
let places: Places
let store: Store
let clock: FakeClock
let panel: Panel
let reporter: Reporter
let running: string[]
const log: string[] = []

beforeEach(async () => {
  place = temporaryHome()
  places = resolvePlaces({}, place.home)
  store = openStore(places)
  clock = fakeClock()
  panel = await startPanel()
  running = []
  log.length = 0
  reporter = newReporter()
})
afterEach(async () => {
  await reporter.close()
  await store.close()
  await panel.close()
  place.remove()
})

function newReporter(more: { readonly answerMs?: number } = {}): Reporter {
  return createReporter({
    ...{ store, clock, folder: places.home, running: () => running, onChange: () => undefined, ...more },
    books: { flush: () => Promise.resolve() },
    warnings: createWarnings((message) => log.push(message)),
    log: (message) => log.push(message),
  })
}

async function addForward(id: string, name = id): Promise<RelaySpec> {
  const at = '2026-01-01T00:00:00.000Z'
  const spec = relaySpecSchema.parse({
    ...{ id, name, protocol: 'tcp', listenPort: 0, targets: [{ host: 'a', port: 1 }], origin: 'x-port-forward' },
    ...{ createdAt: at, updatedAt: at },
  })
  await store.saveRelays([spec])
  await store.saveXForward({ relayId: id })
  return spec
}

/** What the books do every second. */
function move(relayId: string, up: number, down = 0): void {
  const raw = new Database(places.database)
  raw
    .prepare('update x_forwards set hour_up = hour_up + ?, hour_down = hour_down + ? where relay_id = ?')
    .run([up, down, relayId])
  raw.close()
}

function lastReport(): Report {
  return JSON.parse(panel.bodies.at(-1) ?? '') as Report
}

describe('a report', () => {
  it("is the document's: body, method, no content type", async () => {
    await addForward('h', 'testhttp')
    await addForward('u', 'testudp3')
    await store.flushXForwards(['h', 'u'], Date.parse('2020-05-15T23:06:33+08:00'))
    move('h', 90_086_864)
    await store.flushXForwards(['h'], Date.parse('2020-05-15T23:09:04+08:00'))
    await reporter.begin()
    await reporter.set({ url: panel.url })
    expect(reporter.state()).toMatchObject({ waiting: 3, fault: null, lastSuccess: null })
    expect((await reporter.now()).fault).toBeNull()
    const rows = Object.entries(lastReport().TrafficLogs)
    expect(rows.map(([id, { Time, ...row }]) => [id, row, Date.parse(Time)])).toEqual([
      ['1', { ForwardName: 'testhttp', HourUsedBandwidth: 0 }, Date.parse('2020-05-15T23:06:33+08:00')],
      ['2', { ForwardName: 'testudp3', HourUsedBandwidth: 0 }, Date.parse('2020-05-15T23:06:33+08:00')],
      ['3', { ForwardName: 'testhttp', HourUsedBandwidth: 87_975.4531 }, Date.parse('2020-05-15T23:09:04+08:00')],
    ])
    expect(lastReport().UsedBandwidth).toEqual({ testhttp: 87_975.4531, testudp3: 0 })
    expect(Object.keys(lastReport())).toEqual(['TrafficLogs', 'UsedBandwidth'])
    const [request] = panel.requests
    expect(request?.method).toBe('POST')
    expect(request?.url).toBe('/report.php?token=hidden')
    expect(request?.headers['content-type']).toBeUndefined()
    expect(request?.headers.authorization).toBeUndefined()
    const state = reporter.state()
    expect(state).toMatchObject({ waiting: 0, fault: null, lastSuccess: new Date(clock.now()).toISOString() })
    expect(await store.xTrafficLogs('h', { waiting: true })).toEqual([])
    expect((await store.xTrafficLogs('h', { waiting: false })).map(({ reportStatus }) => reportStatus)).toEqual([
      ...['ok', 'ok'],
    ])
  })

  it('is not sent while no row waits, nor to nobody', async () => {
    await addForward('h')
    await reporter.begin()
    await reporter.set({ url: panel.url })
    await reporter.now()
    expect(panel.bodies).toEqual([])
    await store.flushXForwards(['h'], clock.now())
    await reporter.set({ url: null })
    await reporter.now()
    await clock.advance(24 * HOUR_MS)
    expect(panel.bodies).toEqual([])
  })

  it('tells rows of removed forwards, and leaves their names out of what is used', async () => {
    await addForward('gone')
    await addForward('here')
    move('gone', 1024)
    await store.flushXForwards(['gone', 'here'], clock.now())
    await store.deleteRelays(['gone'], new Date(clock.now()).toISOString())
    await reporter.begin()
    await reporter.set({ url: panel.url })
    await reporter.now()
    expect(Object.values(lastReport().TrafficLogs).map(({ ForwardName }) => ForwardName)).toEqual(['gone', 'here'])
    expect(lastReport().UsedBandwidth).toEqual({ here: 0 })
  })

  it('can be of forwards with any name', async () => {
    const names = ['__proto__', 'a"b', 'constructor', '端口']
    for (const name of names) await addForward(name)
    await store.flushXForwards(names, clock.now())
    await reporter.begin()
    await reporter.set({ url: panel.url })
    await reporter.now()
    expect(Object.keys(lastReport().UsedBandwidth).sort()).toEqual(names.sort())
  })

  it('of very many rows goes in several, each taken by itself', async () => {
    await addForward('h')
    const raw = new Database(places.database)
    raw.exec(`
      with recursive n (i) as (select 1 union all select i + 1 from n where i <= ${REPORT_ROWS})
      insert into x_traffic_logs (relay_id, forward_name, bytes, hour_time, report_status, created_at, updated_at)
      select 'h', 'h', i, 0, 'wait', 0, 0 from n`)
    raw.close()
    await reporter.begin()
    await reporter.set({ url: panel.url })
    panel.answer = (response) => response.end(`{"success":${panel.bodies.length === 1}}`)
    expect((await reporter.now()).waiting).toBe(1)
    panel.answer = succeeds
    expect((await reporter.now()).waiting).toBe(0)
    const sent = panel.bodies.map((body) => Object.keys((JSON.parse(body) as Report).TrafficLogs).length)
    expect(sent).toEqual([REPORT_ROWS, 1, 1])
  })
})

describe('a row', () => {
  const isSlow = (): void => undefined
  const refusals: readonly (readonly [string, Panel['answer'], RegExp])[] = [
    ['says false', (response) => response.end('{"success":false,"message":"no such server"}'), /no such server/],
    ['says false without a word', (response) => response.end('{"success":false}'), /said no/],
    ['says false with a message that is none', (response) => response.end('{"success":false,"message":5}'), /said no/],
    ['says the text true', (response) => response.end('{"success":"true"}'), /not \{"success":true\}/],
    ['says 1', (response) => response.end('{"success":1}'), /not \{"success":true\}/],
    ['answers a list', (response) => response.end('[{"success":true}]'), /not \{"success":true\}/],
    ['answers null', (response) => response.end('null'), /not \{"success":true\}/],
    ['answers garbage', (response) => response.end('<html>\u0000\ufffd'), /not \{"success":true\}/],
    ['answers nothing', (response) => response.end(), /answered nothing/],
    ['fails', (response) => response.writeHead(500).end('Internal Server Error'), /HTTP 500/],
    ['sends elsewhere', (response) => response.writeHead(302, { location: panel.url }).end(), /does not follow/],
    ['answers without end', (response) => response.write('x'.repeat(100_000)), /more than 65536 bytes/],
    ['hangs up', (response) => response.socket?.destroy(), /not reached/],
    ['hangs up in the middle', (response) => breakOff(response), /broke off/],
    ['is slow', isSlow, /did not answer within/],
  ]

  it.each(refusals)('waits on when the panel %s, and goes whole the next time', async (_what, answer, said) => {
    if (answer === isSlow) reporter = newReporter({ answerMs: 2000 })
    await addForward('h')
    move('h', 2048)
    await store.flushXForwards(['h'], clock.now())
    await reporter.begin()
    await reporter.set({ url: panel.url })
    panel.answer = answer
    const state = await reporter.now()
    expect(state).toMatchObject({ waiting: 1, lastSuccess: null, fault: { code: 'report.failed' } })
    expect(state.fault?.message).toMatch(said)
    expect(state.fault?.message).not.toContain('hidden')
    expect(log.join('\n')).not.toContain('hidden')
    panel.answer = succeeds
    if (answer === isSlow) {
      await reporter.close()
      reporter = newReporter()
      await reporter.begin()
    }
    expect(await reporter.now()).toMatchObject({ waiting: 0, fault: null })
    expect(panel.bodies).toHaveLength(2)
    expect(panel.bodies[1]).toBe(panel.bodies[0])
  })

  it('counts as taken when a panel says so, whatever its HTTP status', async () => {
    await addForward('h')
    await store.flushXForwards(['h'], clock.now())
    await reporter.begin()
    await reporter.set({ url: panel.url })
    panel.answer = (response) => response.writeHead(500).end(' {"success": true, "message": "ok"}\n')
    expect(await reporter.now()).toMatchObject({ waiting: 0, fault: null })
  })

  it('that came while a report was under way waits for the next one', async () => {
    await addForward('h')
    await store.flushXForwards(['h'], clock.now())
    await reporter.begin()
    await reporter.set({ url: panel.url })
    panel.answer = (response) => {
      panel.answer = succeeds
      void store.flushXForwards(['h'], clock.now()).then(() => succeeds(response))
    }
    await reporter.now()
    expect(panel.bodies.map((body) => Object.keys((JSON.parse(body) as Report).TrafficLogs))).toEqual([['1'], ['2']])
  })

  it('goes out once when it is asked for twice at a time', async () => {
    await addForward('h')
    await store.flushXForwards(['h'], clock.now())
    await reporter.begin()
    await reporter.set({ url: panel.url })
    const states = await Promise.all([reporter.now(), reporter.now()])
    expect(states.map(({ waiting }) => waiting)).toEqual([0, 0])
    expect(panel.bodies).toHaveLength(1)
  })
})

describe('an answer that was read', () => {
  /** As if the daemon died right after it read the answer, before the store was written. */
  async function dieAfterAnswer(): Promise<void> {
    await addForward('h')
    await store.flushXForwards(['h'], clock.now())
    const batch = await store.beginXReport('batch-1')
    expect(batch?.logs).toHaveLength(1)
    writeFileSync(join(places.home, 'x-report.taken'), 'batch-1')
  }

  it('holds across a crash: the rows are never sent again', async () => {
    await dieAfterAnswer()
    await store.flushXForwards(['h'], clock.now())
    reporter = newReporter()
    await reporter.begin()
    expect(reporter.state().waiting).toBe(1)
    await reporter.set({ url: panel.url })
    await reporter.now()
    expect(panel.bodies.map((body) => Object.keys((JSON.parse(body) as Report).TrafficLogs))).toEqual([['2']])
    expect(existsSync(join(places.home, 'x-report.taken'))).toBe(false)
  })

  it('is of one batch: one that was begun since is not taken by it', async () => {
    await dieAfterAnswer()
    await store.beginXReport('batch-2')
    reporter = newReporter()
    await reporter.begin()
    expect(reporter.state().waiting).toBe(1)
  })

  it('holds while the store does not take it', async () => {
    await addForward('h')
    await store.flushXForwards(['h'], clock.now())
    await reporter.begin()
    await reporter.set({ url: panel.url })
    const raw = new Database(places.database)
    raw.exec(`create trigger broken before update on x_traffic_logs begin select raise(fail, 'injected'); end`)
    expect((await reporter.now()).fault).not.toBeNull()
    expect((await reporter.now()).fault).not.toBeNull()
    expect(existsSync(join(places.home, 'x-report.taken'))).toBe(true)
    raw.exec('drop trigger broken')
    raw.close()
    expect(await reporter.now()).toMatchObject({ waiting: 0, fault: null })
    expect(panel.bodies).toHaveLength(1)
  })
})

describe('the interval', () => {
  it('is 23 minutes unless told otherwise, and goes on across restarts', async () => {
    await addForward('h')
    await reporter.begin()
    expect((await reporter.set({ url: panel.url })).intervalSeconds).toBe(23 * 60)
    await store.flushXForwards(['h'], clock.now())
    await clock.advance(22 * 60_000)
    expect(panel.bodies).toHaveLength(0)
    const answered = new Promise<void>((resolve) => {
      panel.answer = (response) => {
        response.end('{"success":false}', resolve)
      }
    })
    await clock.advance(60_000)
    await answered
    await reporter.now()
    await reporter.close()
    reporter = newReporter()
    await clock.advance(10 * 60_000)
    await reporter.begin()
    expect(clock.waits()).toContain(13 * 60_000)
  })

  it('refuses an address that carries a login, or is none', async () => {
    await reporter.begin()
    await expect(reporter.set({ url: 'http://me:secret@192.0.2.1/' })).rejects.toMatchObject({ code: 'spec.invalid' })
    await expect(reporter.set({ url: 'file:///etc/passwd' })).rejects.toThrow()
    await expect(reporter.set({ url: panel.url, intervalSeconds: 0 })).rejects.toThrow()
    expect(reporter.state().url).toBeNull()
  })
})

describe('an hour', () => {
  const turned = async (): Promise<void> => {
    // The look at the hour ends with a look at what waits.
    await store.waitingXLogs()
    await store.waitingXLogs()
  }
  const logs = async (id: string): Promise<number[]> =>
    (await store.xTrafficLogs(id, { waiting: false })).map(({ bytes }) => bytes)

  it('ends with a log of every forward that runs, also of nothing, and of others that moved something', async () => {
    for (const id of ['busy', 'idle', 'stopped', 'was-busy']) await addForward(id)
    running = ['busy', 'idle']
    await reporter.begin()
    await turned()
    expect(await logs('busy')).toEqual([])
    move('busy', 1000, 24)
    move('was-busy', 5)
    await clock.advance(HOUR_MS)
    await turned()
    expect(await Promise.all(['busy', 'idle', 'stopped', 'was-busy'].map(logs))).toEqual([[1024], [0], [], [5]])
    expect(await store.xForward('busy')).toMatchObject({ used: 1024, hourUp: 0, hourDown: 0 })
  })

  it('is turned once, also when the daemon starts again in it, and not backwards', async () => {
    await addForward('h')
    running = ['h']
    await reporter.begin()
    await clock.advance(HOUR_MS)
    await turned()
    await reporter.close()
    reporter = newReporter()
    await reporter.begin()
    await turned()
    expect(await logs('h')).toEqual([0])
    move('h', 7)
    const hour = Math.floor(clock.now() / HOUR_MS)
    await store.turnXHour({ hour: hour - 5, running, at: clock.now(), before: 0 })
    expect(await logs('h')).toEqual([0])
    await store.turnXHour({ hour: hour - 4, running, at: clock.now(), before: 0 })
    expect(await logs('h')).toEqual([0, 7])
  })

  it('takes logs older than 32 days with it', async () => {
    await addForward('h')
    await store.flushXForwards(['h'], clock.now() - 33 * 24 * HOUR_MS)
    await store.flushXForwards(['h'], clock.now() - 31 * 24 * HOUR_MS)
    await reporter.begin()
    await turned()
    await clock.advance(HOUR_MS)
    await turned()
    expect(await logs('h')).toHaveLength(1)
  })
})

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '100' })
  response.write('{"success":true}', () => response.socket?.destroy())
}
