import { describe, expect, it } from 'vitest'
import { retryDelayMs } from '../../../src/engine/supervisor/_retry'

describe('the delay before another try', () => {
  it('goes 2, 5, 10, 30, 60 s and stays there', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((attempt) => retryDelayMs(attempt, 0.5))).toEqual([
      2000, 5000, 10_000, 30_000, 60_000, 60_000, 60_000,
    ])
  })

  it('is spread by a fifth either way, so that a team does not knock together', () => {
    expect(retryDelayMs(1, 0)).toBe(1600)
    expect(retryDelayMs(1, 0.999_999)).toBe(2400)
  })
})
