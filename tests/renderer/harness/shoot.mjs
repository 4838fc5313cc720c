/**
 * Pictures of the window with a fake daemon, for looking at: `node tests/renderer/harness/shoot.mjs [--no-build] [filter]`.
 *
 * They land in tests/.screenshots/harness. With `--axe` each picture is also checked by axe, and faults end the run with 1.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { openBrowser, screenshots, serveHarness } from './_serve.mjs'
import { scenes } from './_scenes.mjs'

const flags = process.argv.slice(2).filter((word) => word.startsWith('--'))
const filter = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? ''
const sizes = [
  { width: 1100, height: 720 },
  { width: 900, height: 600 },
]

const site = await serveHarness({ build: !flags.includes('--no-build') })
const browser = await openBrowser()
mkdirSync(screenshots, { recursive: true })
let faults = 0
for (const scene of scenes.filter(({ name }) => name.includes(filter))) {
  for (const theme of ['light', 'dark']) {
    for (const size of scene.sizes ?? sizes) {
      const context = await browser.newContext({ viewport: size, colorScheme: theme })
      const page = await context.newPage()
      const label = `${scene.name}-${theme}-${size.width}`
      page.on('console', (message) => {
        if (message.type() === 'error') complain(label, message.text())
      })
      page.on('pageerror', (error) => complain(label, error.message))
      await page.goto(`${site.url}?${scene.query}`)
      // A dialog hides the rest from roles, so the place is looked for by its tag.
      await page.locator('nav').waitFor()
      await page.waitForTimeout(500)
      await scene.act?.(page)
      await page.waitForTimeout(350)
      await page.screenshot({ path: join(screenshots, `${label}.png`) })
      if (flags.includes('--axe')) await checkWithAxe(page, label)
      await context.close()
    }
  }
}
await browser.close()
site.close()
process.exitCode = faults > 0 ? 1 : 0

async function checkWithAxe(page, label) {
  // The library's focus guards and menus outside the landmarks are as the ARIA guide has them.
  const { violations } = await new AxeBuilder({ page })
    .exclude('[data-base-ui-focus-guard]')
    .exclude('[role="menu"]')
    .analyze()
  for (const each of violations) {
    complain(label, `axe ${each.id}: ${each.help}\n  ${each.nodes.map((node) => node.html.slice(0, 160)).join('\n  ')}`)
  }
}

function complain(label, text) {
  faults++
  console.error(`${label}: ${text}`)
}
