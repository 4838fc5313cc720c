import { apiScenes } from './_scenes-apis.mjs'
import { cloudScenes } from './_scenes-cloud.mjs'
import { formScenes } from './_scenes-forms.mjs'
import { relayScenes } from './_scenes-relays.mjs'
import { sharingScenes } from './_scenes-sharing.mjs'

/** The pictures in README.md and docs/relays.md: copy them to docs/images. */
const picture = { query: 'rates&picture&cloud=in-sync', sharp: true, sizes: [{ width: 1180, height: 760 }] }

/** What is worth looking at. Each opens the harness with a query and may act before the picture. */
export const scenes = [
  ...formScenes,
  ...relayScenes,
  ...apiScenes,
  ...sharingScenes,
  ...cloudScenes,
  { name: 'forwards', query: 'rates' },
  { name: 'forwards-flat', query: 'rates&group=none' },
  { name: 'forwards-many', query: 'rates&rows=1000' },
  { name: 'forwards-none', query: 'rows=0' },
  { name: 'forwards-loading', query: 'silent' },
  { name: 'forwards-lost', query: 'lost' },
  {
    name: 'picture-forwards',
    ...picture,
    act: async (page) => {
      await row(page, 'orders-db').click()
      await page.getByText('connections').first().waitFor()
      await page.mouse.move(20, 450)
      await page.waitForTimeout(1500)
    },
  },
  {
    name: 'picture-relays',
    ...picture,
    act: async (page) => {
      await page
        .getByRole('navigation')
        .getByRole('button', { name: /^Relays/ })
        .click()
      await row(page, 'storefront').click()
      await page.getByText('Targets').waitFor()
      await page.mouse.move(20, 450)
      await page.waitForTimeout(1500)
    },
  },
  {
    name: 'forwards-chosen',
    query: 'rates&group=none',
    act: async (page) => {
      await row(page, 'cache').click({ modifiers: ['Control'] })
      await row(page, 'logs').click({ modifiers: ['Shift'] })
    },
  },
  {
    name: 'forwards-menu',
    query: 'rates',
    act: (page) => page.getByRole('button', { name: 'More for db' }).click(),
  },
  { name: 'detail-running', query: 'rates', act: (page) => row(page, 'db').click() },
  {
    name: 'detail-proxy',
    query: 'rates',
    act: async (page) => {
      await page.getByPlaceholder('Search').fill('socks')
      await row(page, 'socks').click()
      await page.getByRole('switch', { name: 'socks on' }).click()
      await page.getByText('Use it from').waitFor()
      await page.mouse.move(10, 700)
      await page.waitForTimeout(4000)
    },
  },
  { name: 'detail-waiting', query: 'rates', act: (page) => row(page, 'retry in').click() },
  { name: 'detail-failed', query: 'rates', act: (page) => row(page, 'metrics').first().click() },
  {
    name: 'detail-check',
    query: 'rates',
    act: async (page) => {
      await row(page, 'db').click()
      await page.keyboard.press('k')
      await page.getByText('A start would').waitFor()
    },
  },
  {
    name: 'detail-check-failed',
    query: 'rates',
    act: async (page) => {
      await row(page, 'queue-of').first().click()
      await page.keyboard.press('k')
      await page.getByText('A start would').waitFor()
    },
  },
  {
    name: 'detail-limits',
    query: 'rates',
    act: async (page) => {
      await row(page, 'webhook').click()
      const heading = page.getByRole('heading', { name: 'Limits' })
      await heading.waitFor()
      await heading.evaluate((element) => element.scrollIntoView({ block: 'start' }))
    },
  },
  { name: 'forwards-ways', query: 'rates&ways&group=none' },
  ...['workers', 'wiki', 'payroll', 'shop', 'preview', 'proxy-of-the-team'].map((name) => ({
    name: `way-${name}`,
    query: 'rates&ways&group=none',
    act: (page) => row(page, name).click(),
  })),
  {
    name: 'way-facts',
    query: 'rates&ways&group=none',
    act: async (page) => {
      await row(page, 'preview').click()
      await page.getByText('Starts by itself').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'way-menu',
    query: 'rates&ways&group=none',
    act: (page) => page.getByRole('button', { name: 'More for payroll' }).click(),
  },
  { name: 'detail-long', query: 'rates', act: (page) => row(page, 'queue-of').first().click() },
  {
    name: 'stop-live',
    query: 'rates',
    act: (page) => page.getByRole('switch', { name: 'db', exact: true }).click(),
  },
  {
    name: 'deleted',
    query: 'rates',
    act: async (page) => {
      await row(page, 'mail').click()
      await page.keyboard.press('Delete')
    },
  },
]

function row(page, name) {
  return page
    .getByRole('row')
    .filter({ has: page.getByText(name) })
    .locator('[class*=name]')
    .first()
}
