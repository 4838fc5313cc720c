/** Relays: the list, the pane and the form; see `_scenes.mjs`. */
const open = (page) =>
  page
    .getByRole('navigation')
    .getByRole('button', { name: /^Relays/ })
    .click()

const row = (page, name) =>
  page
    .getByRole('row')
    .filter({ has: page.getByRole('switch', { name, exact: true }) })
    .locator('[class*=name]')
    .first()

/** The pane of one relay, scrolled to a section of it. */
const detail = (name, section) => async (page) => {
  await open(page)
  await row(page, name).click()
  await page.getByRole('complementary', { name: 'Details' }).getByRole('heading', { name, exact: true }).waitFor()
  if (section === undefined) return
  const heading = page.getByRole('heading', { name: section })
  await heading.waitFor()
  await heading.evaluate((element) => element.scrollIntoView({ block: 'start' }))
}

async function newRelay(page) {
  await open(page)
  await page.keyboard.press('n')
  await page.getByRole('form', { name: 'New relay' }).waitFor()
}

async function fill(page, fields) {
  for (const [field, text] of Object.entries(fields)) await page.locator(`[data-field="${field}"]`).fill(text)
}

export const relayScenes = [
  { name: 'relays', query: 'rates', act: open },
  { name: 'relays-flat', query: 'rates&group=none', act: open },
  { name: 'relays-none', query: 'rates&norelays', act: open },
  { name: 'relays-loading', query: 'silent', act: open },
  { name: 'relays-lost', query: 'rates&lost', act: open },
  {
    name: 'relays-nothing-found',
    query: 'rates',
    act: async (page) => {
      await open(page)
      await page.getByPlaceholder('Search').fill('nobody')
    },
  },
  {
    name: 'relays-chosen',
    query: 'rates&group=none',
    act: async (page) => {
      await open(page)
      await row(page, 'db').click({ modifiers: ['Control'] })
      await row(page, 'mail').click({ modifiers: ['Shift'] })
    },
  },
  {
    name: 'relays-menu',
    query: 'rates&group=none',
    act: async (page) => {
      await open(page)
      await page.getByRole('button', { name: 'More for web' }).click()
    },
  },
  { name: 'relay-detail', query: 'rates&group=none', act: detail('web') },
  { name: 'relay-usage', query: 'rates&group=none', act: detail('web', 'Usage') },
  { name: 'relay-limits', query: 'rates&group=none', act: detail('limited', 'Limits') },
  { name: 'relay-limits-drops', query: 'rates&group=none', act: detail('web', 'Limits') },
  { name: 'relay-connections', query: 'rates&group=none', act: detail('db', /^Connections/) },
  { name: 'relay-facts', query: 'rates&group=none', act: detail('web', 'Facts') },
  { name: 'relay-udp', query: 'rates&group=none', act: detail('game') },
  { name: 'relay-failed', query: 'rates&group=none', act: detail('metrics') },
  { name: 'relay-quota', query: 'rates&group=none', act: detail('customer-4711') },
  { name: 'relay-waiting', query: 'rates&group=none', act: detail('address-of-the-old-office-in-frankfurt') },
  { name: 'relay-new', query: 'rates', act: newRelay },
  {
    name: 'relay-new-filled',
    query: 'rates',
    act: async (page) => {
      await newRelay(page)
      await fill(page, { 'targets.0.host': 'web-1.internal', 'targets.0.port': '9000-9009' })
      await page.getByRole('button', { name: 'Add a target' }).click()
      await fill(page, { 'targets.1.host': 'web-2.internal', 'targets.1.port': '9000' })
      await page.getByRole('radio', { name: 'Each in its turn' }).click()
    },
  },
  {
    name: 'relay-new-errors',
    query: 'rates&taken',
    act: async (page) => {
      await newRelay(page)
      await fill(page, { 'targets.0.port': '99999', listenHost: '*' })
      await page.getByText('More', { exact: true }).click()
      await page.getByLabel('May connect', { exact: true }).fill('10.0.0.0/8, office')
      await page.getByRole('button', { name: 'Save and start' }).click()
    },
  },
  {
    name: 'relay-new-taken',
    query: 'rates&taken',
    act: async (page) => {
      await newRelay(page)
      await fill(page, { 'targets.0.host': 'db.internal', 'targets.0.port': '5433' })
    },
  },
  {
    name: 'relay-new-more',
    query: 'rates',
    act: async (page) => {
      await newRelay(page)
      await fill(page, { 'targets.0.host': 'db.internal', 'targets.0.port': '5433' })
      await page.getByText('Limits', { exact: true }).click()
      await page.getByText('More', { exact: true }).click()
      await page.getByText('More', { exact: true }).scrollIntoViewIfNeeded()
      await page.getByLabel('May connect', { exact: true }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'relay-new-end',
    query: 'rates',
    act: async (page) => {
      await newRelay(page)
      await fill(page, { 'targets.0.host': 'db.internal', 'targets.0.port': '5433' })
      await page.getByText('More', { exact: true }).click()
      await page.getByText('Clients begin with').scrollIntoViewIfNeeded()
      await page.getByLabel('End when idle').focus()
    },
  },
  {
    name: 'relay-edit',
    query: 'rates&group=none',
    act: async (page) => {
      await open(page)
      await row(page, 'web').click()
      await page.keyboard.press('e')
      await page.getByRole('form', { name: 'Edit web' }).waitFor()
      await fill(page, { listenPort: '8081' })
    },
  },
]
