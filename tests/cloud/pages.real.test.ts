/** The pages that people open in a browser: where an invitation leads, and the description of the routes. */
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { paths } from '../../src/cloud/openapi'
import { startCloud, type CloudWorld } from './_world'

let browser: Browser
let world: CloudWorld
let page: Page
/** Whatever the page loaded, and whatever it complained of. */
let asked: string[]
let complaints: string[]
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
})
afterAll(() => browser.close())
beforeEach(async () => {
  world = await startCloud('sqlite', { WARREN_CLOUD_REGISTRATION: 'invite' })
  page = await browser.newPage()
  asked = []
  complaints = []
  page.on('request', (request) => asked.push(new URL(request.url()).origin))
  page.on('console', (said) => {
    if (said.type() === 'error') complaints.push(said.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
})
afterEach(async () => {
  await page.close()
  await world.close()
})

/** Of the first start. */
function linkInLog(): string {
  const link = world.lines.map((line) => (JSON.parse(line) as { link?: string }).link).find((one) => one !== undefined)
  if (link === undefined) throw new Error('The log has no link.')
  return link
}

async function register(email: string, password: string): Promise<string> {
  await page.goto('about:blank')
  await page.goto(linkInLog())
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Make an account' }).click()
  const said = page.getByRole('status')
  await said.filter({ hasText: /./ }).waitFor()
  return (await said.textContent()) ?? ''
}

it('tells who has an account how to join with it, and puts nothing odd into a command', async () => {
  await world.quickPerson('ada')
  await page.goto(`${world.server.url}/invite#abc_-1`)
  const help = page.getByRole('heading', { name: 'With an account already' }).locator('..')
  expect(await help.textContent()).toContain('paste it in Warren under Cloud')
  expect(await help.locator('code').textContent()).toBe(`warren cloud team join '${world.server.url}/invite#abc_-1'`)
  for (const odd of [`#x';reboot;'`, '#$(reboot)', '#', '']) {
    await page.goto('about:blank')
    await page.goto(`${world.server.url}/invite${odd}`)
    expect(await help.locator('code').textContent(), odd).toBe("warren cloud team join 'LINK'")
  }
  expect(complaints).toEqual([])
})

it('offers no form where accounts are made by whoever runs the server, and still tells how to join', async () => {
  await world.close()
  world = await startCloud('sqlite', { WARREN_CLOUD_REGISTRATION: 'closed' })
  expect(await register('ada@example.com', 'secret123')).toBe('The account is made.')
  await page.goto('about:blank')
  await page.goto(`${world.server.url}/invite#abc_-1`)
  await page.getByRole('heading', { name: 'Join a team' }).waitFor()
  expect(await page.locator('form').count()).toBe(0)
  expect(await page.locator('body').textContent()).toContain('whoever runs it can make you one')
  expect(await page.locator('code').allTextContents()).toEqual([
    `warren cloud team join '${world.server.url}/invite#abc_-1'`,
  ])
  const late = { email: 'eve@example.com', username: 'eve', password: 'secret123' }
  expect(await world.call('POST', '/auth/register', { body: late })).toMatchObject({
    status: 403,
    body: { message: 'This server makes no new accounts: ask whoever runs it', registration: 'closed' },
  })
  expect(complaints).toEqual([])
})

it('makes the first account by the link in the log, once, says how to sign in with it, and why not the second time', async () => {
  expect(await register('ada@example.com', 'secret123')).toBe('The account is made.')
  expect(await page.getByRole('button').isVisible()).toBe(false)
  const next = page.getByRole('heading', { name: 'Sign in with it' }).locator('..')
  expect(await next.locator('code').allTextContents()).toEqual([
    world.server.url,
    `warren cloud login '${world.server.url}'`,
  ])
  expect(await next.isVisible()).toBe(true)
  const login = { email: 'ada@example.com', password: 'secret123' }
  expect((await world.call('POST', '/auth/login', { body: login })).status).toBe(200)
  expect(complaints).toEqual([])
  expect(await register('eve@example.com', 'secret123')).toBe(
    'The invitation is not open: it was used, it expired, or there is none',
  )
  expect(await next.isVisible()).toBe(false)
  expect(new Set(asked.filter((origin) => origin !== 'null'))).toEqual(new Set([world.server.url]))
  // What follows `#` stays in the browser.
  expect(world.lines.filter((line) => line.includes('"answered"')).join('\n')).not.toContain(linkInLog().split('#')[1])
})

it('offers no team to join while there is nobody who could have made one', async () => {
  const joining = page.getByRole('heading', { name: 'With an account already' })
  await page.goto(linkInLog())
  await page.getByRole('button', { name: 'Make an account' }).waitFor()
  expect(await joining.count()).toBe(0)
  await world.quickPerson('ada')
  await page.reload()
  expect(await joining.isVisible()).toBe(true)
  expect(complaints).toEqual([])
})

it('describes every route, and loads nothing from anywhere else', async () => {
  await page.goto(`${world.server.url}/docs`)
  const shown = await page.locator('summary').allTextContents()
  const described = paths.map(({ method, path, summary }) => {
    return `${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')} ${summary}`
  })
  expect(shown.sort()).toEqual(described.sort())
  await page.locator('summary', { hasText: 'POST /port-forwards/sync' }).click()
  await page.getByRole('link', { name: 'PortForwardBody' }).first().waitFor({ state: 'attached' })
  expect(complaints).toEqual([])
  expect([...new Set(asked)]).toEqual([world.server.url])
})
