/** `npx vitest run --project bench tests/bench/survival.bench.test.ts` writes docs/survival.md, in about five minutes. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync, writeSync, openSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryHome } from '../support/daemon'
import { digest, dialLocal, sendNoise, listenEcho } from '../engine/ssh/harness'
import { forwardSpec } from '../engine/world'
import { makeNetwork, mayMakeNetworks } from '../support/netns'
import { appKilled } from './_survival-app'
import { openDaemonBench } from './_survival-daemon'
import { allGreet, openBench, outage, pause, portOf, seconds, type Row } from './_survival'

const PAGE = fileURLToPath(new URL('../../docs/survival.md', import.meta.url))
const SECOND_MS = 1000
const HOUR_MS = 3_600_000
const CUT_MS = 60 * SECOND_MS
const GIBIBYTE = 1024 * 1024 * 1024
const MEBIBYTE = 1024 * 1024
const FORWARDS = 20
const SSHD_PORT = 2222

const rows = new Map<string, Row>()
const add = (key: string, row: Row): void => {
  rows.set(key, row)
  process.stdout.write(`${line(cells(row))}\n`)
}

/** As the page has them. */
const order = ['restart', 'stop', 'cut', 'address', 'daemon', 'app', 'rekey', 'disk', 'clock', 'twenty']

afterAll(() => {
  // A part of the table is no table.
  if (order.every((key) => rows.has(key))) writeFileSync(PAGE, page(order.flatMap((key) => rows.get(key) ?? [])))
})

describe.concurrent('while the server is away', () => {
  it('sshd restarted', async () => {
    const bench = await openBench()
    const harm = (): Promise<void> => bench.sshd.halt()
    add('restart', await outage(bench, 'sshd restarted', { harm, forMs: 0, undo: () => bench.sshd.start() }))
    await bench.close()
  })

  it('sshd stopped', async () => {
    const bench = await openBench()
    const steps = { harm: () => bench.sshd.kill('SIGSTOP'), forMs: CUT_MS, undo: () => bench.sshd.kill('SIGCONT') }
    add('stop', await outage(bench, 'sshd stopped (SIGSTOP) for 60 s', steps))
    await bench.close()
  })

  it('twenty forwards of one server', async () => {
    const bench = await openBench({ forwards: FORWARDS })
    const ports = bench.world.engine.snapshots().map(portOf)
    const harm = (): Promise<void> => bench.sshd.halt()
    const row = await outage(bench, '', { harm, forMs: 10 * SECOND_MS, undo: () => bench.sshd.start() })
    await allGreet(ports)
    const logins = bench.sshd.log().match(/Accepted publickey/g)?.length ?? 0
    expect(logins).toBe(2)
    add('twenty', {
      ...row,
      what: `${FORWARDS} forwards on one server that is away for 10 s: one login brings all back`,
    })
    await bench.close()
  })

  it.runIf(mayMakeNetworks())('the network cut without a reset', async () => {
    const net = makeNetwork()
    const bench = await openBench({ sshd: { listenAddress: net.serverAddress, port: SSHD_PORT, wrap: net.wrap } })
    const steps = { harm: net.cut, forMs: CUT_MS, undo: net.heal }
    add('cut', await outage(bench, 'network cut for 60 s (no reset), then healed', steps))
    await bench.close()
    net.remove()
  })
})

describe('what happens to this machine', () => {
  it.runIf(mayMakeNetworks())('another address', async () => {
    const net = makeNetwork()
    const bench = await openBench({ sshd: { listenAddress: net.serverAddress, port: SSHD_PORT, wrap: net.wrap } })
    const steps = { harm: net.changeAddress, forMs: 0, undo: () => undefined }
    add('address', await outage(bench, 'this machine gets another address (no reset)', steps))
    await bench.close()
    net.remove()
  })

  it('a clock that jumps an hour', async () => {
    let offset = 0
    const bench = await openBench({ now: () => Date.now() + offset })
    const failed = bench.flow.broken().then(() => true)
    for (const jump of [HOUR_MS, 0]) {
      offset = jump
      await pause(8 * SECOND_MS)
    }
    const broke = await Promise.race([failed, Promise.resolve(false)])
    expect(broke).toBe(false)
    expect(bench.world.history(bench.id).at(-1)).toBe('running')
    const said = 'running'
    add('clock', { what: 'clock jumps an hour ahead, then back', silent: null, back: null, said })
    await bench.close()
  })

  it('new keys for every megabyte', async () => {
    const bench = await openBench({ sshd: { config: ['RekeyLimit 1M', 'LogLevel DEBUG1'] } })
    const echo = await listenEcho()
    const spec = forwardSpec({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: echo.port })
    bench.world.engine.define(spec)
    bench.world.engine.start(spec.id)
    const snapshot = await bench.world.until(spec.id, ({ state }) => state === 'running')
    const socket = await dialLocal(portOf(snapshot))
    const failed = bench.flow.broken().then(() => true)
    const began = Date.now()
    const half = GIBIBYTE / 2
    const [sent, received] = await Promise.all([sendNoise(socket, half), digest(socket)])
    const took = seconds(Date.now() - began)
    expect(received).toEqual({ bytes: half, sha256: sent })
    const exchanges = (bench.sshd.log().match(/rekey(?:ing)? (?:in|out) after/g)?.length ?? 0) / 2
    expect(await Promise.race([failed, Promise.resolve(false)])).toBe(false)
    const rate = `${Math.round(GIBIBYTE / MEBIBYTE / took)} MB/s, SHA-256 equal, ${Math.round(exchanges)} key exchanges`
    const what = `new keys every 1 MB while 1 GB flows there and back (${rate})`
    add('rekey', { what, silent: null, back: null, said: bench.said() === '' ? 'running' : bench.said() })
    await echo.close()
    await bench.close()
  })
})

describe('what happens to Warren', () => {
  it('the daemon killed', async () => {
    const place = temporaryHome()
    const bench = await openDaemonBench(place.home)
    const broken = bench.flow.broken()
    const began = Date.now()
    const { closed } = bench.client()
    process.kill(bench.client().daemon.pid, 'SIGKILL')
    await Promise.all([broken, closed])
    const undone = Date.now()
    // The app and any command start it again at once.
    await bench.reconnect()
    const back = await bench.flow.again()
    const events = await bench.client().call('activity.list', { limit: 20 })
    const told = events.find(({ kind }) => kind === 'daemon')?.message ?? ''
    expect(told).toMatch(/ended unexpectedly/)
    const said = `(the window: background process ended, starting it again) → ${await bench.said()}; Activity: "${told}"`
    add('daemon', { what: 'daemon killed with -9', silent: seconds(back - began), back: seconds(back - undone), said })
    await bench.close()
    place.remove()
  })

  it('the app killed', async () => {
    // The daemon goes on: nothing that the client saw may have failed.
    add('app', await appKilled())
  })

  it.runIf(process.getuid?.() === 0)('a full disk', async () => {
    const place = temporaryHome()
    const disk = join(place.home, 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk])
    try {
      const bench = await openDaemonBench(join(disk, 'home'))
      const failed = bench.flow.broken().then(() => true)
      fill(join(disk, 'filler'))
      // Stopping and starting must work though nothing can be saved.
      await bench.client().call('forwards.retry', { ids: [bench.id] })
      await pause(5 * SECOND_MS)
      const sessionEnds = await Promise.race([failed, Promise.resolve(false)])
      expect(sessionEnds).toBe(false)
      const began = Date.now()
      await bench.sshd.restart()
      const back = await bench.flow.again()
      const what = 'disk full: bytes flow on, and a restart of sshd meanwhile'
      add('disk', { what, silent: seconds(back - began), back: seconds(back - began), said: await bench.said() })
      rmSync(join(disk, 'filler'))
      await bench.close()
    } finally {
      execFileSync('umount', [disk])
      place.remove()
    }
  })
})

function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch {
    closeSync(file)
  }
}

function cells({ what, silent, back, said }: Row): readonly string[] {
  const figure = (value: number | null): string => (value === null ? 'never stopped' : value.toFixed(1))
  return [what, figure(silent), back === null ? '' : figure(back), said.replaceAll('|', '\\|')]
}

function line(all: readonly string[]): string {
  return `| ${all.join(' | ')} |`
}

function page(found: readonly Row[]): string {
  return [
    '# Survival',
    '',
    'What Warren lives through, measured with real servers by `npm run bench -- tests/bench/survival.bench.test.ts`, which writes',
    'this page. A client opens a new connection through the forward every 100 ms and expects bytes. Keepalives are the default,',
    '15 s × 3. Nobody clicked.',
    '',
    line([
      'What happened',
      'Seconds without bytes',
      'Seconds from the end of the cause to bytes',
      'What the row said meanwhile',
    ]),
    line(['---', '---:', '---:', '---']),
    ...found.map((row) => line(cells(row))),
    '',
    '- The wait between tries is 2, 5, 10, 30, 60 s, one schedule for all forwards of a server; a changed network cuts it to 2 s.',
    '- A peer that falls silent is found by keepalives within 45 s, after a change of the network within 5 s.',
    '- Networks are namespaces with a cable between them; a cut drops every answer, so that no reset tells anybody.',
    '',
  ].join('\n')
}
