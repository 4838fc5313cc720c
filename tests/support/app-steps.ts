/** What a person does in the window and in the tray, as steps for tests of the real app. */
import type { ElectronApplication, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Sshd } from './sshd'

/** What changes after a click shows within this time, even on a busy machine. */
const SHOWN_MS = 30_000

export interface ServerEntry {
  readonly name: string
  readonly port: number
  readonly username: string
  readonly keyFile?: string
}

export function serverEntry(sshd: Sshd, name = 'bastion'): ServerEntry {
  return { name, port: sshd.port, username: sshd.username, keyFile: sshd.clientKey }
}

/** Fills the form of a new server; works from the first run and from the servers screen. */
export async function addServer(page: Page, server: ServerEntry): Promise<void> {
  const first = page.getByRole('button', { name: 'Add a server' })
  const later = page.getByRole('button', { name: 'New', exact: true })
  await first.or(later).first().waitFor({ timeout: SHOWN_MS })
  if (await first.isVisible()) {
    await first.click()
  } else {
    await later.click()
    await page.getByRole('menuitem', { name: 'Server', exact: true }).click()
  }
  const pane = page.getByRole('complementary', { name: 'New server' })
  await pane.getByLabel('Host', { exact: true }).fill('127.0.0.1')
  await pane.getByLabel('Port', { exact: true }).fill(String(server.port))
  await pane.getByLabel('User', { exact: true }).fill(server.username)
  await pane.getByLabel('Name', { exact: true }).fill(server.name)
  if (server.keyFile !== undefined) await pane.getByLabel('Key file', { exact: true }).fill(server.keyFile)
  await pane.getByRole('button', { name: 'Add server' }).click()
  await pane.waitFor({ state: 'hidden', timeout: SHOWN_MS })
}

export type ForwardEntry = { readonly name: string; readonly server: string } & (
  | { readonly kind: 'Reach'; readonly listenPort: number; readonly targetPort: number }
  | { readonly kind: 'Offer'; readonly listenPort: number; readonly targetPort: number }
  | { readonly kind: 'Browse'; readonly listenPort: number }
)

/** Fills the form of a new forward and saves it, started or not. */
export async function addForward(page: Page, forward: ForwardEntry, start = false): Promise<void> {
  const form = await openEditor(page)
  await form.getByRole('radio', { name: forward.kind }).click()
  const server = form.getByLabel('Server', { exact: true })
  if ((await server.textContent())?.includes(forward.server) !== true) {
    await server.click()
    await page.getByRole('option', { name: forward.server }).click()
  }
  await form.locator('[data-field="listenPort"]').fill(String(forward.listenPort))
  if (forward.kind !== 'Browse') {
    await form.locator('[data-field="targetHost"]').fill('127.0.0.1')
    await form.locator('[data-field="targetPort"]').fill(String(forward.targetPort))
  }
  await form.getByLabel('Name', { exact: true }).fill(forward.name)
  await form.getByRole('button', { name: start ? 'Save and start' : 'Save', exact: true }).click()
  await form.waitFor({ state: 'hidden', timeout: SHOWN_MS })
}

export async function openEditor(page: Page): Promise<Locator> {
  const form = page.getByRole('form', { name: 'New forward' })
  if (!(await form.isVisible())) {
    await page.getByRole('button', { name: 'Forwards' }).first().click()
    await page.keyboard.press('ControlOrMeta+n')
  }
  await form.waitFor({ timeout: SHOWN_MS })
  return form
}

export function row(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('switch', { name, exact: true }) })
}

/** Waits until the row's mark says this word. */
export async function waitForState(page: Page, name: string, state: string): Promise<void> {
  await row(page, name).getByRole('img', { name: state, exact: true }).waitFor({ timeout: SHOWN_MS })
}

export async function flip(page: Page, name: string): Promise<void> {
  await page.getByRole('switch', { name, exact: true }).click()
}

/** Keeps from now on what the window is told of who is connected; for {@link waitUntilAlone}, before any traffic. */
export async function followConnections(page: Page): Promise<void> {
  await page.evaluate(() => {
    const told: Told = new Map()
    Object.assign(globalThis, { told })
    window.api.on('rates.sampled', ({ forwards }) => {
      for (const sample of forwards) told.set(sample.id, sample)
    })
  })
}

/**
 * Waits until the window was told that nobody is connected any more.
 *
 * It counts whom its last sample counted, and that is a second old at most: right after traffic it asks before it stops or deletes.
 */
export async function waitUntilAlone(page: Page, name: string): Promise<void> {
  const isAlone = async (wanted: string): Promise<boolean> => {
    const { daemon } = window.api
    const [forwards, relays] = await Promise.all([daemon['forwards.list']({}), daemon['relays.list']({})])
    if (!forwards.ok || !relays.ok) return false
    const snapshot = [...forwards.value, ...relays.value].find(({ spec }) => spec.name === wanted)?.snapshot
    const sample = (globalThis as unknown as { told: Told }).told.get(snapshot?.id ?? '')
    return (
      sample?.connections === 0 && snapshot?.connections === 0 && sample.totalConnections === snapshot.totalConnections
    )
  }
  await expect.poll(() => page.evaluate(isAlone, name)).toBe(true)
}

/** The last sample of each forward and relay. */
type Told = Map<string, { readonly connections: number; readonly totalConnections: number }>

/** Trusts the server; returns what the dialog said. The safe answer has the focus, so the keyboard goes past it. */
export async function trustHostKey(page: Page, by: 'mouse' | 'keyboard' = 'mouse'): Promise<string> {
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'))
  const trust = dialog.getByRole('button', { name: 'Trust and connect' })
  await trust.waitFor({ timeout: SHOWN_MS })
  const text = (await dialog.textContent()) ?? ''
  if (by === 'mouse') {
    await trust.click()
  } else {
    while (!(await trust.evaluate((button) => button === document.activeElement))) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
  }
  await trust.waitFor({ state: 'hidden', timeout: SHOWN_MS })
  return text
}

/** What main says to the desktop, kept where a test can read it. */
export interface Said {
  readonly notices: { readonly title: string; readonly body: string }[]
  readonly questions: { readonly message: string; readonly detail: string }[]
}

/** Listens to messages, questions and the tray's menu from now on; questions get the first button. */
export async function overhear(app: ElectronApplication): Promise<void> {
  await app.evaluate(({ Notification, Tray, dialog }) => {
    const said: Said = { notices: [], questions: [] }
    const store = globalThis as unknown as { said: Said; trayMenu: unknown }
    store.said = said
    Notification.prototype.show = function (this: { title: string; body: string }): void {
      said.notices.push({ title: this.title, body: this.body })
    }
    dialog.showMessageBox = ((...args: { message: string; detail: string }[]) => {
      const { message = '', detail = '' } = args.at(-1) ?? {}
      said.questions.push({ message, detail })
      return Promise.resolve({ response: 0, checkboxChecked: false })
    }) as never
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its tray below
    const hang = Tray.prototype.setContextMenu
    Tray.prototype.setContextMenu = function (menu): void {
      store.trayMenu = menu
      hang.call(this, menu)
    }
  })
}

export async function said(app: ElectronApplication): Promise<Said> {
  return app.evaluate(() => (globalThis as unknown as { said: Said }).said)
}

/** The labels of the tray's menu, as it was last hung up. */
export async function trayLabels(app: ElectronApplication): Promise<readonly string[]> {
  return app.evaluate(() => {
    const { trayMenu } = globalThis as unknown as { trayMenu?: { items: { label: string }[] } }
    return trayMenu?.items.map(({ label }) => label) ?? []
  })
}

/** Chooses an entry of the tray's menu; each step is the end of a label. */
export async function chooseInTray(app: ElectronApplication, path: readonly string[]): Promise<void> {
  await app.evaluate((_electron, steps) => {
    interface Item {
      label: string
      enabled: boolean
      submenu?: { items: Item[] }
      click: () => void
    }
    const store = globalThis as unknown as { trayMenu: { items: Item[] } }
    let items = store.trayMenu.items
    let found: Item | undefined
    for (const step of steps) {
      found = items.find(({ label }) => label.endsWith(step))
      if (found === undefined)
        throw new Error(`The tray has no "${step}" among ${items.map((i) => i.label).join(' | ')}`)
      items = found.submenu?.items ?? []
    }
    if (found?.enabled !== true) throw new Error('The entry cannot be chosen')
    found.click()
  }, path)
}
