/** Two real windows with two data folders, two people and one team: what one does, the other sees. */
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addForward, addServer, row, serverEntry, waitForState } from '../support/app-steps'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process'
import { screenshot, startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { startDocumentServer, type DocumentServer } from '../support/document-server'
import { freePort } from '../support/free-port'
import { startSshd, type Sshd } from '../support/sshd'

const SHOWN_MS = 30_000
/** Longer than the distance between tries while a server is away. */
const LONG_MS = 60_000

let desktop: Desktop
let cloud: CloudProcess
let sshd: Sshd
let ada: LaunchedApp
let bob: LaunchedApp

beforeAll(async () => {
  ;[desktop, cloud, sshd] = await Promise.all([startDesktop(), startCloudProcess(), startSshd()])
  await cloud.addUser('ada@example.com', 'ada', 'lovelace-1')
  await cloud.addUser('bob@example.com', 'bob', 'builder-1')
  ada = await desktop.launchApp({ home: join(desktop.home, 'ada') })
  bob = await desktop.launchApp({ home: join(desktop.home, 'bob') })
})
afterAll(async () => {
  await desktop.stop()
  await cloud.stop()
  await sshd.stop()
})

const sidebar = (page: Page, name: RegExp): Locator =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name }).first()
const cloudNav = (page: Page): Locator => page.getByRole('navigation', { name: 'Cloud' })

async function show(page: Page, screen: 'Cloud' | 'Forwards'): Promise<void> {
  await sidebar(page, new RegExp(`^${screen}`)).click()
}
async function showPage(page: Page, name: string | RegExp): Promise<void> {
  await show(page, 'Cloud')
  await cloudNav(page).getByRole('button', { name }).click()
}
async function signIn(page: Page, url: string, email: string, password: string): Promise<void> {
  await show(page, 'Cloud')
  await page.getByLabel('Server address').fill(url)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await cloudNav(page).waitFor({ timeout: SHOWN_MS })
}
/** Resolves with the page when it counts one decision. */
async function asksIn(page: Page): Promise<Page> {
  await sidebar(page, /^Cloud\s*1 to decide$/).waitFor({ timeout: LONG_MS })
  return page
}
async function shareWith(page: Page, forward: string, space: string): Promise<void> {
  await show(page, 'Forwards')
  await row(page, forward).click()
  await page.getByRole('complementary', { name: 'Details' }).getByRole('button', { name: 'Share…' }).click()
  await page.getByRole('menuitemcheckbox', { name: space }).click()
  const now = space === 'Personal' ? 'is in your account' : `is shared with ${space}`
  await page.getByText(`${forward} ${now} now.`).waitFor({ timeout: SHOWN_MS })
}
async function edit(page: Page, name: string, field: 'targetHost' | 'Description', value: string): Promise<void> {
  await show(page, 'Forwards')
  await row(page, name).click()
  await page.keyboard.press('e')
  const form = page.getByRole('form', { name: `Edit ${name}` })
  const input = field === 'Description' ? form.getByLabel(field) : form.locator(`[data-field="${field}"]`)
  await input.fill(value)
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await form.waitFor({ state: 'hidden', timeout: SHOWN_MS })
}

it('signs in, with the login in the desktop’s keyring', async () => {
  await signIn(ada.page, cloud.url, 'ada@example.com', 'lovelace-1')
  await signIn(bob.page, cloud.url, 'bob@example.com', 'builder-1')
  await ada.page.getByText('In sync').first().waitFor({ timeout: SHOWN_MS })
  await screenshot(ada.page, 'cloud-account', 'dark')
})

it('makes a team, and brings a colleague in by a link', async () => {
  const { page } = ada
  await cloudNav(page).getByRole('button', { name: 'New team…' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('ops')
  await page.getByRole('button', { name: 'Make the team' }).click()
  await page.getByRole('button', { name: 'Make a link' }).click()
  const link = page.getByText(/\/invite#/)
  await link.waitFor({ timeout: SHOWN_MS })
  await screenshot(page, 'cloud-invitation', 'light')
  await showPage(bob.page, 'Join a team…')
  await bob.page.getByLabel('Invitation link').fill((await link.textContent()) ?? '')
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Join' }).click()
  await bob.page.getByRole('heading', { name: 'ops' }).waitFor({ timeout: SHOWN_MS })
  // The other window hears of the new member by itself.
  await page.getByRole('row', { name: /^bob/ }).waitFor({ timeout: SHOWN_MS })
})

it('what is shared here is there at once, and stopped', async () => {
  await show(ada.page, 'Forwards')
  await addServer(ada.page, serverEntry(sshd))
  await addForward(ada.page, {
    kind: 'Reach',
    name: 'db',
    server: 'bastion',
    listenPort: await freePort(),
    targetPort: 5432,
  })
  await show(bob.page, 'Forwards')
  await shareWith(ada.page, 'db', 'ops')
  const shared = performance.now()
  await row(bob.page, 'db').waitFor({ timeout: SHOWN_MS })
  console.info(`shared here, seen there after ${Math.round(performance.now() - shared)} ms`)
  await row(bob.page, 'db').getByRole('img', { name: 'stopped', exact: true }).waitFor()
  await row(bob.page, 'db').click()
  await bob.page.getByText('Shared with ops', { exact: false }).first().waitFor({ timeout: SHOWN_MS })
  await screenshot(bob.page, 'cloud-arrived', 'dark')
})

it('edits apart meet: what both changed waits for a decision, the rest is joined', async () => {
  await cloud.end()
  await edit(ada.page, 'db', 'targetHost', '10.0.0.7')
  await edit(bob.page, 'db', 'targetHost', '10.0.0.8')
  await edit(bob.page, 'db', 'Description', 'The ledger.')
  await showPage(bob.page, 'Account')
  await bob.page
    .getByText(/^Offline since/)
    .first()
    .waitFor({ timeout: SHOWN_MS })
  await screenshot(bob.page, 'cloud-offline', 'light')
  await cloud.begin()
  // Both try again by themselves; whoever comes second finds what the first did.
  const asked = await Promise.race([asksIn(ada.page), asksIn(bob.page)])
  const other = asked === ada.page ? bob.page : ada.page
  await showPage(asked, /^To decide/)
  const choice = asked.getByRole('form', { name: 'Decide about db' })
  await choice.waitFor({ timeout: SHOWN_MS })
  await screenshot(asked, 'cloud-conflict', 'dark')
  await screenshot(asked, 'cloud-conflict', 'light')
  const mine = asked === ada.page ? '10.0.0.7' : '10.0.0.8'
  await choice.getByRole('radio', { name: `Target host, mine: ${mine}` }).check()
  await choice.getByRole('button', { name: 'Save the choice' }).click()
  await asked.getByText('db is decided.').waitFor({ timeout: SHOWN_MS })
  for (const page of [asked, other]) {
    await show(page, 'Forwards')
    await row(page, 'db').getByText(mine, { exact: false }).waitFor({ timeout: SHOWN_MS })
    await row(page, 'db').click()
    await page.getByText('The ledger.').first().waitFor({ timeout: SHOWN_MS })
  }
})

it('a member who is removed loses the forwards and the key', async () => {
  await showPage(ada.page, 'Account')
  await ada.page.getByRole('button', { name: 'Make the key' }).click()
  await ada.page.getByLabel('I have kept it where I find it again').check()
  await screenshot(ada.page, 'cloud-recovery-code', 'light')
  await ada.page.getByRole('button', { name: 'Done' }).click()
  await showPage(bob.page, 'Account')
  await bob.page.getByRole('button', { name: 'Make the key' }).click()
  await bob.page.getByLabel('I have kept it where I find it again').check()
  await bob.page.getByRole('button', { name: 'Done' }).click()

  await show(ada.page, 'Forwards')
  await row(ada.page, 'db').click()
  await ada.page.keyboard.press('e')
  const form = ada.page.getByRole('form', { name: 'Edit db' })
  await form.getByRole('button', { name: 'Share the password' }).click()
  await ada.page.getByRole('dialog').getByLabel('Password').fill('open-sesame')
  await ada.page
    .getByRole('dialog')
    .getByRole('button', { name: /^Share/ })
    .click()
  await form.getByText('shared, sealed').waitFor({ timeout: SHOWN_MS })
  await screenshot(ada.page, 'cloud-editor', 'dark')
  await ada.page.keyboard.press('Escape')

  await showPage(ada.page, /^ops/)
  await ada.page.getByRole('button', { name: 'Give bob the key' }).click()
  await ada.page.getByLabel('bob reads the same to me').check()
  await ada.page.getByRole('button', { name: 'Give the key', exact: true }).click()
  await ada.page.getByRole('row', { name: /^bob/ }).getByText('Opens the secrets').waitFor({ timeout: SHOWN_MS })
  await screenshot(ada.page, 'cloud-members', 'dark')
  const token = await cloud.token('ada@example.com')
  const team = await teamOf(token)
  expect(await keysOf(team, token)).toMatchObject({ generation: 1 })
  expect(await keysOf(team, await cloud.token('bob@example.com'))).toMatchObject({ mine: [{ generation: 1 }] })

  await show(bob.page, 'Forwards')
  await ada.page.getByRole('button', { name: 'Remove bob' }).click()
  await Promise.all([
    // Said for a few seconds, maybe before ada's own list is anew.
    bob.page.getByText(/^You are no longer in ops; its 1 forward went away/).waitFor({ timeout: SHOWN_MS }),
    ada.page
      .getByRole('alertdialog')
      .or(ada.page.getByRole('dialog'))
      .getByRole('button', { name: /^Remove/ })
      .click(),
  ])
  await ada.page.getByRole('row', { name: /^bob/ }).waitFor({ state: 'detached', timeout: SHOWN_MS })
  await row(bob.page, 'db').waitFor({ state: 'detached', timeout: SHOWN_MS })
  await screenshot(bob.page, 'cloud-removed', 'light')
  expect((await askKeys(team, await cloud.token('bob@example.com'))).status).toBe(404)
  // The machine of who stays makes the next key by itself, and seals the password anew with it.
  await expect.poll(async () => (await keysOf(team, token)).generation, { timeout: LONG_MS }).toBe(2)
  await expect
    .poll(async () => (await forwardsOf(team, token))[0]?.password ?? '', { timeout: LONG_MS })
    .toMatch(/^warren-sealed:1:2:/)
})

it('without the extensions, changes come within the interval', async () => {
  const bare: DocumentServer = await startDocumentServer({
    users: [{ email: 'carla@example.com', password: 'secret123' }],
  })
  try {
    for (const { page } of [ada, bob]) {
      await showPage(page, 'Account')
      await page.getByRole('button', { name: /^Sign out/ }).click()
      await page
        .getByRole('alertdialog')
        .or(page.getByRole('dialog'))
        .getByRole('button', { name: /^Sign out/ })
        .click()
      await page.getByLabel('Server address').waitFor({ timeout: SHOWN_MS })
      await signIn(page, bare.url, 'carla@example.com', 'secret123')
      await page.getByText('In sync').first().waitFor({ timeout: SHOWN_MS })
      await page.getByLabel('Ask the server every').click()
      await page.getByRole('option', { name: '10 s' }).click()
    }
    await show(bob.page, 'Forwards')
    await addForward(ada.page, { kind: 'Browse', name: 'proxy', server: 'bastion', listenPort: await freePort() })
    await shareWith(ada.page, 'proxy', 'Personal')
    await row(bob.page, 'proxy').waitFor({ timeout: LONG_MS })
    await waitForState(bob.page, 'proxy', 'stopped')
  } finally {
    await bare.close()
  }
})

async function askKeys(team: string, token: string): Promise<Response> {
  return await fetch(`${cloud.url}/teams/${team}/keys`, { headers: { authorization: `Bearer ${token}` } })
}
async function keysOf(team: string, token: string): Promise<{ readonly generation: number }> {
  return (await (await askKeys(team, token)).json()) as { generation: number }
}
async function teamOf(token: string): Promise<string> {
  const answer = await fetch(`${cloud.url}/teams/my`, { headers: { authorization: `Bearer ${token}` } })
  const [team] = (await answer.json()) as { id: string }[]
  if (team === undefined) throw new Error('There is no team.')
  return team.id
}
async function forwardsOf(team: string, token: string): Promise<readonly { readonly password: string | null }[]> {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${cloud.url}/port-forwards?namespace=${team}`, { headers })
  return (await answer.json()) as { password: string | null }[]
}
