import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flip, openEditor, row, trustHostKey, waitForState } from '../support/app-steps'
import { screenshot, startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { startSshd, type Sshd } from '../support/sshd'

const THEMES = ['light', 'dark'] as const

let desktop: Desktop
let sshd: Sshd
let launched: LaunchedApp

beforeAll(async () => {
  ;[desktop, sshd] = await Promise.all([startDesktop(), startSshd()])
  launched = await desktop.launchApp()
})
afterAll(async () => {
  await desktop.stop()
  await sshd.stop()
})

async function picture(name: string): Promise<void> {
  for (const theme of THEMES) await screenshot(launched.page, name, theme)
}

async function go(screen: string): Promise<void> {
  await launched.page.getByRole('button', { name: screen }).first().click()
  await launched.page.getByRole('heading', { name: screen, level: 1 }).waitFor()
}

describe('every screen, light and dark', () => {
  it('the first run', async () => {
    await launched.page.getByRole('button', { name: 'Try the demo server' }).waitFor()
    await picture('first-run')
  })

  it('the demo server: a working forward two clicks later', async () => {
    const { page } = launched
    await page.getByRole('button', { name: 'Try the demo server' }).click()
    const first = page.getByRole('switch').first()
    await first.waitFor()
    const name = (await first.getAttribute('aria-label')) ?? ''
    await flip(page, name)
    await waitForState(page, name, 'running')
    await picture('forwards')
  })

  it('a forward in detail', async () => {
    const { page } = launched
    const name = (await page.getByRole('switch').first().getAttribute('aria-label')) ?? ''
    await row(page, name).getByText(name, { exact: true }).click()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /^Connections/ }).waitFor()
    await picture('forward-detail')
    await page.keyboard.press('Escape')
  })

  it('the form of a forward, of each kind', async () => {
    const { page } = launched
    const form = await openEditor(page)
    for (const kind of ['Reach', 'Offer', 'Browse']) {
      await form.getByRole('radio', { name: kind }).click()
      await picture(`editor-${kind.toLowerCase()}`)
    }
    await page.keyboard.press('Escape')
  })

  it('an ssh command pasted into the form, with its host key question', async () => {
    const { page } = launched
    const form = await openEditor(page)
    const command = `ssh -L 0:127.0.0.1:80 -p ${sshd.port} -i ${sshd.clientKey} ${sshd.username}@127.0.0.1`
    await form.getByLabel('Paste an ssh command').fill(command)
    await page.keyboard.press('Enter')
    const name = form.getByLabel('Name', { exact: true })
    await expect.poll(() => name.inputValue()).not.toBe('')
    await picture('editor-pasted')
    await name.fill('pasted')
    await form.getByRole('button', { name: 'Save and start' }).click()
    await page.getByRole('button', { name: 'Trust and connect' }).waitFor()
    await picture('need-host-key')
    await trustHostKey(page)
    await waitForState(page, 'pasted', 'running')
  })

  it('servers, activity and settings', async () => {
    await go('Servers')
    await picture('servers')
    await go('Activity')
    await picture('activity')
    await go('Settings')
    await picture('settings')
  })

  it('the smallest window', async () => {
    await launched.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setSize(900, 600)
    })
    await go('Forwards')
    await picture('forwards-small')
    const overflow = await launched.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
  })
})
