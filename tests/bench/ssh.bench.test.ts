import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSshd, type Sshd } from '../support/sshd'
import { startDelayProxy } from './_delay-proxy'
import { iperf, ratio, sideBySide, median, wrk, type Sample } from './_measure'
import { freePort, startIperfServer, startOrigin, startSystemSsh, startWarren, type Peer, type Warren } from './_peers'
import { figure, publish, times } from './_table'

const ROUNDS = 3
const SECONDS = 4
const LONG_LINK_SECONDS = 8
const LONG_LINK_WARM_UP_SECONDS = 3
const ONE_WAY_MS = 50
const KEPT_CONNECTIONS = 32
const SAME_CIPHER = 'aes128-gcm@openssh.com'

const SYSTEM = 'ssh -L'
const SYSTEM_SAME = `ssh -L -c ${SAME_CIPHER}`
const WARREN = 'warren'

describe('a local forward beside the system’s ssh', () => {
  const peers: Peer[] = []
  const rows: string[][] = []
  let sshd: Sshd
  let warren: Warren
  let iperfPort = 0
  let originPort = 0

  beforeAll(async () => {
    sshd = await startSshd()
    warren = startWarren()
    const iperfServer = await startIperfServer()
    const origin = await startOrigin()
    peers.push(iperfServer, origin)
    iperfPort = iperfServer.port
    originPort = origin.port
    await warren.warren(
      'server',
      'add',
      'bench',
      `${sshd.username}@${sshd.host}:${sshd.port}`,
      '--identity',
      sshd.clientKey,
      '--host-key',
      'accept-new',
    )
  })

  afterAll(async () => {
    for (const peer of peers.reverse()) await peer.stop()
    await warren.stop()
    await sshd.stop()
    publish({
      id: 'ssh',
      title: 'A local forward beside the system’s ssh',
      header: [
        'what',
        'ssh -L, default cipher',
        `ssh -L, ${SAME_CIPHER}`,
        'Warren',
        'Warren / default',
        'Warren / same cipher',
      ],
      rows,
      notes: [
        `Medians of ${ROUNDS} rounds, contenders in turn; the ratio is the median of the ratios round by round.`,
        'iperf3 with one stream; wrk with one thread; sshd, origin and load share the machine.',
        `The long link is a proxy on loopback that holds every byte back ${ONE_WAY_MS} ms each way.`,
      ],
    })
  })

  /** The three ways to one port behind the server, each at a port of its own here. */
  async function threeWays(targetPort: number): Promise<readonly { readonly name: string; readonly port: number }[]> {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()]
    peers.push(await startSystemSsh(sshd, { forward: `${one}:127.0.0.1:${targetPort}` }))
    peers.push(await startSystemSsh(sshd, { forward: `${two}:127.0.0.1:${targetPort}`, cipher: SAME_CIPHER }))
    await warren.warren('add', `to-${targetPort}`, '-L', `${three}:127.0.0.1:${targetPort}`, '--server', 'bench')
    await warren.warren('up', `to-${targetPort}`)
    return [
      { name: SYSTEM, port: one },
      { name: SYSTEM_SAME, port: two },
      { name: WARREN, port: three },
    ]
  }

  function row(what: string, unit: string, samples: readonly Sample[]): void {
    const by = (name: string): Sample => samples.find((sample) => sample.name === name) ?? { name, values: [] }
    const cell = (name: string): string => {
      const value = median(by(name).values)
      return Number.isNaN(value) ? '–' : `${figure(value)} ${unit}`
    }
    const against = (name: string): string => (by(name).values.length === 0 ? '–' : times(ratio(by(WARREN), by(name))))
    rows.push([what, cell(SYSTEM), cell(SYSTEM_SAME), cell(WARREN), against(SYSTEM), against(SYSTEM_SAME)])
    for (const sample of samples)
      for (const value of sample.values) expect(value, `${what}, ${sample.name}`).toBeGreaterThan(0)
  }

  it('moves bulk data both ways', async () => {
    const ways = await threeWays(iperfPort)
    for (const down of [false, true]) {
      const samples = await sideBySide(
        ways.map(({ name, port }) => ({ name, measure: () => iperf(port, { down, seconds: SECONDS }) })),
        ROUNDS,
      )
      row(down ? 'download' : 'upload', 'MiB/s', samples)
    }
  })

  it('answers small requests on kept and on new connections', async () => {
    const ways = await threeWays(originPort)
    for (const fresh of [false, true]) {
      const samples = await sideBySide(
        ways.map(({ name, port }) => ({
          name,
          measure: () => wrk(port, { fresh, seconds: SECONDS, connections: KEPT_CONNECTIONS }),
        })),
        ROUNDS,
      )
      row(fresh ? 'new connections' : 'requests on kept connections', '/s', samples)
    }
  })

  it('downloads over a link with 100 ms round trip', async () => {
    const proxy = await startDelayProxy(sshd.port, ONE_WAY_MS)
    peers.push({ stop: proxy.close })
    const [one, two, three] = [await freePort(), await freePort(), await freePort()]
    peers.push(await startSystemSsh(sshd, { forward: `${one}:127.0.0.1:${iperfPort}`, port: proxy.port }))
    peers.push(
      await startSystemSsh(sshd, { forward: `${two}:127.0.0.1:${iperfPort}`, port: proxy.port, cipher: SAME_CIPHER }),
    )
    await warren.warren(
      'server',
      'add',
      'far',
      `${sshd.username}@${sshd.host}:${proxy.port}`,
      '--identity',
      sshd.clientKey,
      '--host-key',
      'accept-new',
    )
    await warren.warren('add', 'far', '-L', `${three}:127.0.0.1:${iperfPort}`, '--server', 'far')
    await warren.warren('up', 'far')
    const ways = [
      { name: SYSTEM, port: one },
      { name: SYSTEM_SAME, port: two },
      { name: WARREN, port: three },
    ]
    const samples = await sideBySide(
      ways.map(({ name, port }) => ({
        name,
        measure: () => iperf(port, { down: true, seconds: LONG_LINK_SECONDS, warmUp: LONG_LINK_WARM_UP_SECONDS }),
      })),
      2,
    )
    row('download at 100 ms round trip', 'MiB/s', samples)
  })
})
