import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followConnections, overhear, row, waitForState, waitUntilAlone } from '../support/app-steps'
import { download, plain, startBulkTarget, upload, type BulkTarget } from '../support/bulk-target'
import { screenshot, startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { freePort } from '../support/free-port'

const SHOWN_MS = 30_000
const BLOCK = Buffer.alloc(256 * 1024, 0x61)

let desktop: Desktop
let target: BulkTarget
let launched: LaunchedApp
let port: number
const open = new Set<Socket>()

beforeAll(async () => {
  ;[desktop, target] = await Promise.all([startDesktop(), startBulkTarget()])
  port = await freePort()
  launched = await desktop.launchApp()
  await overhear(launched.app)
  await followConnections(launched.page)
})
afterAll(async () => {
  for (const socket of open) socket.destroy()
  await desktop.stop()
  await target.stop()
})

async function showRelays(): Promise<void> {
  await launched.page
    .getByRole('navigation')
    .getByRole('button', { name: /^Relays/ })
    .click()
}

const pane = (): Locator => launched.page.getByRole('complementary', { name: 'Details' })
const form = (): Locator => launched.page.getByRole('form', { name: 'New relay' })

/** A client that stays; what it does not read the relay has to hold back. */
async function connectTo(at: number): Promise<Socket> {
  const socket = await plain(at)()
  open.add(socket)
  socket.on('error', () => undefined)
  return socket
}

/** A client that the relay turns away: the reset may come before the client knows that it was connected. */
async function turnedAway(at: number): Promise<void> {
  const socket = connect(at, '127.0.0.1')
  open.add(socket)
  socket.on('error', () => undefined)
  await closed(socket)
}

/** Ended in order or reset. */
async function closed(socket: Socket): Promise<void> {
  if (socket.destroyed || socket.resume().readableEnded) return
  await new Promise((resolve) => socket.once('close', resolve).once('end', resolve))
}

async function tabTo(field: string): Promise<void> {
  const { page } = launched
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.field)) === field) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${field}`)
}

describe('in the window', () => {
  it('a TCP relay is made and started with the keyboard alone', async () => {
    const { page } = launched
    await page
      .getByRole('navigation')
      .getByRole('button', { name: /^Relays/ })
      .focus()
    await page.keyboard.press('Enter')
    await page.getByText('There is no relay yet.').waitFor({ timeout: SHOWN_MS })
    await page.keyboard.press('n')
    await form().waitFor({ timeout: SHOWN_MS })
    await tabTo('listenPort')
    await page.keyboard.type(String(port))
    await tabTo('targets.0.host')
    // Both in one field: they part when it is left.
    await page.keyboard.type(`127.0.0.1:${target.port}`)
    await page.keyboard.press('Tab')
    await tabTo('name')
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('bulk')
    await page.keyboard.press('Enter')
    await waitForState(page, 'bulk', 'running')
    await pane().getByText(`People here connect to 127.0.0.1:${port} and reach 127.0.0.1:${target.port}.`).waitFor()
    expect(
      await page
        .getByRole('navigation')
        .getByRole('button', { name: /^Relays\s*1$/ })
        .count(),
    ).toBe(1)
  })

  it('bytes go both ways unchanged, and the pane counts them', async () => {
    const up = await upload(plain(port), 20)
    expect(up.received).toBe(up.sent)
    const down = await download(plain(port), 20)
    expect(down.received).toBe(down.sent)
    await pane().getByText('20.0 MB in all').first().waitFor({ timeout: SHOWN_MS })
    await pane().getByText('answers').waitFor({ timeout: SHOWN_MS })
  })

  it('the row shows the rate while they flow', async () => {
    const socket = await connectTo(port)
    socket.write('U')
    const rate = row(launched.page, 'bulk').getByText(/[1-9][\d.]* [KM]B\/s/)
    // A few megabytes a second, for as long as it takes the row to say so.
    const sender = setInterval(() => socket.write(BLOCK), 50)
    await rate.waitFor({ timeout: SHOWN_MS }).finally(() => {
      clearInterval(sender)
    })
    socket.resume().end()
    await closed(socket)
  })

  it('a limit is changed in place, and the connection lives on', async () => {
    const socket = await connectTo(port)
    socket.write('U')
    await pane().getByRole('heading', { name: 'Connections 1' }).waitFor({ timeout: SHOWN_MS })
    const limits = pane().getByRole('region', { name: 'Limits' })
    const field = limits.getByLabel('Connections at once')
    await field.fill('1')
    await field.press('Enter')
    await limits.getByText('Saved; it holds from now on.').waitFor({ timeout: SHOWN_MS })
    // A second one is turned away, the first goes on.
    await turnedAway(port)
    await limits.getByText('1 connection turned away by the limits').waitFor({ timeout: SHOWN_MS })
    socket.write('more')
    await screenshot(launched.page, 'relay-limited', 'light')
    expect(socket.destroyed).toBe(false)
    await pane()
      .getByRole('button', { name: /^End the connection from/ })
      .click()
    await closed(socket)
    await pane().getByText('Nobody is connected.').waitFor({ timeout: SHOWN_MS })
    await pane().getByText('ended by you').first().waitFor({ timeout: SHOWN_MS })
    await field.fill('')
    await field.press('Enter')
    await limits.getByText('Saved; it holds from now on.').waitFor({ timeout: SHOWN_MS })
  })

  it('Space stops it, and the port is free', async () => {
    const { page } = launched
    await waitUntilAlone(page, 'bulk')
    await row(page, 'bulk').focus()
    await page.keyboard.press('Space')
    await waitForState(page, 'bulk', 'stopped')
    await expect(plain(port)()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('with the mouse', () => {
  let holder: Server
  let taken: number

  beforeAll(async () => {
    taken = await freePort()
    holder = createServer().listen(taken, '127.0.0.1')
    await once(holder, 'listening')
  })
  afterAll(() => {
    holder.close()
  })

  it('the form says that a port is taken and offers another', async () => {
    const { page } = launched
    await showRelays()
    await page.getByRole('button', { name: 'New', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Connections' }).click()
    await form().locator('[data-field="listenPort"]').fill(String(taken))
    await form().locator('[data-field="targets.0.host"]').fill('127.0.0.1')
    await form().locator('[data-field="targets.0.port"]').fill(String(target.port))
    await form().getByLabel('Name', { exact: true }).fill('taken')
    await form()
      .getByText(new RegExp(`${taken} is held by`))
      .waitFor({ timeout: SHOWN_MS })
    await form()
      .getByRole('button', { name: /^Use \d+$/ })
      .waitFor()
    // Saved as it is: the start says the same on the row.
    await form().getByRole('button', { name: 'Save', exact: true }).click()
    await form().waitFor({ state: 'hidden', timeout: SHOWN_MS })
  })

  it('a start on a taken port fails with its reason, and the button on the row cures it', async () => {
    const { page } = launched
    await page.getByRole('switch', { name: 'taken', exact: true }).click()
    await waitForState(page, 'taken', 'failed')
    await pane().getByText('The port is in use').waitFor({ timeout: SHOWN_MS })
    await screenshot(page, 'relay-port-taken', 'dark')
    await row(page, 'taken')
      .getByRole('button', { name: /^Use \d+$/ })
      .click()
    await waitForState(page, 'taken', 'running')
    const text = await row(page, 'taken').textContent()
    const used = Number(/127\.0\.0\.1:(\d+)/.exec(text ?? '')?.[1])
    expect(used).not.toBe(taken)
    const down = await download(plain(used), 1)
    expect(down.received).toBe(down.sent)
  })

  it('a deleted one comes back with Undo, running', async () => {
    const { page } = launched
    await waitUntilAlone(page, 'taken')
    await row(page, 'taken').click()
    await page.keyboard.press('Delete')
    await page.getByText('taken deleted.').waitFor({ timeout: SHOWN_MS })
    expect(await row(page, 'taken').count()).toBe(0)
    await page.getByRole('button', { name: 'Undo' }).click()
    await waitForState(page, 'taken', 'running')
  })
})
