import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuild } from './_build.mjs'
import { root } from './_places.mjs'
import { sum, summary, tallyChecks, tallyVitest } from './_results.mjs'
import { run } from './_run.mjs'
import { say, sayFault } from './_say.mjs'
import { setUp } from './_setup.mjs'

const CHECK_LIMIT_MS = 15 * 60 * 1000
const RUN_LIMIT_MS = 40 * 60 * 1000
const FAILED = { passed: 0, failed: 1 }

/** One after the other, so that real servers and real windows have the machine to themselves: all projects but the benchmarks. */
const RUNS = [['--project=unit', '--project=renderer'], ['--project=real', '--project=beside'], ['--project=e2e']]

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
  tallies.push(await runChecks(env))
  for (const args of RUNS) tallies.push(await runVitest(args, env))
}

/**
 * The static checks; the unit tests among them are left to vitest below, where each case counts.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<import('./_results.mjs').Tally>}
 */
async function runChecks(env) {
  const { code, report } = await withReport((file) => {
    const args = [join(root, 'scripts/check.mjs'), '--static', '--report', file]
    return run(process.execPath, args, { cwd: root, env, show: true, timeout: CHECK_LIMIT_MS })
  })
  return tallyChecks(report, code)
}

/**
 * Runs something that leaves a JSON report in the file it is told.
 *
 * @param {(file: string) => ReturnType<typeof run>} work
 * @returns {Promise<import('./_run.mjs').Outcome & { report: unknown }>} `report` is null where none was left
 */
async function withReport(work) {
  const folder = await mkdtemp(join(tmpdir(), 'warren-report-'))
  try {
    const file = join(folder, 'report.json')
    const outcome = await work(file)
    return { ...outcome, report: await readJson(file) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} file
 * @returns {Promise<unknown>}
 */
async function readJson(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return null
  }
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function runVitest(args, env) {
  const { code, timedOut, report } = await withReport((file) => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const options = { cwd: root, env, show: true, timeout: RUN_LIMIT_MS }
    return run(process.execPath, [vitest, 'run', ...reporters, ...args], options)
  })
  if (timedOut) say('test', `vitest ${args.join(' ')} was ended: it took more than ${RUN_LIMIT_MS / 60_000} minutes`)
  if (report === null) say('test', `vitest ${args.join(' ')} left no report: that counts as a failure`)
  return tallyVitest(report, code)
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
