import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addServer,
  followConnections,
  serverEntry,
  trustHostKey,
  waitForState,
  waitUntilAlone,
} from '../support/app-steps'
import { download, plain, startBulkTarget, type BulkTarget } from '../support/bulk-target'
import { startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { freePort } from '../support/free-port'
import { startSshd, type Sshd } from '../support/sshd'

let desktop: Desktop
let sshd: Sshd
let target: BulkTarget
let launched: LaunchedApp
let port: number

beforeAll(async () => {
  ;[desktop, sshd, target] = await Promise.all([startDesktop({ keyring: false }), startSshd(), startBulkTarget()])
  port = await freePort()
  launched = await desktop.launchApp()
  await followConnections(launched.page)
  await addServer(launched.page, serverEntry(sshd))
})
afterAll(async () => {
  await desktop.stop()
  await sshd.stop()
  await target.stop()
})

/** What has the focus, in words. */
async function focused(): Promise<string> {
  return launched.page.evaluate(() => {
    const element = document.activeElement
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null
    return element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? ''
  })
}

async function tabTo(name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await focused()) === name) return
    await launched.page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to "${name}"; it is at "${await focused()}"`)
}

describe('with the keyboard alone', () => {
  it('a forward is made and started', async () => {
    const { keyboard } = launched.page
    await keyboard.press('Escape')
    await launched.page.getByRole('button', { name: 'Forwards' }).first().focus()
    await keyboard.press('Enter')
    await keyboard.press('n')
    await launched.page.getByRole('form', { name: 'New forward' }).waitFor()
    await tabTo('Port on this machine')
    await keyboard.type(String(port))
    await tabTo('Target host')
    await keyboard.type('127.0.0.1')
    await tabTo('Target port')
    await keyboard.type(String(target.port))
    await tabTo('Name')
    await keyboard.press('ControlOrMeta+a')
    await keyboard.type('keys')
    await keyboard.press('Enter')
    const text = await trustHostKey(launched.page, 'keyboard')
    expect(text).toContain('bastion')
    await waitForState(launched.page, 'keys', 'running')
    const down = await download(plain(port), 1)
    expect(down.received).toBe(down.sent)
  })

  it('Space switches it, and the focus stays in the list', async () => {
    const { page } = launched
    await waitUntilAlone(page, 'keys')
    await page.keyboard.press('Escape')
    await page.getByRole('row').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await waitForState(page, 'keys', 'stopped')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('row')
    await page.keyboard.press('Space')
    await waitForState(page, 'keys', 'running')
  })

  it('the focus can always be seen', async () => {
    const { page } = launched
    for (let presses = 0; presses < 12; presses += 1) {
      await page.keyboard.press('Tab')
      const visible = await page.evaluate(() => {
        const element = document.activeElement
        if (element === null || element === document.body) return true
        const { outlineStyle, boxShadow } = getComputedStyle(element)
        return outlineStyle !== 'none' || boxShadow !== 'none'
      })
      expect(visible, await focused()).toBe(true)
    }
  })
})
