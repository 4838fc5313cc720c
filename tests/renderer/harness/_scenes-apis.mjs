/** Control APIs in the settings, and what moved; see `_scenes.mjs`. */
const openSettings = async (page) => {
  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^Settings/ })
    .click()
  await page.getByRole('heading', { name: 'Control APIs' }).evaluate((element) => element.scrollIntoView({ block: 'nearest' }))
}
const settingsOf = (page, name) => page.getByRole('button', { name: `Settings of ${name}` }).click()

export const apiScenes = [
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
