/** The cloud beside a bare Hono server in the same run: lists, starts, syncs, and ten thousand event streams. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type Postgres } from '../support/postgres'
import { loadOf, serveCloud, serveHello, type Load, type Served, type ServedCloud } from './_cloud'
import { median } from './_measure'
import { rssBytes } from './_processes'
import { figure, publish } from './_table'

const ROUNDS = 3
const SECONDS = 5
const LISTED = 100
const MANY = 10_000
const CHANGED = 100
const MEBIBYTE = 1024 * 1024
const CLIENTS = join(import.meta.dirname, '_event-clients.mjs')

describe('the cloud', () => {
  let postgres: Postgres
  let hello: Served
  let clouds: readonly ServedCloud[]
  const rows: string[][] = []

  beforeAll(async () => {
    postgres = await startPostgres({ durable: true })
    hello = await serveHello()
    const elsewhere = await postgres.makeDatabase()
    clouds = [await serveCloud('SQLite'), await serveCloud('PostgreSQL', elsewhere)]
  })
  afterAll(async () => {
    for (const cloud of clouds) await cloud.stop()
    await hello.stop()
    await postgres.stop()
    publish({
      id: 'cloud',
      title: 'The cloud beside a bare Hono server',
      header: ['what', 'bare Hono', 'SQLite', '/ bare', 'PostgreSQL', '/ bare'],
      rows,
      notes: [
        `Requests: wrk, one thread, 16 kept connections, ${SECONDS} s, medians of ${ROUNDS} rounds in turn; the ratio is the median of the ratios round by round. Servers, load and PostgreSQL share the machine.`,
        `A list answers ${LISTED} forwards, some 65 KB of JSON, after the token, the account and the cursor of the list were asked of the database; a list that did not move is answered as it was before. Bare Hono answers five bytes. Every start is synced to the disk before it is answered, on both databases.`,
        `Syncs: one client, medians of ${ROUNDS}; milliseconds for the whole request. A delta is ${CHANGED} changed of ${figure(MANY)} known forwards; “asked” is what another machine of the person asks then.`,
        `Streams: ${figure(MANY)} at one server, from a client process of its own; what one more costs is the resident memory beyond that before, divided. One change is told to all: from its request until the last of them has it.`,
      ],
    })
  })

  it('answers lists and starts', async () => {
    for (const cloud of clouds) await cloud.call('POST', '/port-forwards/sync', elements(LISTED))
    const firsts = await Promise.all(clouds.map((cloud) => cloud.call('GET', '/port-forwards')))
    const ids = firsts.map((list) => (list as readonly { readonly id: string }[])[0]?.id ?? '')
    await compare('lists of 100 forwards', 'GET', () => '/port-forwards')
    await compare('starts of a forward', 'POST', (index) => `/port-forwards/${ids[index] ?? ''}/start`)
  })

  async function compare(what: string, method: string, pathOf: (index: number) => string): Promise<void> {
    const bare: Load[] = []
    const ours: Load[][] = clouds.map(() => [])
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(await loadOf(hello.port, { path: '/', method, seconds: SECONDS }))
      for (const [index, { port, token }] of clouds.entries()) {
        ours[index]?.push(await loadOf(port, { path: pathOf(index), token, method, seconds: SECONDS }))
      }
    }
    const cells = ours.flatMap((loads) => [
      text(loads),
      `${median(loads.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN))).toPrecision(2)}×`,
    ])
    rows.push([what, text(bare), ...cells])
  }

  it('takes ten thousand forwards at once, and what changed of them', async () => {
    const all = elements(MANY)
    const took = clouds.map(() => ({
      first: [] as number[],
      same: [] as number[],
      delta: [] as number[],
      asked: [] as number[],
    }))
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, cloud] of clouds.entries()) {
        const one = took[index]
        // A team of its own, so that each round begins with nothing.
        const { id } = (await cloud.call('POST', '/teams/create', { name: `round ${round}` })) as {
          readonly id: string
        }
        const path = `/port-forwards/sync?namespace=${id}`
        one?.first.push(await timed(() => cloud.call('POST', path, all)))
        one?.same.push(await timed(() => cloud.call('POST', path, all)))
        const changed = all.slice(0, CHANGED).map((element) => ({ ...element, name: `changed ${round}` }))
        one?.delta.push(await timed(() => cloud.call('POST', path, changed)))
        const since = `/port-forwards?namespace=${id}&since=${MANY}`
        one?.asked.push(
          await timed(async () => {
            const { changed: told } = (await cloud.call('GET', since)) as { readonly changed: readonly unknown[] }
            expect(told).toHaveLength(CHANGED)
          }),
        )
      }
    }
    const row = (what: string, key: 'first' | 'same' | 'delta' | 'asked'): void => {
      rows.push([what, '–', ...took.flatMap((each) => [`${figure(median(each[key]))} ms`, '–'])])
    }
    row('sync of 10,000 new forwards', 'first')
    row('sync of the same 10,000 again', 'same')
    row('sync of 100 changed of them', 'delta')
    row('the 100 changed, asked by cursor', 'asked')
  })

  it('tells ten thousand streams', async () => {
    const each: string[][] = []
    for (const cloud of clouds) {
      const before = rssBytes(cloud.pid)
      const clients = fork(CLIENTS, [String(cloud.port), cloud.token, String(MANY)])
      await told(clients)
      const memory = rssBytes(cloud.pid) - before
      const spread: number[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const began = performance.now()
        const all = told(clients)
        await cloud.call('POST', '/port-forwards', { name: 'one more', type: 'local' })
        await all
        spread.push(performance.now() - began)
      }
      const gone = once(clients, 'exit')
      clients.disconnect()
      await gone
      each.push([
        `${figure(memory / MEBIBYTE)} MiB, ${figure(memory / MANY / 1024)} KiB each`,
        `${figure(median(spread))} ms`,
      ])
    }
    rows.push(['memory of 10,000 event streams', '–', ...each.flatMap(([memory = '']) => [memory, '–'])])
    rows.push(['a change told to all of them', '–', ...each.flatMap(([, spread = '']) => [spread, '–'])])
  })
})

async function told(clients: ChildProcess): Promise<void> {
  const failed = new AbortController()
  await Promise.race([
    once(clients, 'message', { signal: failed.signal }),
    once(clients, 'exit', { signal: failed.signal }).then(() => {
      throw new Error('The clients ended.')
    }),
  ])
  failed.abort()
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function text(loads: readonly Load[]): string {
  const of = (key: keyof Load): string => figure(median(loads.map((load) => load[key])))
  return `${of('perSecond')} /s, p50 ${of('p50')} ms, p99 ${of('p99')} ms`
}

function elements(count: number): readonly Readonly<Record<string, unknown>>[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ localId: `local-${index}`, name: `forward ${index}`, type: 'local', localHost: '127.0.0.1' },
    ...{ localPort: 10_000 + (index % 50_000), remoteHost: `10.0.${index % 250}.7`, remotePort: 5432 },
    ...{ serverAddress: 'bastion.example.com', username: 'deploy', tags: ['db', 'prod'], description: 'a database' },
  }))
}
