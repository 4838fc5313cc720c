import { execFileSync } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iperf, iperfDatagrams, median, newSources, ratio, sideBySide, wrk, type Sample } from './_measure'
import { startIperfServer, startOrigin, type Peer } from './_peers'
import {
  draftOf,
  freePorts,
  startHaproxy,
  startHolder,
  startNginxStream,
  startSocat,
  startWarrenRelays,
  type RelayPeer,
  type WarrenRelays,
  type Way,
} from './_relay-peers'
import { figure, publish, times } from './_table'

const ROUNDS = 3
const SECONDS = 3
const KEPT_CONNECTIONS = 32
const MANY_SOURCES = 20
/** Both keep up with it on two cores, or should. */
const STEADY_DATAGRAMS = 60_000
const IDLE_CONNECTIONS = 5000
const RULES = [1, 10, 100, 1000] as const
const CONNECTIONS = [1, 100, 10_000] as const
const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE

const HAPROXY = 'HAProxy'
const NGINX = 'nginx stream'
const SOCAT = 'socat'
const WARREN = 'warren'

/** Two of each relayed connection, and some of the process itself. */
const FILES = Number(execFileSync('bash', ['-c', 'ulimit -n'], { encoding: 'utf8' }))
const MOST_CONNECTIONS = Math.floor((FILES - 300) / 2)

function valuesOf(samples: readonly Sample[], name: string): Sample {
  return samples.find((sample) => sample.name === name) ?? { name, values: [] }
}

function checked(what: string, samples: readonly Sample[]): readonly Sample[] {
  for (const { name, values } of samples)
    for (const value of values) expect(value, `${what}, ${name}`).toBeGreaterThan(0)
  return samples
}

/** Connections that say nothing; the way to end them. */
async function openIdle(port: number, count: number): Promise<() => Promise<void>> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(100, count - sockets.length) }, () => connect(port, '127.0.0.1'))
    await Promise.all(
      batch.map(
        (socket) =>
          new Promise((resolve, reject) => {
            socket.once('connect', resolve)
            socket.once('error', reject)
          }),
      ),
    )
    for (const socket of batch) socket.on('error', () => undefined)
    sockets.push(...batch)
  }
  return async () => {
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise((resolve) => {
            socket.once('close', resolve)
            socket.destroy()
          }),
      ),
    )
  }
}

/** Until the other side has taken as many connections as were made. */
async function settled(relays: WarrenRelays, connections: number): Promise<void> {
  await expect
    .poll(
      async () =>
        (await relays.client.call('relays.list', {})).reduce((sum, each) => sum + each.snapshot.connections, 0),
      {
        timeout: 30_000,
      },
    )
    .toBe(connections)
}

describe('a TCP relay beside HAProxy and nginx', () => {
  const rows: string[][] = []
  const peers: Peer[] = []
  const started = new Map<string, RelayPeer>()
  /** The ports of each, to iperf3 and to the origin. */
  const ways = new Map<string, readonly [Way, Way]>()

  beforeAll(async () => {
    const [server, origin] = [await startIperfServer(), await startOrigin()]
    peers.push(server, origin)
    for (const name of [HAPROXY, NGINX, WARREN]) {
      const [a = 0, b = 0] = await freePorts(2)
      ways.set(name, [
        { listen: a, target: server.port },
        { listen: b, target: origin.port },
      ])
    }
    started.set(HAPROXY, await startHaproxy(waysOf(HAPROXY)))
    started.set(NGINX, await startNginxStream(waysOf(NGINX)))
    const warren = await startWarrenRelays()
    started.set(WARREN, warren)
    await warren.run(waysOf(WARREN).map((way) => draftOf(way, 'tcp')))
  })

  afterAll(async () => {
    for (const peer of [...started.values(), ...peers]) await peer.stop()
    publish({
      id: 'relay-tcp',
      title: 'A TCP relay beside HAProxy and nginx',
      header: ['what', HAPROXY, NGINX, 'Warren', `Warren / ${HAPROXY}`, `Warren / ${NGINX}`],
      rows,
      notes: [
        `Medians of ${ROUNDS} rounds, contenders in turn; the ratio is the median of the ratios round by round.`,
        'HAProxy with one thread and splice-auto, nginx with one worker; iperf3 with one stream, wrk with one thread.',
        'Memory: what a fresh process grows by, for each connection that says nothing; the ratio is the other way round, so that above 1 is in favour of Warren.',
      ],
    })
  })

  function waysOf(name: string): readonly [Way, Way] {
    const found = ways.get(name)
    if (found === undefined) throw new Error(`no ways for ${name}`)
    return found
  }

  function row(what: string, unit: string, samples: readonly Sample[]): void {
    const by = (name: string): Sample => valuesOf(checked(what, samples), name)
    const cells = [HAPROXY, NGINX, WARREN].map((name) => `${figure(median(by(name).values))} ${unit}`)
    rows.push([what, ...cells, times(ratio(by(WARREN), by(HAPROXY))), times(ratio(by(WARREN), by(NGINX)))])
  }

  function contenders(measure: (ways: readonly [Way, Way], peer: RelayPeer) => Promise<number>) {
    return [...started].map(([name, peer]) => ({ name, measure: () => measure(waysOf(name), peer) }))
  }

  it('moves bulk data both ways', async () => {
    for (const down of [false, true]) {
      const samples = await sideBySide(
        contenders(([way]) => iperf(way.listen, { down, seconds: SECONDS })),
        ROUNDS,
      )
      row(down ? 'download' : 'upload', 'MiB/s', samples)
    }
  })

  it('answers small requests on kept and on new connections', async () => {
    for (const fresh of [false, true]) {
      const samples = await sideBySide(
        contenders(([, way]) => wrk(way.listen, { fresh, seconds: SECONDS, connections: KEPT_CONNECTIONS })),
        ROUNDS,
      )
      row(fresh ? 'new connections' : 'requests on kept connections', '/s', samples)
    }
  })

  it(`keeps ${IDLE_CONNECTIONS} idle connections`, async () => {
    const holder = await startHolder()
    peers.push(holder)
    const grown = new Map<string, number>()
    for (const [name, start] of fresh) {
      const [listen = 0] = await freePorts(1)
      // What has worked before has grown before.
      const peer = await start({ listen, target: holder.port })
      await (
        await openIdle(listen, 1)
      )()
      const [before, files] = [peer.rss(), holder.files()]
      const close = await openIdle(listen, IDLE_CONNECTIONS)
      await expect
        .poll(() => holder.files() - files, { timeout: 30_000, message: `connections through ${name}` })
        .toBeGreaterThanOrEqual(IDLE_CONNECTIONS - 1)
      grown.set(name, (peer.rss() - before) / KIBIBYTE / IDLE_CONNECTIONS)
      await close()
      await peer.stop()
    }
    const by = (name: string): number => grown.get(name) ?? Number.NaN
    const cells = [HAPROXY, NGINX, WARREN].map((name) => `${figure(by(name))} KiB`)
    const against = [HAPROXY, NGINX].map((name) => times(by(name) / by(WARREN)))
    rows.push([`memory of each of ${figure(IDLE_CONNECTIONS)} idle connections`, ...cells, ...against])
  })
})

/** Of each a process that has carried nothing yet. */
const fresh: readonly (readonly [string, (way: Way) => Promise<RelayPeer>])[] = [
  [HAPROXY, (way) => startHaproxy([way])],
  [NGINX, (way) => startNginxStream([way])],
  [
    WARREN,
    async (way) => {
      const relays = await startWarrenRelays()
      await relays.run([draftOf(way, 'tcp')])
      return relays
    },
  ],
]

describe('a UDP relay beside socat', () => {
  const rows: string[][] = []
  const peers: Peer[] = []
  const toIperf = new Map<string, number>()
  const toEcho = new Map<string, number>()

  beforeAll(async () => {
    const [server, holder] = [await startIperfServer(), await startHolder()]
    const [a = 0, b = 0, c = 0, d = 0] = await freePorts(4)
    const warren = await startWarrenRelays()
    peers.push(warren, server, holder)
    peers.push(await startSocat({ listen: a, target: server.port }, { control: true }))
    peers.push(await startSocat({ listen: b, target: holder.port }, { control: false }))
    const way = { listen: c, target: server.port }
    // iperf3 talks about its datagrams over TCP, at the same port.
    await warren.run([draftOf(way, 'tcp'), draftOf(way, 'udp')])
    await warren.run([{ ...draftOf({ listen: d, target: holder.port }, 'udp'), idleSeconds: 2 }])
    toIperf.set(SOCAT, a).set(WARREN, c)
    toEcho.set(SOCAT, b).set(WARREN, d)
  })

  afterAll(async () => {
    for (const peer of peers) await peer.stop()
    publish({
      id: 'relay-udp',
      title: 'A UDP relay beside socat',
      header: ['what', SOCAT, 'Warren', `Warren / ${SOCAT}`],
      rows,
      notes: [
        `Medians of ${ROUNDS} rounds, contenders in turn; the ratio is the median of the ratios round by round.`,
        'iperf3 with datagrams of 64 bytes: sender, relay and receiver share two cores. socat forks a process for each source.',
        'New sources: 16 at once, each with a socket of its own, ask once and wait for the echo.',
      ],
    })
  })

  const contenders = (ports: ReadonlyMap<string, number>, measure: (port: number) => Promise<number>) =>
    [...ports].map(([name, port]) => ({ name, measure: () => measure(port) }))

  function row(what: string, samples: readonly Sample[]): void {
    const by = (name: string): Sample => valuesOf(checked(what, samples), name)
    const cells = [SOCAT, WARREN].map((name) => `${figure(median(by(name).values))} /s`)
    rows.push([what, ...cells, times(ratio(by(WARREN), by(SOCAT)))])
  }

  it.each([
    ['one source', 1],
    [`${MANY_SOURCES} sources`, MANY_SOURCES],
  ])('passes datagrams on that come as fast as they can, from %s', async (from, sources) => {
    const samples = await sideBySide(
      contenders(toIperf, async (port) => {
        return (await iperfDatagrams(port, { sources, seconds: SECONDS, perSecond: null })).arrived
      }),
      ROUNDS,
    )
    row(`datagrams that arrive, ${from} at full speed`, samples)
  })

  it('loses little of what both could carry', async () => {
    const samples = await sideBySide(
      contenders(toIperf, async (port) => {
        return (await iperfDatagrams(port, { sources: 1, seconds: SECONDS, perSecond: STEADY_DATAGRAMS })).lost
      }),
      ROUNDS,
    )
    const cells = [SOCAT, WARREN].map((name) => `${median(valuesOf(samples, name).values).toFixed(2)} %`)
    rows.push([`lost of ${figure(STEADY_DATAGRAMS)} datagrams a second`, ...cells, '–'])
  })

  it('takes new sources', async () => {
    const samples = await sideBySide(
      contenders(toEcho, (port) => newSources(port, SECONDS)),
      ROUNDS,
    )
    row('new sources answered', samples)
  })
})

describe('how the cost of relays grows', () => {
  const rows: string[][] = []
  const peers: Peer[] = []
  let origin = 0
  let holder = 0

  beforeAll(async () => {
    const [server, quiet] = [await startOrigin(), await startHolder()]
    peers.push(server, quiet)
    origin = server.port
    holder = quiet.port
  })

  afterAll(async () => {
    for (const peer of peers) await peer.stop()
    publish({
      id: 'relay-growth',
      title: 'How the cost of relays grows',
      header: ['with', 'until all run', 'resident memory', 'requests on 32 kept connections of one relay'],
      rows,
      notes: [
        'The daemon, fresh for each row; the requests are those of one TCP relay while the others, or the idle connections, are there.',
        `This machine lets a process open ${figure(FILES)} files, two of which are a relayed connection: at most ${figure(MOST_CONNECTIONS)} are measured.`,
      ],
    })
  })

  async function measure(
    label: string,
    prepare: (relays: WarrenRelays) => Promise<() => Promise<void>>,
  ): Promise<void> {
    const relays = await startWarrenRelays()
    try {
      const [listen = 0] = await freePorts(1)
      await relays.run([draftOf({ listen, target: origin }, 'tcp')])
      const before = performance.now()
      const undo = await prepare(relays)
      const took = performance.now() - before
      const memory = relays.rss()
      const rate = await wrk(listen, { fresh: false, seconds: SECONDS, connections: KEPT_CONNECTIONS })
      expect(rate).toBeGreaterThan(0)
      await undo()
      rows.push([label, `${figure(took)} ms`, `${figure(memory / MEBIBYTE)} MiB`, `${figure(rate)} /s`])
    } finally {
      await relays.stop()
    }
  }

  it.each(RULES)('with %i rules', async (rules) => {
    await measure(`${rules.toLocaleString('en-US')} ${rules === 1 ? 'rule' : 'rules'}`, async (relays) => {
      const ports = await freePorts(rules - 1)
      await relays.run(ports.map((listen) => draftOf({ listen, target: origin }, 'tcp')))
      return () => Promise.resolve()
    })
  })

  it.each(CONNECTIONS)('with %i connections', async (wanted) => {
    const connections = Math.min(wanted, MOST_CONNECTIONS)
    await measure(
      `${connections.toLocaleString('en-US')} idle ${connections === 1 ? 'connection' : 'connections'}`,
      async (relays) => {
        const [listen = 0] = await freePorts(1)
        await relays.run([draftOf({ listen, target: holder }, 'tcp')])
        const close = await openIdle(listen, connections)
        await settled(relays, connections)
        return close
      },
    )
  })
})
