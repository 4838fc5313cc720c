/** The forms, dialogs and other screens; see `_scenes.mjs`. */
const open = (name) => (page) =>
  page
    .getByRole('navigation')
    .getByRole('button', { name: new RegExp(`^${name}`) })
    .click()

async function openRefused(page) {
  await page.getByRole('row').filter({ hasText: 'inner-db' }).first().click()
}

async function newForward(page) {
  await page.keyboard.press('n')
  await page.getByRole('form', { name: 'New forward' }).waitFor()
}

async function fillTarget(page, host, port) {
  await page.getByLabel('Target host').fill(host)
  await page.getByLabel('Target port').fill(port)
}

async function chooseServer(page, name) {
  await page.getByRole('combobox', { name: 'Server' }).click()
  await page.getByRole('option', { name }).click()
}

export const formScenes = [
  { name: 'editor-empty', query: 'rates', act: newForward },
  {
    name: 'editor-filled',
    query: 'rates',
    act: async (page) => {
      await newForward(page)
      await chooseServer(page, 'bastion')
      await fillTarget(page, 'reports.internal', '5433')
    },
  },
  {
    name: 'editor-errors',
    query: 'rates&taken',
    act: async (page) => {
      await newForward(page)
      await fillTarget(page, 'db', '99999')
      await page.getByRole('button', { name: 'Save and start' }).click()
    },
  },
  {
    name: 'editor-taken',
    query: 'rates&taken',
    act: async (page) => {
      await newForward(page)
      await chooseServer(page, 'bastion')
      await fillTarget(page, 'other.internal', '5432')
    },
  },
  {
    name: 'editor-limits',
    query: 'rates',
    act: async (page) => {
      await newForward(page)
      await page.getByText('Limits', { exact: true }).click()
      await page.getByLabel('Up, all together').fill('fast')
      await page.getByLabel('Connections at once').focus()
      await page.getByText('Limits', { exact: true }).evaluate((element) => element.scrollIntoView({ block: 'start' }))
    },
  },
  {
    name: 'editor-range',
    query: 'rates',
    act: async (page) => {
      await newForward(page)
      await chooseServer(page, 'bastion')
      await fillTarget(page, 'web.internal', '9000-9009')
      await page.getByText('More', { exact: true }).click()
      await page.getByLabel('Dial on demand').check()
      await page.getByRole('combobox', { name: 'Health check' }).click()
      await page.getByRole('option', { name: /HTTP/ }).click()
      await page.getByLabel('Status').fill('abc')
      await page.getByLabel('Path').focus()
    },
  },
  {
    name: 'editor-proxy',
    query: 'rates',
    act: async (page) => {
      await newForward(page)
      await page.getByRole('radio', { name: /Browse/ }).click()
      await chooseServer(page, 'bastion')
      await page.getByText('More', { exact: true }).click()
      await page.getByLabel('User name for clients').fill('ada')
      await page.getByLabel('Password for clients').fill('lovelace')
      await page.getByLabel('Serve a PAC file').check()
      await page.getByLabel('Password for clients').focus()
    },
  },
  {
    name: 'editor-offer',
    query: 'rates',
    act: async (page) => {
      await newForward(page)
      await page.getByRole('radio', { name: /Offer/ }).click()
      await page.getByLabel('Port here').fill('3000')
    },
  },
  {
    name: 'editor-browse-exposed',
    query: 'rates',
    act: async (page) => {
      await newForward(page)
      await page.getByRole('radio', { name: /Browse/ }).click()
      await chooseServer(page, 'bastion')
      await page.getByText('More', { exact: true }).click()
      await page.getByLabel('Address on this machine').fill('0.0.0.0')
      await page.getByRole('button', { name: 'Save and start' }).click()
    },
  },
  {
    name: 'editor-pasted',
    query: 'rates',
    act: async (page) => {
      await newForward(page)
      const box = page.getByLabel('Paste an ssh command')
      await box.fill('ssh -v -C -J jump.example -L 15432:db.internal:5432 ops@inner.example')
      await box.press('Enter')
    },
  },
  {
    name: 'editor-edit',
    query: 'rates',
    act: async (page) => {
      await page.getByRole('row').filter({ hasText: 'cache' }).first().click()
      await page.keyboard.press('e')
    },
  },
  { name: 'servers', query: 'rates', act: open('Servers') },
  { name: 'servers-none', query: 'bare&rows=0', act: open('Servers') },
  {
    name: 'server-edit',
    query: 'rates',
    act: async (page) => {
      await open('Servers')(page)
      await page.getByRole('button', { name: /^bastion/ }).click()
    },
  },
  {
    name: 'server-new-errors',
    query: 'rates',
    act: async (page) => {
      await open('Servers')(page)
      await page.getByRole('button', { name: 'New server' }).click()
      await page.getByLabel('Port').fill('0')
      await page.getByRole('combobox', { name: 'Connect' }).click()
      await page.getByRole('option', { name: 'Through other servers' }).click()
      await page.getByRole('button', { name: 'Add server' }).click()
    },
  },
  { name: 'activity', query: 'rates', act: open('Activity') },
  {
    name: 'activity-removed',
    query: 'rates',
    act: async (page) => {
      await page.getByRole('row').filter({ hasText: 'mail' }).first().click()
      await page.keyboard.press('Delete')
      await open('Activity')(page)
    },
  },
  { name: 'activity-none', query: 'rows=0', act: open('Activity') },
  { name: 'settings', query: 'rates', act: open('Settings') },
  {
    name: 'settings-end',
    query: 'rates&nokeyring',
    act: async (page) => {
      await open('Settings')(page)
      await page.getByText('What Warren is made of').click()
      await page.getByText('What Warren is made of').scrollIntoViewIfNeeded()
    },
  },
  { name: 'welcome', query: 'bare&rows=0' },
  { name: 'need-host-key', query: 'rates&needs=host-key' },
  {
    name: 'need-host-key-write',
    query: 'rates&needs=host-key',
    act: (page) => page.getByLabel('Also write to known_hosts').check(),
  },
  { name: 'need-host-key-certificate', query: 'rates&needs=host-key&certificate' },
  { name: 'need-host-key-rotation', query: 'rates&needs=host-key-rotation' },
  ...['changed', 'revoked', 'expired', 'principal'].map((kind) => ({
    name: `refused-${kind}`,
    query: `rates&refused=${kind}`,
    act: openRefused,
  })),
  {
    name: 'changed-key',
    query: 'rates&refused=changed',
    act: async (page) => {
      await openRefused(page)
      await page.getByRole('button', { name: 'Compare the keys…' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'trusted-keys',
    query: 'rates&refused=changed',
    act: async (page) => {
      await openRefused(page)
      await page.getByRole('button', { name: 'Compare the keys…' }).click()
      await page.getByRole('button', { name: 'Show trusted keys' }).click()
      await page.getByRole('button', { name: 'Write to known_hosts' }).waitFor()
    },
  },
  { name: 'need-command', query: 'rates&needs=allow-command' },
  { name: 'config-servers', query: 'rates&config', act: open('Servers') },
  {
    name: 'config-server',
    query: 'rates&config',
    act: async (page) => {
      await open('Servers')(page)
      await page.getByRole('button', { name: /^reports/ }).click()
      await page.getByText('What the config says').waitFor()
    },
  },
  {
    name: 'config-forward',
    query: 'rates&config&group=none',
    act: (page) => page.getByText('reports-db-5432').first().click(),
  },
  {
    name: 'config-forward-edit',
    query: 'rates&config&group=none',
    act: async (page) => {
      await page.getByText('reports-db-5432').first().click()
      await page.keyboard.press('e')
    },
  },
  { name: 'need-password', query: 'rates&needs=password' },
  {
    name: 'need-no-keyring',
    query: 'rates&nokeyring&needs=password',
    act: (page) => page.getByLabel('Save the password').check(),
  },
  { name: 'need-passphrase', query: 'rates&needs=passphrase' },
  ...['proxy-password', 'client-password', 'match-exec', 'confirm-key'].map((kind) => ({
    name: `need-${kind}`,
    query: `rates&needs=${kind}`,
  })),
  { name: 'need-touch', query: 'rates&needs=touch-key' },
  { name: 'need-code', query: 'rates&needs=keyboard-interactive' },
]
