import { expect, it } from 'vitest'
import { sum, summary, tallyChecks, tallyVitest } from '../../scripts/_results.mjs'

const file = (status: string, ...cases: string[]) => ({
  status,
  assertionResults: cases.map((each) => ({ status: each })),
})

it('counts cases that passed and failed', () => {
  const report = {
    success: false,
    testResults: [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')],
  }
  expect(tallyVitest(report, 1)).toEqual({ passed: 3, failed: 1 })
})

it('counts a run that left no report as a failure', () => {
  expect(tallyVitest(null, null)).toEqual({ passed: 0, failed: 1 })
  expect(tallyVitest('torn', 0)).toEqual({ passed: 0, failed: 1 })
})

it('counts a file that could not be loaded as a failure', () => {
  expect(tallyVitest({ success: false, testResults: [file('failed'), file('passed', 'passed')] }, 1)).toEqual({
    passed: 1,
    failed: 1,
  })
})

it('counts an error outside of any test as a failure', () => {
  expect(tallyVitest({ success: false, testResults: [file('passed', 'passed')] }, 1)).toEqual({ passed: 1, failed: 1 })
  expect(tallyVitest({ success: true, testResults: [file('passed', 'passed')] }, null)).toEqual({
    passed: 1,
    failed: 1,
  })
})

it('does not call a skipped case passed', () => {
  expect(tallyVitest({ success: true, testResults: [file('passed', 'passed', 'skipped')] }, 0)).toEqual({
    passed: 1,
    failed: 1,
  })
})

it('counts check steps, and their crash', () => {
  expect(tallyChecks([{ ok: true }, { ok: false }], 1)).toEqual({ passed: 1, failed: 1 })
  expect(tallyChecks([{ ok: true }], 1)).toEqual({ passed: 1, failed: 1 })
  expect(tallyChecks(null, 1)).toEqual({ passed: 0, failed: 1 })
})

it('sums everything into the one line', () => {
  expect(
    summary(
      sum([
        { passed: 2, failed: 0 },
        { passed: 1, failed: 1 },
      ]),
    ),
  ).toBe('3 passed, 1 failed')
})
