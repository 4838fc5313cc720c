import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSshd, type Sshd } from '../support/sshd'
import { iperf, median, ratio, sideBySide, type Sample } from './_measure'
import {
  freePort,
  startFileOrigin,
  startIperfServer,
  startSystemSsh,
  startWarren,
  type Peer,
  type Warren,
} from './_peers'
import { figure, publish, times } from './_table'

const run = promisify(execFile)
const ROUNDS = 3
const SECONDS = 4
const MEBIBYTE = 1024 * 1024
const FILE_MEBIBYTES = 2048
const SAME_CIPHER = 'aes128-gcm@openssh.com'
const SYSTEM = 'ssh'
const SYSTEM_SAME = 'ssh, same cipher'
const WARREN = 'warren'

/** MiB/s of one download through a SOCKS port. */
async function fetchThrough(socksPort: number, url: string): Promise<number> {
  const { stdout } = await run('curl', [
    ...['--silent', '--fail', '--output', '/dev/null', '--write-out', '%{speed_download}'],
    ...['--proxy', `socks5h://127.0.0.1:${socksPort}`, url],
  ])
  return Number(stdout) / MEBIBYTE
}

describe('proxies and jump chains beside the system’s ssh', () => {
  const peers: Peer[] = []
  const rows: string[][] = []
  const folder = mkdtempSync(join(tmpdir(), 'warren-bench-file-'))
  let edge: Sshd
  let inner: Sshd
  let warren: Warren

  beforeAll(async () => {
    edge = await startSshd()
    inner = await startSshd()
    warren = startWarren()
    const add = (name: string, at: Sshd, ...more: readonly string[]): Promise<string> =>
      warren.warren(
        ...['server', 'add', name, `${at.username}@${at.host}:${at.port}`],
        ...['--identity', at.clientKey, '--host-key', 'accept-new', ...more],
      )
    await add('edge', edge)
    await add('inner', inner, '--jump', 'edge')
  })

  afterAll(async () => {
    for (const peer of peers.reverse()) await peer.stop()
    await warren.stop()
    await inner.stop()
    await edge.stop()
    rmSync(folder, { recursive: true, force: true })
    publish({
      id: 'ways',
      title: 'Proxies and jump chains beside the system’s ssh',
      header: [
        'what',
        'ssh, default cipher',
        `ssh, ${SAME_CIPHER}`,
        'Warren',
        'Warren / default',
        'Warren / same cipher',
      ],
      rows,
      notes: [
        `Medians of ${ROUNDS} rounds, contenders in turn; the ratio is the median of the ratios round by round.`,
        `SOCKS: curl fetches ${FILE_MEBIBYTES} MiB from nginx through ssh -D and through a dynamic forward.`,
        'Jump chain: iperf3 through ssh -J and through a server with one hop; both sshds share the machine.',
      ],
    })
  })

  function row(what: string, samples: readonly Sample[]): void {
    const by = (name: string): Sample => samples.find((sample) => sample.name === name) ?? { name, values: [] }
    const cell = (name: string): string => `${figure(median(by(name).values))} MiB/s`
    const against = (name: string): string => times(ratio(by(WARREN), by(name)))
    rows.push([what, cell(SYSTEM), cell(SYSTEM_SAME), cell(WARREN), against(SYSTEM), against(SYSTEM_SAME)])
    for (const { name, values } of samples)
      for (const value of values) expect(value, `${what}, ${name}`).toBeGreaterThan(0)
  }

  it('downloads through SOCKS', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    truncateSync(file, FILE_MEBIBYTES * MEBIBYTE)
    const origin = await startFileOrigin(folder)
    const [one, two, three] = [await freePort(), await freePort(), await freePort()]
    peers.push(origin, await startSystemSsh(edge, { dynamic: one }))
    peers.push(await startSystemSsh(edge, { dynamic: two, cipher: SAME_CIPHER }))
    await warren.warren('add', 'socks', '-D', String(three), '--server', 'edge')
    await warren.warren('up', 'socks')
    const contenders = [
      { name: SYSTEM, port: one },
      { name: SYSTEM_SAME, port: two },
      { name: WARREN, port: three },
    ].map(({ name, port }) => ({
      name,
      measure: () => fetchThrough(port, `http://127.0.0.1:${origin.port}/file`),
    }))
    row('download through SOCKS', await sideBySide(contenders, ROUNDS))
  })

  it('moves bulk data through a jump chain', async () => {
    const target = await startIperfServer()
    const [one, two, three] = [await freePort(), await freePort(), await freePort()]
    const to = `127.0.0.1:${target.port}`
    peers.push(target, await startSystemSsh(inner, { forward: `${one}:${to}`, jump: edge }))
    peers.push(await startSystemSsh(inner, { forward: `${two}:${to}`, jump: edge, cipher: SAME_CIPHER }))
    await warren.warren('add', 'jump', '-L', `${three}:${to}`, '--server', 'inner')
    await warren.warren('up', 'jump')
    const ways = [
      { name: SYSTEM, port: one },
      { name: SYSTEM_SAME, port: two },
      { name: WARREN, port: three },
    ]
    for (const down of [false, true]) {
      const samples = await sideBySide(
        ways.map(({ name, port }) => ({ name, measure: () => iperf(port, { down, seconds: SECONDS }) })),
        ROUNDS,
      )
      row(`${down ? 'download' : 'upload'} through a jump chain`, samples)
    }
  })
})
