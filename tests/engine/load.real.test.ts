import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { activeResources, checkLeaks, expectNoLeaks } from '../support/leaks'
import { startSshd, type Sshd } from '../support/sshd'
import { listenEcho, specOf, type Listener } from './ssh/harness'
import { forwardSpec, makeEngine } from './world'

const CONNECTIONS = 2000
const MEBIBYTE = 1024 * 1024
/** What every eighth moves; at 2 MiB of window, grants come while it flows. The others move little: it is their number that counts. */
const LARGE = MEBIBYTE
const SMALL = MEBIBYTE / 16
/** Hundreds of mebibytes through one session, with both ends in this process. */
const LIMIT_MS = 600_000

const sizes = Array.from({ length: CONNECTIONS }, (_, at) => (at % 8 === 0 ? LARGE : SMALL))
const total = sizes.reduce((sum, size) => sum + size, 0)

checkLeaks()

let sshd: Sshd
let echo: Listener

beforeAll(async () => {
  sshd = await startSshd()
  echo = await listenEcho()
})
afterAll(async () => {
  await echo.close()
  await sshd.stop()
})

/** One client: connected with all the others before any byte flows, then `size` bytes there and back. */
async function client(port: number, { size, go }: { size: number; go: Promise<void> }): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  connected += 1
  if (connected === CONNECTIONS) allConnected()
  await go
  socket.end(Buffer.alloc(size, 7))
  let bytes = 0
  for await (const chunk of socket) bytes += (chunk as Buffer).length
  return bytes
}
let connected = 0
let allConnected: () => void = () => undefined

describe('many connections through one forward', () => {
  it(
    `moves up to 1 MiB each way over ${CONNECTIONS} at once and leaves nothing behind`,
    async () => {
      const { engine, servers, until } = makeEngine()
      servers.set('server-1', specOf(sshd))
      const spec = forwardSpec({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: echo.port })
      engine.define(spec)
      engine.start(spec.id)
      const { listen } = await until(spec.id, ({ state }) => state === 'running')
      const port = 'port' in listen ? listen.port : 0
      const before = activeResources()
      const rssBefore = process.memoryUsage.rss()
      let rssPeak = rssBefore
      const sampler = setInterval(() => {
        rssPeak = Math.max(rssPeak, process.memoryUsage.rss())
      }, 50)
      const go = new Promise<void>((resolve) => {
        allConnected = resolve
      })
      const moved = await Promise.all(sizes.map((size) => client(port, { size, go })))
      clearInterval(sampler)
      expect(moved).toEqual(sizes)
      await until(spec.id, ({ connections }) => connections === 0)
      expect(engine.snapshot(spec.id)).toMatchObject({
        totalConnections: CONNECTIONS,
        bytesUp: total,
        bytesDown: total,
      })
      await expectNoLeaks(before)
      const mib = (bytes: number): string => `${Math.round(bytes / MEBIBYTE)} MiB`
      // Clients, target and engine share this process, so its peak is three ends of each connection.
      console.log(`RSS ${mib(rssBefore)} before, ${mib(rssPeak)} at the peak, ${mib(process.memoryUsage.rss())} after`)
      await engine.close()
    },
    LIMIT_MS,
  )
})
