/** Control APIs in the settings, and what moved; see `_scenes.mjs`. */
const openSettings = async (page) => {
  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^Settings/ })
    .click()
  await page.getByRole('heading', { name: 'Control APIs' }).evaluate((element) => {
    const body = element.closest('[tabindex], [class*="_body"]')
    body.scrollTop = element.offsetTop - body.offsetTop
  })
}
const settingsOf = (page, name) => page.getByRole('button', { name: `Settings of ${name}` }).click()

/** The pane of a relay, scrolled to a section of it. */
const relayAt = async (page, section) => {
  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^Relays/ })
    .click()
  await page.getByText('web', { exact: true }).first().click()
  const heading = page.getByRole('heading', { name: section })
  await heading.waitFor()
  await heading.evaluate((element) => element.closest('section').scrollIntoView({ block: 'nearest' }))
}

export const apiScenes = [
  {
    name: 'books-nearly',
    query: 'rates&group=none&quota=0.93',
    act: async (page) => {
      await relayAt(page, 'Usage')
      await page.getByRole('slider').focus()
      await page.keyboard.press('ArrowLeft')
    },
  },
  { name: 'books-over', query: 'rates&group=none&quota=1', act: (page) => relayAt(page, 'Usage') },
  { name: 'books-none', query: 'rates&group=none&untouched', act: (page) => relayAt(page, 'Usage') },
  {
    name: 'limits-wrong',
    query: 'rates&group=none',
    act: async (page) => {
      await relayAt(page, 'Limits')
      await page.getByText('More limits').click()
      await page.getByLabel('Quota', { exact: true }).fill('50')
      await page.getByLabel('Up, all together').fill('fast')
      await page.getByLabel('New connections each second').focus()
      await page.getByRole('heading', { name: 'Limits' }).evaluate((element) => {
        element.closest('section').scrollIntoView({ block: 'nearest' })
      })
    },
  },
  { name: 'apis-off', query: 'rates', act: openSettings },
  {
    name: 'apis-no-key',
    query: 'rates',
    act: async (page) => {
      await openSettings(page)
      await page.getByRole('switch', { name: 'X Port Forward' }).click()
    },
  },
  { name: 'apis-on', query: 'rates&apis=on', act: openSettings },
  {
    name: 'apis-settings',
    query: 'rates&apis=on',
    act: async (page) => {
      await openSettings(page)
      await settingsOf(page, 'X Port Forward')
      await settingsOf(page, 'Metrics')
      await page.getByRole('textbox', { name: 'Key of the certificate' }).fill('')
      await page
        .getByRole('form', { name: /X Port/ })
        .getByRole('button', { name: 'Save' })
        .click()
    },
  },
  { name: 'apis-failed', query: 'rates&apis=failed', act: openSettings },
  {
    name: 'apis-calls',
    query: 'rates&apis=on',
    act: async (page) => {
      await openSettings(page)
      await page.getByText('Calls', { exact: true }).click()
      await page.getByText('200/27').first().waitFor()
      await page.getByText('Calls', { exact: true }).evaluate((element) => element.scrollIntoView({ block: 'nearest' }))
    },
  },
]
