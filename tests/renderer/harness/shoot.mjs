/**
 * Pictures of the window with a fake daemon, for looking at: `node tests/renderer/harness/shoot.mjs [--no-build] [filter]`.
 *
 * They land in tests/.screenshots/harness. With `--axe` each picture is also checked by axe, and faults end the run with 1.
 * `--few` takes two of each scene: light and wide, dark and narrow.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { openBrowser, screenshots, serveHarness } from './_serve.mjs'
import { scenes } from './_scenes.mjs'

const flags = process.argv.slice(2).filter((word) => word.startsWith('--'))
const filter = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? ''
/** Most of the time is waiting for what moves to rest. */
const AT_ONCE = 4
const sizes = [
  { width: 1100, height: 720 },
  { width: 900, height: 600 },
]

const site = await serveHarness({ build: !flags.includes('--no-build') })
const browser = await openBrowser()
mkdirSync(screenshots, { recursive: true })
let faults = 0
const pictures = scenes
  .filter(({ name }) => name.includes(filter))
  .flatMap((scene) => ['light', 'dark'].map((theme) => ({ scene, theme })))
  .flatMap((picture) => (picture.scene.sizes ?? sizes).map((size) => ({ ...picture, size })))
  .filter(({ theme, size }) => !flags.includes('--few') || (theme === 'light') === (size === sizes[0]))
await Promise.all(Array.from({ length: AT_ONCE }, work))
await browser.close()
site.close()
process.exitCode = faults > 0 ? 1 : 0

async function work() {
  for (let next = pictures.shift(); next !== undefined; next = pictures.shift()) await shoot(next)
}

async function shoot({ scene, theme, size }) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    deviceScaleFactor: scene.sharp === true ? 2 : 1,
  })
  const page = await context.newPage()
  const label = `${scene.name}-${theme}-${size.width}`
  page.on('console', (message) => {
    if (message.type() === 'error') complain(label, message.text())
  })
  page.on('pageerror', (error) => complain(label, error.message))
  try {
    await page.goto(`${site.url}?${scene.query}`)
    // A dialog hides the rest from roles, so the place is looked for by its tag.
    await page.locator('nav').waitFor()
    await page.waitForTimeout(500)
    await scene.act?.(page)
    await page.waitForTimeout(350)
    await page.screenshot({ path: join(screenshots, `${label}.png`) })
    if (flags.includes('--axe')) await checkWithAxe(page, label)
  } catch (error) {
    complain(label, error.message)
  }
  await context.close()
}

async function checkWithAxe(page, label) {
  // The library's focus guards, and menus and lists of choices outside the landmarks, are as the ARIA guide has them.
  const { violations } = await new AxeBuilder({ page })
    .exclude('[data-base-ui-focus-guard]')
    .exclude('[role="menu"]')
    .exclude('[role="listbox"]')
    .analyze()
  for (const each of violations) {
    complain(label, `axe ${each.id}: ${each.help}\n  ${each.nodes.map((node) => node.html.slice(0, 160)).join('\n  ')}`)
  }
}

function complain(label, text) {
  faults++
  console.error(`${label}: ${text}`)
}
