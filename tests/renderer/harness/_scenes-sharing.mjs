/** Shared forwards: rows, the pane, the form; see `_scenes.mjs`. */
const row = (page, name) =>
  page
    .getByRole('row')
    .filter({ has: page.getByRole('switch', { name, exact: true }) })
    .locator('[class*=name]')
    .first()

const QUERY = 'rates&shared&group=none&cloud=in-sync'

const pane = (name, query = QUERY) => ({
  name: `shared-pane-${name}`,
  query,
  act: async (page) => {
    await row(page, name).click()
    await page.getByRole('heading', { name: 'Sharing' }).evaluate((element) => element.scrollIntoView())
  },
})

/** The form of a forward, scrolled to a part of it. */
const form = (name, heading, then) => async (page) => {
  await row(page, name).click()
  await page.keyboard.press('e')
  await page.getByRole('form').waitFor()
  await then?.(page)
  if (heading !== null) {
    await page
      .getByRole('form')
      .getByText(heading, { exact: true })
      .first()
      .evaluate((element) => element.scrollIntoView())
  }
}

async function keep(page, where) {
  await page.getByRole('combobox', { name: 'Kept' }).click()
  await page.getByRole('option', { name: where }).click()
}

export const sharingScenes = [
  { name: 'shared-rows', query: QUERY },
  { name: 'shared-rows-by-team', query: 'rates&shared&group=space&cloud=in-sync' },
  {
    name: 'shared-menu',
    query: QUERY,
    act: async (page) => {
      await page.getByRole('button', { name: 'More for web' }).click()
      await page.getByRole('menuitem', { name: 'Keep in' }).click()
    },
  },
  {
    name: 'shared-delete',
    query: QUERY,
    act: async (page) => {
      await row(page, 'db').click()
      await page.keyboard.press('Delete')
    },
  },
  ...['db', 'admin', 'metrics', 'wiki', 'notes', 'mine', 'workers'].map((name) => pane(name)),
  pane('web', 'rates&shared&group=none&cloud=conflicts'),
  { name: 'shared-edit', query: QUERY, act: form('db', null) },
  { name: 'shared-edit-columns', query: QUERY, act: form('db', 'Shared and mine') },
  {
    name: 'shared-edit-changed',
    query: QUERY,
    act: form('db', 'Shared and mine', async (page) => {
      await page.getByRole('textbox', { name: 'Target port' }).fill('6432')
      await page.getByRole('button', { name: 'Keep my own: Name' }).click()
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('orders')
    }),
  },
  {
    name: 'shared-edit-meanwhile',
    query: QUERY,
    act: form('db', null, async (page) => {
      await page.getByRole('textbox', { name: 'Target port' }).fill('6432')
      await page.evaluate(() => {
        const view = globalThis.harness.forwards.get('forward-db')
        globalThis.harness.emit('forwards.changed', {
          changed: [{ ...view, spec: { ...view.spec, remotePort: 7432, remoteHost: 'db-2' } }],
          removed: [],
        })
      })
    }),
  },
  { name: 'shared-edit-secrets', query: QUERY, act: form('db', 'Shared secrets') },
  {
    name: 'shared-edit-secrets-bare',
    query: 'rates&shared&group=none&cloud=bare',
    act: form('notes', 'Shared secrets'),
  },
  {
    name: 'shared-edit-secrets-new',
    query: 'rates&shared&group=none&cloud=new',
    act: form('notes', 'Shared secrets'),
  },
  {
    name: 'shared-secret-dialog',
    query: QUERY,
    act: form('db', 'Shared secrets', async (page) => {
      await page.getByRole('button', { name: 'Share the private key' }).click()
      await page.getByRole('dialog').waitFor()
    }),
  },
  {
    name: 'shared-take-back',
    query: QUERY,
    act: form('db', 'Shared secrets', async (page) => {
      await page.getByRole('button', { name: 'Take the password back' }).click()
    }),
  },
  { name: 'shared-edit-user', query: QUERY, act: form('wiki', null) },
  { name: 'shared-edit-user-columns', query: QUERY, act: form('wiki', 'Shared and mine') },
  {
    name: 'shared-edit-unsent',
    query: QUERY,
    act: form('queue-of-the-orders-service-in-frankfurt', 'Shared and mine'),
  },
  { name: 'shared-edit-range', query: QUERY, act: form('workers', 'Kept') },
  {
    name: 'shared-move-to-team',
    query: QUERY,
    act: form('mine', 'Kept', (page) => keep(page, 'Team ops')),
  },
  {
    name: 'shared-move-choice',
    query: QUERY,
    act: form('mine', 'Kept', (page) => page.getByRole('combobox', { name: 'Kept' }).click()),
  },
  {
    name: 'shared-move-away',
    query: QUERY,
    act: form('db', 'Kept', (page) => keep(page, 'This machine only')),
  },
]
