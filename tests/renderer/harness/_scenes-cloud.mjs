/** The cloud: signing in, the account, teams and what must be decided; see `_scenes.mjs`. */
const open = async (page) => {
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('button', { name: /^Cloud/ })
    .click()
  await page.getByRole('heading', { name: 'Cloud', exact: true }).waitFor()
}
const openPage = (name) => async (page) => {
  await open(page)
  await page
    .getByRole('navigation', { name: 'Cloud' })
    .getByRole('button', { name: new RegExp(`^${name}`) })
    .click()
}
const team = openPage('ops')
const scrollTo = (locator) => locator.evaluate((element) => element.scrollIntoView({ block: 'start' }))
const signIn = async (page) => {
  await open(page)
  await page.getByLabel('Server address').fill('cloud.example.net')
  await page.getByLabel('E-mail').fill('ada@example.net')
  await page.getByLabel('Password').fill('lovelace')
}
const invitation = async (page) => {
  await open(page)
  await page.getByRole('radio', { name: 'I have an invitation' }).click()
}

export const cloudScenes = [
  { name: 'cloud-signed-out', query: 'rates', act: open },
  { name: 'cloud-signed-out-none', query: 'bare&rows=0&norelays', act: open },
  { name: 'cloud-sign-in-filled', query: 'rates', act: signIn },
  {
    name: 'cloud-sign-in-errors',
    query: 'rates&nokeyring',
    act: async (page) => {
      await open(page)
      await page.getByLabel('Server address').fill('http://cloud.example.net')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    },
  },
  {
    name: 'cloud-sign-in-refused',
    query: 'rates&failing=cloud.login',
    act: async (page) => {
      await signIn(page)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    },
  },
  { name: 'cloud-invitation', query: 'rates', act: invitation },
  {
    name: 'cloud-invitation-known',
    query: 'rates',
    act: async (page) => {
      await invitation(page)
      await page.getByRole('radio', { name: 'I have an account there' }).click()
    },
  },
  { name: 'cloud-loading', query: 'silent', act: open },
  { name: 'cloud-account', query: 'rates&cloud=in-sync', act: open },
  { name: 'cloud-waiting', query: 'rates&cloud=waiting', act: open },
  { name: 'cloud-starting', query: 'rates&cloud=starting', act: open },
  { name: 'cloud-offline', query: 'rates&cloud=offline', act: open },
  { name: 'cloud-login-needed', query: 'rates&cloud=login-needed', act: open },
  { name: 'cloud-bare', query: 'rates&cloud=bare', act: open },
  { name: 'cloud-new', query: 'rates&cloud=new', act: open },
  {
    name: 'cloud-recovery-code',
    query: 'rates&cloud=new',
    act: async (page) => {
      await open(page)
      await page.getByRole('button', { name: 'Make the key' }).click()
    },
  },
  {
    name: 'cloud-key-reset',
    query: 'rates&cloud=offline',
    act: async (page) => {
      await open(page)
      await page.getByRole('button', { name: 'I lost the recovery code…' }).click()
    },
  },
  {
    name: 'cloud-password',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await open(page)
      await page.getByRole('button', { name: 'Change the password…' }).click()
      await page.getByRole('button', { name: 'Change it' }).click()
    },
  },
  {
    name: 'cloud-sign-out',
    query: 'rates&cloud=waiting',
    act: async (page) => {
      await open(page)
      await page.getByRole('button', { name: 'Sign out' }).click()
    },
  },
  { name: 'cloud-team', query: 'rates&cloud=in-sync', act: team },
  { name: 'cloud-team-many', query: 'rates&cloud=many', act: team },
  { name: 'cloud-team-user', query: 'rates&cloud=in-sync', act: openPage('web') },
  { name: 'cloud-team-offline', query: 'rates&cloud=offline', act: team },
  {
    name: 'cloud-team-links',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await team(page)
      await page.getByRole('button', { name: 'Make a link' }).click()
      await page.getByText('Send it to one person').waitFor()
      await scrollTo(page.getByRole('heading', { name: 'Invitations' }))
    },
  },
  {
    name: 'cloud-team-audit',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await team(page)
      await page.getByText('Who changed what').click()
      await page.getByText('gave the key to').first().waitFor()
      await scrollTo(page.getByText('Who changed what').first())
    },
  },
  {
    name: 'cloud-grant',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await team(page)
      await page.getByRole('button', { name: 'Give bob the key' }).click()
    },
  },
  {
    name: 'cloud-grant-changed',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await team(page)
      await page.getByRole('button', { name: 'Give carla the key' }).click()
    },
  },
  {
    name: 'cloud-remove',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await team(page)
      await page.getByRole('button', { name: 'Remove bob' }).click()
    },
  },
  {
    name: 'cloud-dissolve',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await team(page)
      await page.getByRole('button', { name: 'Dissolve the team…' }).click()
    },
  },
  {
    name: 'cloud-new-team',
    query: 'rates&cloud=in-sync&failing=cloud.createTeam',
    act: async (page) => {
      await open(page)
      await page.getByRole('button', { name: 'New team…' }).click()
      await page.getByLabel('Name').fill('shop')
      await page.getByRole('button', { name: 'Make the team' }).click()
    },
  },
  {
    name: 'cloud-join-team',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await open(page)
      await page.getByRole('button', { name: 'Join a team…' }).click()
    },
  },
  { name: 'cloud-inbox', query: 'rates&cloud=conflicts', act: (page) => page.getByTestId('cloud-status').click() },
  {
    name: 'cloud-inbox-chosen',
    query: 'rates&cloud=conflicts',
    act: async (page) => {
      await page.getByTestId('cloud-status').click()
      await page.getByRole('radio', { name: /^Target host, theirs/ }).focus()
      await page.keyboard.press('Space')
      await page.getByRole('radio', { name: /^Tags, mine/ }).check()
    },
  },
  ...['web ops', 'old-admin', 'queue'].map((name) => ({
    name: `cloud-inbox-${name.split(' ')[0]}`,
    query: 'rates&cloud=conflicts',
    act: async (page) => {
      await page.getByTestId('cloud-status').click()
      await page
        .getByRole('main')
        .getByRole('heading', { name: new RegExp(`^${name}`) })
        .getByRole('button')
        .click()
    },
  })),
  { name: 'cloud-inbox-many', query: 'rates&cloud=many', act: (page) => page.getByTestId('cloud-status').click() },
  { name: 'cloud-inbox-none', query: 'rates&cloud=in-sync', act: openPage('To decide') },
  {
    name: 'cloud-toast',
    query: 'rates&cloud=in-sync',
    act: async (page) => {
      await page.evaluate(() => {
        globalThis.harness.conflict()
      })
    },
  },
]
