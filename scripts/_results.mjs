/**
 * How many things were proved and how many were not.
 *
 * @typedef {{ passed: number, failed: number }} Tally
 */

/** @param {Tally[]} tallies */
export function sum(tallies) {
  return tallies.reduce((all, one) => ({ passed: all.passed + one.passed, failed: all.failed + one.failed }), {
    passed: 0,
    failed: 0,
  })
}

/**
 * The one line at the very end.
 *
 * @param {Tally} tally
 */
export function summary({ passed, failed }) {
  return `${passed} passed, ${failed} failed`
}

/**
 * Counts the check steps from the report of `scripts/check.mjs`. No report, or an exit code that contradicts it, is a failure.
 *
 * @param {unknown} report
 * @param {number | null} code
 * @returns {Tally}
 */
export function tallyChecks(report, code) {
  if (!Array.isArray(report) || report.length === 0) return { passed: 0, failed: 1 }
  const passed = report.filter((step) => /** @type {{ ok?: unknown } | null} */ (step)?.ok === true).length
  const failed = report.length - passed
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed }
}

/**
 * Counts one run of vitest from its JSON report.
 *
 * A run that ends badly never counts as good: no readable report, a file that could not be loaded, an error outside of any
 * test, or an exit code that says failure while every case passed, each is one more failure. So is a case that was left out.
 *
 * @param {unknown} report the parsed report, or null where there is none
 * @param {number | null} code the exit code; null when a signal ended vitest
 * @returns {Tally}
 */
export function tallyVitest(report, code) {
  const files = filesOf(report)
  if (files === null) return { passed: 0, failed: 1 }
  const tally = sum(files.map(tallyFile))
  if (tally.failed === 0 && (code !== 0 || success(report) === false)) return { ...tally, failed: 1 }
  return tally
}

/**
 * @param {{ status?: unknown, assertionResults?: unknown }} file
 * @returns {Tally}
 */
function tallyFile(file) {
  const cases = Array.isArray(file.assertionResults)
    ? /** @type {{ status?: unknown }[]} */ (file.assertionResults)
    : []
  const passed = cases.filter(({ status }) => status === 'passed').length
  const failed = cases.length - passed
  const broken = file.status === 'failed' && failed === 0
  return { passed, failed: broken ? 1 : failed }
}

/**
 * @param {unknown} report
 * @returns {{ status?: unknown, assertionResults?: unknown }[] | null}
 */
function filesOf(report) {
  if (typeof report !== 'object' || report === null || !('testResults' in report)) return null
  return Array.isArray(report.testResults) ? report.testResults : null
}

/** @param {unknown} report */
function success(report) {
  return /** @type {{ success?: unknown }} */ (report).success
}
