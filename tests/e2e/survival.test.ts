import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addForward, addServer, flip, row, serverEntry, trustHostKey, waitForState } from '../support/app-steps'
import { screenshot, startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { freePort } from '../support/free-port'
import { startSshd, type Sshd } from '../support/sshd'

/** Longer than the app takes to come back. */
const MEASURE_SECONDS = 12

let desktop: Desktop
let sshd: Sshd
let launched: LaunchedApp
let iperfServer: ChildProcess
const ports = { iperf: 0, listen: 0 }

beforeAll(async () => {
  ;[desktop, sshd] = await Promise.all([startDesktop(), startSshd()])
  ports.iperf = await freePort()
  ports.listen = await freePort()
  iperfServer = spawn('iperf3', ['-s', '-B', '127.0.0.1', '-p', String(ports.iperf), '--forceflush'])
  await once(iperfServer.stdout ?? iperfServer, 'data')
  launched = await desktop.launchApp()
})
afterAll(async () => {
  await desktop.stop()
  iperfServer.kill()
  await sshd.stop()
})

interface Measured {
  readonly code: number | null
  readonly report: { error?: string; end?: { sum_received?: { bytes: number } } }
}

async function iperf(seconds = MEASURE_SECONDS): Promise<Measured> {
  const client = spawn('iperf3', ['-c', '127.0.0.1', '-p', String(ports.listen), '-t', String(seconds), '-J'])
  let output = ''
  client.stdout.on('data', (part: Buffer) => {
    output += part.toString()
  })
  const [code] = (await once(client, 'close')) as [number | null]
  return { code, report: JSON.parse(output) as Measured['report'] }
}

describe('a kill -9 of the app', () => {
  it('does not touch what runs, and the next window shows that connection', async () => {
    await addServer(launched.page, serverEntry(sshd))
    await addForward(launched.page, {
      kind: 'Reach',
      name: 'bench',
      server: 'bastion',
      listenPort: ports.listen,
      targetPort: ports.iperf,
    })
    await flip(launched.page, 'bench')
    await trustHostKey(launched.page)
    await waitForState(launched.page, 'bench', 'running')

    const measuring = iperf()
    await row(launched.page, 'bench').getByText('MB/s').waitFor()
    await launched.kill9()
    launched = await desktop.launchApp()
    const { page } = launched
    await waitForState(page, 'bench', 'running')
    await row(page, 'bench').getByText('bench', { exact: true }).click()
    await page.keyboard.press('Enter')
    // iperf3 has one connection for control and one for bytes.
    await page.getByRole('heading', { name: 'Connections 2' }).waitFor()
    await screenshot(page, 'detail', 'light')
    await screenshot(page, 'detail', 'dark')

    const { code, report } = await measuring
    expect(report.error).toBeUndefined()
    expect(code).toBe(0)
    expect(report.end?.sum_received?.bytes).toBeGreaterThan(0)
  })
})

describe('a kill -9 of the daemon', () => {
  it('is told, and the forward runs again without a click', async () => {
    const { page } = launched
    const pid = await page.evaluate(async () => {
      const status = await window.api.daemon['daemon.status']({})
      return status.ok ? status.value.pid : 0
    })
    await page.evaluate(() => {
      const store = globalThis as unknown as { linkStates: string[] }
      store.linkStates = []
      window.api.on('app.daemon', ({ state }) => store.linkStates.push(state))
    })
    process.kill(pid, 'SIGKILL')
    await expect
      .poll(() => page.evaluate(() => (globalThis as unknown as { linkStates: string[] }).linkStates), {
        timeout: 15_000,
      })
      .toEqual(['lost', 'connected'])
    await waitForState(page, 'bench', 'running')
    const { code } = await iperf(1)
    expect(code).toBe(0)
  })
})

describe('a restart of sshd under a running forward', () => {
  it('shows the reason and the countdown, and runs again without a click', async () => {
    const { page } = launched
    await sshd.halt()
    await waitForState(page, 'bench', 'waiting')
    await row(page, 'bench')
      .getByText(/retry in|retrying/)
      .waitFor()
    await screenshot(page, 'waiting', 'light')
    await sshd.start()
    await waitForState(page, 'bench', 'running')
  })
})
