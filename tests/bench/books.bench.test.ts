/** 24 hours of work squeezed into ten minutes: the clock is the test's, sockets, relays, limits and books are real. Writes docs/books.md. */
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { limitsSchema } from '@shared/limits'
import { bounceDatagram, openClient, startMachine, told, type Client, type Machine } from '../daemon/traffic/_squeezed'
import { temporaryHome } from '../support/daemon'

const PAGE = fileURLToPath(new URL('../../docs/books.md', import.meta.url))
const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS
/** `WARREN_DAY_SECONDS` makes it shorter, for a look. */
const DAY_SECONDS = Number(process.env['WARREN_DAY_SECONDS'] ?? 600)
/** The day on which the clock goes back, and one hour of another month. */
const HOURS_OF_DAY = 25
const CHUNK = 65_536
const DATAGRAM = 8192
const FLOWS = 4
/** Used up after about half of the day, and at the end of it. */
const DAY_QUOTA = 12_000_000 * DAY_SECONDS
const MONTH_QUOTA = 18_000_000 * DAY_SECONDS
const MIB = 1024 * 1024

let place: ReturnType<typeof temporaryHome>
let machine: Machine
const zoneBefore = process.env['TZ']

beforeAll(() => {
  process.env['TZ'] = 'Europe/Berlin'
  place = temporaryHome()
})
afterAll(async () => {
  await machine.close()
  place.remove()
  if (zoneBefore === undefined) delete process.env['TZ']
  else process.env['TZ'] = zoneBefore
})

it('books a day hour by hour, to the byte', async () => {
  machine = await startMachine(place.home, '2026-10-24T22:00:00.000Z')
  const { clock, books, engine } = machine
  const quota = (bytes: number, period: 'day' | 'month') =>
    limitsSchema.parse({ quota: { bytes, period, counts: 'up', then: 'stop' } })
  const ports = {
    tcp: await machine.addRelay('tcp'),
    shaped: await machine.addRelay('shaped', {
      limits: limitsSchema.parse({ perRule: { up: 4 * MIB, down: 4 * MIB } }),
    }),
    day: await machine.addRelay('day', { limits: quota(DAY_QUOTA, 'day') }),
    month: await machine.addRelay('month', { limits: quota(MONTH_QUOTA, 'month') }),
    udp: await machine.addRelay('udp', { protocol: 'udp', idleSeconds: 86_400 }),
  }
  const ids = Object.keys(ports) as (keyof typeof ports)[]
  const before = new Map<string, number>(ids.map((id) => [id, 0]))
  const expected = new Map<string, number[]>(ids.map((id) => [id, []]))
  const lasting: Client[] = []
  for (let at = 0; at < FLOWS; at += 1) {
    const client = await openClient(ports.tcp)
    if (client !== null) lasting.push(client)
  }
  const source = createSocket('udp4')
  let stopsSeen = 0

  const hour = async (): Promise<void> => {
    const end = performance.now() + (DAY_SECONDS / (HOURS_OF_DAY + 1)) * SECOND_MS
    const isOver = (): boolean => performance.now() >= end
    const keep = async (client: Client): Promise<void> => {
      while (!isOver() && !client.isOver()) await client.bounce(CHUNK)
    }
    const come = async (port: number): Promise<void> => {
      while (!isOver()) {
        const client = await openClient(port)
        if (client === null) return
        for (let at = 0; at < 50 && !isOver() && !client.isOver(); at += 1) await client.bounce(CHUNK)
        if (!client.isOver()) await client.close()
      }
    }
    const datagrams = async (): Promise<void> => {
      while (!isOver()) await bounceDatagram(source, ports.udp, DATAGRAM)
    }
    await Promise.all([...lasting.map(keep), come(ports.shaped), come(ports.day), come(ports.month), datagrams()])
    await told()
    for (const id of ids) {
      const received = machine.received(id)
      expected.get(id)?.push(received - (before.get(id) ?? 0))
      before.set(id, received)
      if (engine.relays.snapshot(id).reason?.code === 'limit.quota') stopsSeen += 1
    }
    await clock.advance(HOUR_MS)
  }

  for (let at = 0; at < HOURS_OF_DAY; at += 1) await hour()
  machine.jumpTo('2026-11-01T05:00:00.000Z')
  await engine.relays.settled(ids, 10_000)
  expect(ids.map((id) => engine.relays.snapshot(id).state)).toEqual(ids.map(() => 'running'))
  await hour()
  for (const client of lasting) await client.close()
  source.close()
  await told()

  const lines: string[] = []
  for (const id of ids) {
    const list = expected.get(id) ?? []
    const rows = await books.rows({ id, by: 'hour', limit: 10_000 })
    const moved = list.filter((bytes) => bytes > 0)
    expect(rows.map(({ up }) => up).filter((up) => up > 0)).toEqual(moved)
    const days = await books.rows({ id, by: 'day', limit: 10_000 })
    const dayOf = (day: string): number => days.find(({ from }) => from.startsWith(day))?.up ?? 0
    const sum = list.reduce((all, bytes) => all + bytes, 0)
    const { ever } = books.usage(id)
    expect([dayOf('2026-10-25') + dayOf('2026-11-01'), ever.up]).toEqual([sum, sum])
    const figures = [rows.length, days.length, mib(machine.received(id)), mib(ever.up), ever.up - machine.received(id)]
    lines.push(`| ${[id, ...figures].join(' | ')} |`)
  }
  const spent = books.usage('day')
  const [first] = await books.rows({ id: 'day', by: 'day', limit: 1 })
  if (stopsSeen > 0) expect(Math.max(first?.up ?? 0, spent.today.up)).toBeLessThanOrEqual(DAY_QUOTA)
  writeFileSync(PAGE, page(lines, stopsSeen))
  process.stdout.write(page(lines, stopsSeen))
})

// --- internal ---

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}

function page(lines: readonly string[], stops: number): string {
  return `${[
    '# A day in the books',
    '',
    "`npm run bench -- tests/bench/books.bench.test.ts` squeezes 26 hours into ten minutes and writes this page: the clock is the test's,",
    'sockets, relays, limits and books are real. It is 25 October 2026 in Berlin, a day of 25 hours; then the machine sleeps until the',
    'first of November and works one hour more. Every hour of every relay is compared with what its target received, to the byte.',
    '',
    '| relay | hours in the books | days | received MiB | booked MiB | difference, bytes |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `- tcp: ${FLOWS} connections that stay all day, echoing. shaped: 4 MiB/s for all. day and month: a quota of ${DAY_QUOTA / 1e6} MB a day and ${MONTH_QUOTA / 1e6} MB a month that stops. udp: datagrams of ${DATAGRAM} bytes.`,
    `- Hours that ended with a relay stopped by its quota: ${stops}. Both began anew by themselves at the boundary.`,
    `- ${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}, Node ${process.version}, ${DAY_SECONDS} s.`,
  ].join('\n')}\n`
}
