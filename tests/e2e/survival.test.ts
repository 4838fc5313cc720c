import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addForward, addServer, flip, row, serverEntry, trustHostKey, waitForState } from '../support/app-steps'
import { plain, startBulkTarget, upload, uploadWhile, type BulkTarget } from '../support/bulk-target'
import { screenshot, startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { freePort } from '../support/free-port'
import { startSshd, type Sshd } from '../support/sshd'

let desktop: Desktop
let sshd: Sshd
let launched: LaunchedApp
let target: BulkTarget
let listenPort: number

beforeAll(async () => {
  ;[desktop, sshd, target, listenPort] = await Promise.all([startDesktop(), startSshd(), startBulkTarget(), freePort()])
  launched = await desktop.launchApp()
})
afterAll(async () => {
  await desktop.stop()
  await Promise.all([target.stop(), sshd.stop()])
})

describe('a kill -9 of the app', () => {
  it('does not touch what runs, and the next window shows that connection', async () => {
    await addServer(launched.page, serverEntry(sshd))
    await addForward(launched.page, {
      kind: 'Reach',
      name: 'bench',
      server: 'bastion',
      listenPort,
      targetPort: target.port,
    })
    await flip(launched.page, 'bench')
    await trustHostKey(launched.page)
    await waitForState(launched.page, 'bench', 'running')

    let isSeen = false
    const sending = uploadWhile(plain(listenPort), () => !isSeen)
    try {
      await row(launched.page, 'bench').getByText('MB/s').waitFor()
      await launched.kill9()
      launched = await desktop.launchApp()
      const { page } = launched
      await waitForState(page, 'bench', 'running')
      await row(page, 'bench').getByText('bench', { exact: true }).click()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Connections 1' }).waitFor()
      await screenshot(page, 'detail', 'light')
      await screenshot(page, 'detail', 'dark')
    } finally {
      isSeen = true
    }
    const { sent, received } = await sending
    expect(received).toBe(sent)
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
        timeout: 60_000,
      })
      .toEqual(['lost', 'connected'])
    // What is shown until then is what the daemon said that was killed.
    await page.getByText('What you see is what was last known.').waitFor({ state: 'hidden' })
    await waitForState(page, 'bench', 'running')
    const { sent, received } = await upload(plain(listenPort), 10)
    expect(received).toBe(sent)
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
