/**
 * How smooth a thousand rows scroll, while a third of them carry traffic: `node tests/renderer/harness/measure.mjs [--no-build]`.
 *
 * Prints frame times, the time scripts took per second of rest, and the time to a usable list.
 */
/* global document, requestAnimationFrame */
import { openBrowser, serveHarness } from './_serve.mjs'

const site = await serveHarness({ build: !process.argv.includes('--no-build') })
const browser = await openBrowser()
const page = await browser.newPage({ viewport: { width: 1100, height: 720 } })
const devtools = await page.context().newCDPSession(page)
await devtools.send('Performance.enable')

await page.goto(`${site.url}?rows=1000&rates`)
await page.getByRole('row').nth(5).waitFor()
const usable = await page.evaluate(() => performance.now())
await page.waitForTimeout(1500)

const frames = await page.evaluate(async () => {
  const scroller = document.querySelector('[role$="grid"]').parentElement
  const times = []
  let last = performance.now()
  for (let step = 0; step < 240; step++) {
    scroller.scrollTop += step < 120 ? 173 : 1400
    await new Promise(requestAnimationFrame)
    const now = performance.now()
    times.push(now - last)
    last = now
  }
  return times.slice(1)
})
const before = await metrics()
await page.waitForTimeout(5000)
const after = await metrics()
const script = ((after.TaskDuration - before.TaskDuration) / 5) * 1000

const sorted = [...frames].sort((a, b) => a - b)
const at = (share) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(1)
console.log(`list on screen after ${Math.round(usable)} ms`)
console.log(`scrolling 1,000 rows, ms per frame: median ${at(0.5)}, 95 % ${at(0.95)}, worst ${at(1)}`)
console.log(`at rest with 334 forwards sampled each second: ${script.toFixed(1)} ms of work per second`)
console.log(`rows in the document: ${await page.getByRole('row').count()}`)
await browser.close()
site.close()

async function metrics() {
  const { metrics: list } = await devtools.send('Performance.getMetrics')
  return Object.fromEntries(list.map(({ name, value }) => [name, value]))
}
