/** A control API, turned on by a person in the window and called by a program. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { freePort } from '../support/free-port'

const KEY = 'XPORTFORWARD'

let desktop: Desktop
let launched: LaunchedApp
let port: number
let listen: number

beforeAll(async () => {
  ;[desktop, port] = await Promise.all([startDesktop(), freePort()])
  launched = await desktop.launchApp()
  await launched.page.getByRole('button', { name: 'Try the demo server' }).waitFor()
})
afterAll(() => desktop.stop())

/** Calls as a panel does: everything in the address, the answer read as JSON whatever its type says. */
async function call(action: string, data?: object): Promise<{ code: number; data: Record<string, unknown> }> {
  const sign = createHash('md5').update(`${KEY}|PortForward`).digest('hex')
  const address = new URL(`http://127.0.0.1:${port}/`)
  address.searchParams.set('sign', sign)
  address.searchParams.set('action', action)
  if (data !== undefined) address.searchParams.set('action_data', JSON.stringify(data))
  const response = await fetch(address)
  return JSON.parse(await response.text()) as { code: number; data: Record<string, unknown> }
}

async function isFree(): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  server.close()
  return free
}

async function openSettings(): Promise<void> {
  const { page } = launched
  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^Settings/ })
    .click()
  await page.getByRole('heading', { name: 'Control APIs' }).waitFor()
}

describe('the X Port Forward API', () => {
  it('is off until a person gives it a key, and answers then', async () => {
    const { page } = launched
    await openSettings()
    expect(await isFree()).toBe(true)
    await page.getByRole('switch', { name: 'X Port Forward' }).click()
    const form = page.getByRole('form', { name: 'Settings of X Port Forward' })
    await form.getByText('without one nothing may call').waitFor()
    await form.getByLabel('Port').fill(String(port))
    await form.getByLabel('Auth key').fill(KEY)
    await form.getByRole('button', { name: 'Save and turn on' }).click()
    const api = page.getByRole('region', { name: 'X Port Forward' })
    await api.getByText('● running').waitFor()
    expect(await api.textContent()).not.toContain(KEY)
    expect(await call('server_info')).toMatchObject({ code: 200, data: { Code: 30, Status: 'Success' } })
  })

  it('makes relays that the window shows as it shows its own', async () => {
    const { page } = launched
    listen = await freePort()
    const added = await call('add_forward', {
      ...{ forwardname: 'game', proxyip: '127.0.0.1', proxyport: 9, listenip: '127.0.0.1', listenport: listen },
      ...{ maxconnnum: 20, ratelimit: 0, forwardtype: 'tcp' },
    })
    expect(added).toMatchObject({ code: 200, data: { Status: 'Success' } })
    await page.getByRole('navigation').getByRole('button', { name: 'Relays' }).click()
    await page.getByRole('switch', { name: 'game', exact: true }).waitFor()
    await expect
      .poll(async () => (await call('forward_proxy_status', { forwardname: 'game' })).data['ForwardStatus'])
      .toBe('running')
  })

  it('keep books, with why each connection ended, and write them into a file', async () => {
    const { page, app } = launched
    const client = connect(listen, '127.0.0.1').on('error', () => undefined)
    await new Promise<void>((resolve) => client.once('close', () => resolve()))
    await page.getByText('game', { exact: true }).first().click()
    const pane = page.getByRole('complementary', { name: 'Details' })
    await pane.getByText('target not reached').first().waitFor()
    const file = join(desktop.home, 'traffic.csv')
    await app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath })
    }, file)
    await pane.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('menuitem', { name: 'Days as CSV…', exact: true }).click()
    await page.getByText(`Exported to ${file}.`).waitFor()
    const [head, row] = (await readFile(file, 'utf8')).trim().split('\r\n')
    expect(head).toBe('from,id,name,up,down,connections')
    expect(row).toMatch(/,"game",0,0,1$/)
  })

  it('notes every call, and never the key or the sign', async () => {
    const { page } = launched
    await openSettings()
    await page.getByText('Calls', { exact: true }).click()
    const calls = page.getByRole('region', { name: 'Calls of the control APIs' })
    await calls.getByRole('cell', { name: 'add_forward' }).waitFor()
    const text = (await calls.textContent()) ?? ''
    expect(text).toContain('server_info')
    expect(text).toContain('127.0.0.1')
    expect(text).not.toContain(KEY)
    expect(text).not.toContain(createHash('md5').update(`${KEY}|PortForward`).digest('hex'))
  })

  it('gives its port back when it is turned off, and keeps the relays', async () => {
    const { page } = launched
    await page.getByRole('switch', { name: 'X Port Forward' }).click()
    await page.getByRole('region', { name: 'X Port Forward' }).getByText('○ off, a key is set').waitFor()
    await expect(call('server_info')).rejects.toThrow()
    expect(await isFree()).toBe(true)
    await page.getByRole('navigation').getByRole('button', { name: 'Relays' }).click()
    await page.getByRole('switch', { name: 'game', exact: true }).waitFor()
  })
})
