import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KEY, startXDaemon, type PanelAnswer, type XDaemon } from '../daemon/api/_x-daemon'
import { temporaryHome } from '../support/daemon'
import { freePort } from '../support/free-port'

const SCRIPT = join(import.meta.dirname, '../fixtures/x-port-forward/panel.php')
const BYTES = 3_000_000
const KB = 1024

let place: ReturnType<typeof temporaryHome>
let world: XDaemon
let echo: Server

beforeAll(async () => {
  place = temporaryHome()
  world = await startXDaemon(place.home)
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
})
afterAll(async () => {
  await world.stop()
  echo.close()
  place.remove()
})

it("lives a panel's life, as PHP reads it", async () => {
  const listenPort = await freePort()
  const target = String((echo.address() as AddressInfo).port)
  const { stdout } = await promisify(execFile)('php', [
    ...[SCRIPT, `http://127.0.0.1:${world.port}/`, KEY, String(listenPort), '127.0.0.1', target, String(BYTES)],
  ])
  const steps = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { step: string; answer: PanelAnswer | number })
      .map(({ step, answer }) => [step, answer]),
  )
  const data = (step: string): Record<string, unknown> => (steps.get(step) as { data: Record<string, unknown> }).data
  const whole = Number(((2 * BYTES) / KB).toFixed(4))

  expect(data('test')).toMatchObject({ Author: 'Flyqie', SoftVersion: '1.2' })
  expect(steps.get('add')).toEqual({ code: 200, message: 'Success', data: { Status: 'Success' } })
  expect(steps.get('traffic')).toBe(BYTES)
  const [log] = data('logs')['Info'] as Record<string, unknown>[]
  expect(data('logs')['Info']).toHaveLength(1)
  expect(Object.keys(log ?? {})).toEqual([
    ...['ID', 'ForwardName', 'HourUsedBandwidth', 'HourTime', 'ReportStatus', 'CreatedAt', 'UpdatedAt'],
  ])
  expect(log).toMatchObject({ ForwardName: 'service-1001', HourUsedBandwidth: whole, ReportStatus: 'wait' })
  expect(data('unreported')).toEqual(data('logs'))
  const flat = { MaxConnNum: 5, RateLimit: 1024, ListenPort: listenPort, ProxyIP: '127.0.0.1', UsedBandwidth: whole }
  expect(data('infos')).toMatchObject({ ...flat, Status: 'Success', Info: { ...flat, Status: 'ok' } })
  expect(steps.get('refused')).toBe(-1)
  expect(data('after reset')).toMatchObject({ Info: { UsedBandwidth: 0 } })
  expect(steps.get('more traffic')).toBe(BYTES)
  expect(data('terminate')).toEqual({
    Data: {
      ...{ DownloadBandwidth: BYTES, ForwardName: 'service-1001', HourTrafficBandwidth: whole, TrafficAll: whole },
      UploadBandwidth: BYTES,
    },
    Status: 'Success',
  })
  expect(steps.get('sync')).toEqual(steps.get('add'))
  expect(data('gone')).toMatchObject({ Code: 16 })
})
