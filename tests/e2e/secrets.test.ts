import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addForward,
  addServer,
  flip,
  followConnections,
  overhear,
  trustHostKey,
  waitForState,
  waitUntilAlone,
} from '../support/app-steps'
import { download, plain, startBulkTarget, type BulkTarget } from '../support/bulk-target'
import { screenshot, startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { freePort } from '../support/free-port'
import { startPasswordServer, type PasswordServer } from '../support/password-server'

const PASSWORD = 'many small burrows'
const NEXT_PASSWORD = 'one large warren'

let desktop: Desktop
let server: PasswordServer
let target: BulkTarget
let launched: LaunchedApp
let port: number

beforeAll(async () => {
  ;[desktop, server, target] = await Promise.all([startDesktop(), startPasswordServer(PASSWORD), startBulkTarget()])
  port = await freePort()
  launched = await desktop.launchApp()
})
afterAll(async () => {
  await desktop.stop()
  await server.stop()
  await target.stop()
})

const vault = (): string => join(desktop.home, 'warren', 'app', 'secrets.json')
const field = () => launched.page.getByRole('dialog').getByLabel('Password', { exact: true })

describe('with a keyring', () => {
  it('the window knows which keyring there is', async () => {
    const { page } = launched
    await page.getByRole('button', { name: 'Add a server' }).waitFor()
    await expect
      .poll(() =>
        page.evaluate(async () => {
          const hello = await window.api.app['app.hello'](undefined)
          return hello.ok ? hello.value.keyring : null
        }),
      )
      .toEqual({ available: true, backend: 'gnome_libsecret' })
  })

  it('a password is asked for in a dialog and saved when that is chosen', async () => {
    const { page } = launched
    await addServer(page, { name: 'vault', port: server.port, username: 'me' })
    await addForward(page, { kind: 'Reach', name: 'db', server: 'vault', listenPort: port, targetPort: target.port })
    await flip(page, 'db')
    await trustHostKey(page)
    await field().waitFor()
    await screenshot(page, 'need-password', 'light')
    await screenshot(page, 'need-password', 'dark')
    await field().fill(PASSWORD)
    await page.getByLabel('Save the password').check()
    await page.getByRole('button', { name: 'Log in' }).click()
    await waitForState(page, 'db', 'running')
  })

  it('what is saved is sealed and for its owner alone', async () => {
    await expect.poll(() => readFileSync(vault(), 'utf8')).toContain('"subject":"me"')
    expect(readFileSync(vault(), 'utf8')).not.toContain(PASSWORD)
    expect(statSync(vault()).mode & 0o777).toBe(0o600)
  })

  it('the next app and the next daemon log in without a question', async () => {
    await overhear(launched.app)
    const ended = launched.app.waitForEvent('close')
    await launched.app.evaluate(({ app }) => {
      app.quit()
    })
    await ended
    launched = await desktop.launchApp()
    const { page } = launched
    await followConnections(page)
    await flip(page, 'db')
    await waitForState(page, 'db', 'running')
    expect(await page.getByRole('dialog').count()).toBe(0)
    const down = await download(plain(port), 1)
    expect(down.received).toBe(down.sent)
  })

  it('a saved password that is refused is tried once, forgotten, and the person is asked', async () => {
    const { page } = launched
    await waitUntilAlone(page, 'db')
    await flip(page, 'db')
    await waitForState(page, 'db', 'stopped')
    // The session of before would still do: it ends with its server's patience, so the server forgets it here.
    await server.stop()
    server = await startPasswordServer(NEXT_PASSWORD)
    await page.evaluate(async (at) => {
      const servers = await window.api.daemon['servers.list']({})
      const id = servers.ok ? servers.value[0]?.id : undefined
      if (id !== undefined) await window.api.daemon['servers.update']({ id, patch: { port: at } })
    }, server.port)
    await flip(page, 'db')
    await trustHostKey(page)
    await field().waitFor()
    expect(server.offered()).toBe(1)
    await field().fill(NEXT_PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await waitForState(page, 'db', 'running')
    expect(readFileSync(vault(), 'utf8')).toBe('{"version":1,"secrets":[]}')
  })
})
