/** Whether what a panel acknowledged balances with what iperf3 moved, while the daemon is killed again and again. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { EventEmitter, once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { DaemonClient } from '@daemon/client'
import { signatureOf } from '../../src/daemon/api/x-port-forward/_signature'
import { isRunning } from '../../src/daemon/_running'
import { connectBuilt, endBuilt } from './daemon'
import { freePort } from './free-port'

const KEY = 'balance'
const KB = 1024
const LOOK_MS = 50
/** Slow enough that kernel buffers stay almost empty: what iperf3 sent, it moved. */
const RATE = '100M'

export interface Balance {
  readonly kills: number
  /** Bytes of payload, as iperf3 counted them. */
  readonly moved: number
  /** Bytes of the rows that the panel said it took, each row once. */
  readonly acknowledged: number
  /** Bytes since the last reset, as the API says. */
  readonly used: number
  readonly reports: Readonly<Record<Mood, number>>
  readonly rows: number
  /** Rows that came again after an answer of success that a killed daemon can not have read. */
  readonly repeated: number
  /** Rows that came again though the daemon lived on, or had read the answer before it died: none may. */
  readonly repeatedRead: number
}

export const moods = ['success', 'false', 'garbage', '500', 'slow', 'never'] as const
export type Mood = (typeof moods)[number]

export interface BalanceOptions {
  readonly home: string
  readonly kills: number
  readonly bytesPerRound: number
}

/** One daemon process after another over one data folder; each dies of SIGKILL soon after iperf3 is done. */
export async function balance({ home, kills, bytesPerRound }: BalanceOptions): Promise<Balance> {
  const panel = await startPanel()
  const target = await startIperf()
  const apiPort = await freePort()
  const listenPort = await freePort()
  try {
    let client = await connectBuilt(home)
    await client.call('apis.enable', { name: 'x-port-forward', key: KEY, listen: { host: '127.0.0.1', port: apiPort } })
    await client.call('apis.setReport', { url: panel.url, intervalSeconds: 1 })
    await ask(apiPort, 'add_forward', {
      ...{ forwardname: 'f', proxyip: '127.0.0.1', proxyport: target.port, listenip: '127.0.0.1' },
      ...{ listenport: listenPort, maxconnnum: 100, ratelimit: 0, forwardtype: 'tcp' },
    })
    let moved = 0
    for (let kill = 0; kill < kills; kill++) {
      await untilRunning(apiPort)
      panel.mood = moods[kill % moods.length] ?? 'success'
      moved += await iperf(listenPort, bytesPerRound, kill % 2 === 1)
      // Every fourth one dies with what it moved in no row yet.
      if (kill % 4 !== 3) await ask(apiPort, 'reload_forward', { forwardname: 'f' })
      if (kill % 3 !== 0) await Promise.race([panel.answered(), wait(1500)])
      if (kill % 2 === 0) await wait(2 * LOOK_MS)
      if ((await client.call('apis.report', {})).waiting === 0) panel.confirm()
      await killDaemon(client)
      await panel.forgotten()
      panel.epoch += 1
      client = await connectBuilt(home)
    }
    await untilRunning(apiPort)
    panel.mood = 'success'
    moved += await iperf(listenPort, bytesPerRound, false)
    await ask(apiPort, 'reload_forward', { forwardname: 'f' })
    while ((await client.call('apis.reportNow', {})).waiting > 0) await wait(LOOK_MS)
    const infos = (await ask(apiPort, 'get_forward_infos', { forwardname: 'f' })) as { UsedBandwidth: number }
    client.close()
    return { ...panel.tally(), kills, moved, used: Math.round(infos.UsedBandwidth * KB) }
  } finally {
    await Promise.allSettled([endBuilt(home), target.close(), panel.close()])
  }
}

// --- internal ---

interface Panel {
  readonly url: string
  mood: Mood
  /** Grows at each kill. */
  epoch: number
  /** Settles when all that a dead daemon sent was heard: the next to come is of another one. */
  readonly forgotten: () => Promise<void>
  /** The daemon says that no row waits: it has read what it was answered. */
  readonly confirm: () => void
  /** Settles when the next report came and was answered, or would have been. */
  readonly answered: () => Promise<void>
  readonly tally: () => Pick<Balance, 'acknowledged' | 'reports' | 'rows' | 'repeated' | 'repeatedRead'>
  readonly close: () => Promise<void>
}

interface Row {
  readonly HourUsedBandwidth: number
}

async function startPanel(): Promise<Panel> {
  /** Bytes of each row that was said to be taken, and when that was said. */
  const taken = new Map<string, { readonly bytes: number; readonly epoch: number; isRead: boolean }>()
  const reports: Record<Mood, number> = { success: 0, false: 0, garbage: 0, '500': 0, slow: 0, never: 0 }
  const waiters = new Set<() => void>()
  const sockets = new Set<Socket>()
  let repeated = 0
  let repeatedRead = 0
  const take = (rows: Readonly<Record<string, Row>>, epoch: number): void => {
    for (const [id, { HourUsedBandwidth }] of Object.entries(rows)) {
      taken.set(id, { bytes: Math.round(HourUsedBandwidth * KB), epoch, isRead: false })
    }
  }
  const look = (rows: Readonly<Record<string, Row>>): void => {
    for (const id of Object.keys(rows)) {
      const before = taken.get(id)
      if (before === undefined) continue
      if (before.isRead || before.epoch === panel.epoch) repeatedRead += 1
      else repeated += 1
    }
  }
  const answer = async (response: ServerResponse, rows: Readonly<Record<string, Row>>): Promise<void> => {
    const { mood, epoch } = panel
    reports[mood] += 1
    if (mood === 'slow') await wait(300)
    if (mood === 'success' || mood === 'slow') {
      // As a panel that bills: what it says it took is taken, whoever reads the answer.
      take(rows, epoch)
      response.end('{"success":true}')
    } else if (mood === 'false') response.end('{"success":false,"message":"not today"}')
    else if (mood === 'garbage') response.end('<b>Warning</b>: mysql_connect()')
    else if (mood === '500') response.writeHead(500).end('{"success":"true"}')
    for (const waiter of waiters) waiter()
    waiters.clear()
  }
  const server: Server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { connection: 'close' }).end()
      return
    }
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { TrafficLogs } = JSON.parse(Buffer.concat(chunks).toString()) as { TrafficLogs: Record<string, Row> }
      look(TrafficLogs)
      void answer(response, TrafficLogs)
    })
  })
  const closed = new EventEmitter()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      closed.emit('one')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const panel: Panel = {
    url: `http://127.0.0.1:${portOf(server)}/report`,
    mood: 'success',
    epoch: 0,
    forgotten: async () => {
      // Connections are taken in the order in which they came: behind one of our own nothing of the dead one is left outside.
      const [answered] = (await once(get(panel.url, { agent: false }), 'response')) as [IncomingMessage]
      await once(answered.resume(), 'end')
      while (sockets.size > 0) await once(closed, 'one')
    },
    confirm: () => {
      for (const row of taken.values()) row.isRead = true
    },
    answered: () =>
      new Promise((resolve) => {
        waiters.add(resolve)
      }),
    tally: () => {
      const acknowledged = [...taken.values()].reduce((sum, { bytes }) => sum + bytes, 0)
      return { acknowledged, reports, rows: taken.size, repeated, repeatedRead }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return panel
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

async function startIperf(): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const port = await freePort()
  const server: ChildProcess = spawn('iperf3', ['-s', '-B', '127.0.0.1', '-p', String(port), '--forceflush'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (server.stdout === null) throw new Error('iperf3 has no output')
  await once(server.stdout, 'data')
  return {
    port,
    close: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return
      server.kill()
      await once(server, 'exit')
    },
  }
}

/** Moves so many bytes through the relay; resolves with how many iperf3 says that they were. */
async function iperf(port: number, bytes: number, isDown: boolean): Promise<number> {
  const { stdout } = await promisify(execFile)('iperf3', [
    ...['-c', '127.0.0.1', '-p', String(port), '-J', '-n', String(bytes), '-b', RATE, '-l', '16K'],
    ...(isDown ? ['-R'] : []),
  ])
  // What the sender counted: the receiver stops counting at the end, while the last of it is still on its way.
  const { end } = JSON.parse(stdout) as { end: { sum_sent: { bytes: number } } }
  return end.sum_sent.bytes
}

async function killDaemon(client: DaemonClient): Promise<void> {
  const { pid } = client.daemon
  process.kill(pid, 'SIGKILL')
  await client.closed
  // Its sockets take calls until the kernel is done with it.
  while (isRunning(pid)) await wait(LOOK_MS)
}

async function untilRunning(apiPort: number): Promise<void> {
  for (;;) {
    const data = await ask(apiPort, 'forward_proxy_status', { forwardname: 'f' }).catch(() => null)
    if (data?.['ForwardStatus'] === 'running') return
    await wait(LOOK_MS)
  }
}

async function ask(port: number, action: string, data: object): Promise<Readonly<Record<string, unknown>>> {
  const query = new URLSearchParams({ sign: signatureOf(KEY), action, action_data: JSON.stringify(data) })
  const response = await fetch(`http://127.0.0.1:${port}/?${query.toString()}`)
  const answer = (await response.json()) as { data: Record<string, unknown> }
  if (answer.data['Status'] !== 'Success') throw new Error(`${action}: ${JSON.stringify(answer)}`)
  return answer.data
}
