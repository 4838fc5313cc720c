import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port'
import {
  addForward,
  addServer,
  chooseInTray,
  flip,
  overhear,
  row,
  serverEntry,
  trayLabels,
  trustHostKey,
  waitForState,
} from '../support/app-steps'
import { download, plain, startBulkTarget, throughSocks, upload, type BulkTarget } from '../support/bulk-target'
import { screenshot, startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { startSshd, type Sshd } from '../support/sshd'

const MEGABYTES = 100

let desktop: Desktop
let sshd: Sshd
let target: BulkTarget
let launched: LaunchedApp
const ports = { local: 0, remote: 0, dynamic: 0 }

beforeAll(async () => {
  ;[desktop, sshd, target] = await Promise.all([startDesktop(), startSshd(), startBulkTarget()])
  ports.local = await freePort()
  ports.remote = await freePort()
  ports.dynamic = await freePort()
  launched = await desktop.launchApp()
  await overhear(launched.app)
})
afterAll(async () => {
  await desktop.stop()
  await sshd.stop()
  await target.stop()
})

describe('from the window', () => {
  it('a server and one forward of each type are made', async () => {
    const { page } = launched
    await addServer(page, serverEntry(sshd))
    const at = { server: 'bastion', targetPort: target.port } as const
    await addForward(page, { ...at, kind: 'Reach', name: 'reach', listenPort: ports.local })
    await addForward(page, { ...at, kind: 'Offer', name: 'offer', listenPort: ports.remote })
    await addForward(page, { kind: 'Browse', name: 'browse', server: 'bastion', listenPort: ports.dynamic })
    for (const name of ['reach', 'offer', 'browse']) await row(page, name).waitFor()
    await screenshot(page, 'forwards-stopped', 'light')
  })

  it('a start asks for the host key in a dialog that shows its fingerprint', async () => {
    const { page } = launched
    await flip(page, 'reach')
    const text = await trustHostKey(page)
    expect(text.replaceAll(' ', '')).toContain(sshd.hostKeyFingerprint)
    await waitForState(page, 'reach', 'running')
  })

  it('the others start over the same session without another question', async () => {
    const { page } = launched
    await flip(page, 'offer')
    await flip(page, 'browse')
    await waitForState(page, 'offer', 'running')
    await waitForState(page, 'browse', 'running')
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  it.each(['local', 'remote', 'dynamic'] as const)(
    '100 MB go each way through the %s forward, unchanged',
    async (type) => {
      const open = type === 'dynamic' ? throughSocks(ports.dynamic, target.port) : plain(ports[type])
      const up = await upload(open, MEGABYTES)
      expect(up.received).toBe(up.sent)
      const down = await download(open, MEGABYTES)
      expect(down.received).toBe(down.sent)
    },
  )

  it('shows what runs, in light and dark', async () => {
    await screenshot(launched.page, 'forwards-running', 'light')
    await screenshot(launched.page, 'forwards-running', 'dark')
  })
})

describe('from the tray', () => {
  it('one forward is stopped and started by the menu alone', async () => {
    const { app, page } = launched
    await expect.poll(() => trayLabels(app)).toContainEqual(expect.stringMatching(/^3 of 3 running/))
    await chooseInTray(app, ['Recent', 'reach', 'Stop'])
    await waitForState(page, 'reach', 'stopped')
    await expect(plain(ports.local)()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect.poll(() => trayLabels(app)).toContainEqual(expect.stringMatching(/^2 of 3 running/))
    await chooseInTray(app, ['Recent', 'reach', 'Start'])
    await waitForState(page, 'reach', 'running')
    const down = await download(plain(ports.local), 1)
    expect(down.received).toBe(down.sent)
  })

  it('says how many forwards quitting would close, and stops them all', async () => {
    const { app, page } = launched
    await expect.poll(() => trayLabels(app)).toContain('Quit (3 forwards will close)')
    await chooseInTray(app, ['Stop all'])
    for (const name of ['reach', 'offer', 'browse']) await waitForState(page, name, 'stopped')
    await expect.poll(() => trayLabels(app)).toContain('Quit')
  })
})
