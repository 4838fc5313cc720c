import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuild } from './_build.mjs'
import { root } from './_places.mjs'
import { sum, summary, tallyVitest } from './_results.mjs'
import { npm, run } from './_run.mjs'
import { say, sayFault } from './_say.mjs'
import { setUp } from './_setup.mjs'

const CHECK_LIMIT_MS = 15 * 60 * 1000
const RUN_LIMIT_MS = 40 * 60 * 1000
const FAILED = { passed: 0, failed: 1 }
const PASSED = { passed: 1, failed: 0 }

/** One after the other, so that real servers and real windows have the machine to themselves. Together these are every project. */
const RUNS = [['--project=!real', '--project=!e2e'], ['--project=real'], ['--project=e2e']]

/** @type {import('./_results.mjs').Tally[]} */
const tallies = []

/**
 * `npm test [-- filter …]`: sets up what is missing, then runs the checks and every test.
 *
 * The last line is `N passed, N failed`, over test cases and check steps, however it ends. With arguments for vitest the
 * checks are left out.
 */
async function test() {
  const runtime = await setUp({ set: 'test', build: false })
  const env = { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: runtime.folder, WARREN_NODE: process.execPath }
  const filter = process.argv.slice(2)
  const built = await ensureBuild(root).catch((error) => {
    sayFault(error)
    tallies.push(FAILED)
    return false
  })
  if (built) say('test', 'runs against the new build')
  if (filter.length > 0) {
    tallies.push(await runVitest(filter, env))
    return
  }
  for (const step of await checkSteps()) tallies.push(await runCheck(step, env))
  for (const args of RUNS) tallies.push(await runVitest(args, env))
}

/**
 * The scripts named `check:…`, each a step of its own; where there are none, `check` is the one step.
 *
 * @returns {Promise<string[]>}
 */
async function checkSteps() {
  const about = /** @type {{ scripts: Record<string, string> }} */ (
    JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  )
  const steps = Object.keys(about.scripts).filter((name) => name.startsWith('check:'))
  return steps.length > 0 ? steps : ['check']
}

/**
 * @param {string} step
 * @param {NodeJS.ProcessEnv} env
 */
async function runCheck(step, env) {
  const { code } = await npm(['run', '--silent', step], { cwd: root, env, show: true, timeout: CHECK_LIMIT_MS })
  say('check', `${step} ${code === 0 ? 'passed' : 'failed'}`)
  return code === 0 ? PASSED : FAILED
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function runVitest(args, env) {
  const folder = await mkdtemp(join(tmpdir(), 'warren-report-'))
  try {
    const file = join(folder, 'report.json')
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const options = { cwd: root, env, show: true, timeout: RUN_LIMIT_MS }
    const { code, timedOut } = await run(process.execPath, [vitest, 'run', ...reporters, ...args], options)
    if (timedOut) say('test', `vitest ${args.join(' ')} was ended: it took more than ${RUN_LIMIT_MS / 60_000} minutes`)
    const report = /** @type {unknown} */ (JSON.parse(await readFile(file, 'utf8').catch(() => 'null')))
    if (report === null) say('test', `vitest ${args.join(' ')} crashed and left no report: that counts as a failure`)
    return tallyVitest(report, code)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function finish() {
  const total = sum(tallies)
  console.log(summary(total))
  process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    say('test', `ended by ${signal}`)
    tallies.push(FAILED)
    finish()
  })
}
await test().catch((error) => {
  sayFault(error)
  tallies.push(FAILED)
})
finish()
