import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  clearRates,
  currentRate,
  lastSeconds,
  onRate,
  pauseRates,
  resumeRates,
  rateHistory,
  takeRates,
} from '../../../src/renderer/src/stores/rates'

const sample = (id: string, up: number, down: number) => ({
  id,
  up,
  down,
  bytesUp: up,
  bytesDown: down,
  connections: 1,
  totalConnections: 1,
})

describe('rates', () => {
  beforeEach(clearRates)
  afterEach(() => {
    pauseRates()
    vi.useRealTimers()
  })

  it('keeps the last seconds, oldest first', () => {
    takeRates({ up: 1, down: 2, forwards: [sample('a', 1, 2)] }, 1000)
    takeRates({ up: 3, down: 4, forwards: [sample('a', 3, 4)] }, 2000)
    const history = rateHistory('a')
    expect(history && lastSeconds(history, 3)).toEqual([NaN, 3, 7])
    expect(currentRate('a')).toBe(7)
  })

  it('counts a forward that a sample leaves out as quiet', () => {
    takeRates({ up: 1, down: 1, forwards: [sample('a', 1, 1)] }, 1000)
    takeRates({ up: 0, down: 0, forwards: [] }, 2000)
    expect(currentRate('a')).toBe(0)
  })

  it('marks seconds in which nobody listened as unknown', () => {
    takeRates({ up: 1, down: 1, forwards: [sample('a', 1, 1)] }, 1000)
    takeRates({ up: 1, down: 1, forwards: [sample('a', 1, 1)] }, 4000)
    const history = rateHistory('a')
    expect(history && lastSeconds(history, 4)).toEqual([2, NaN, NaN, 2])
  })

  it('does not keep the last figure when the window comes back and nothing moves', () => {
    vi.useFakeTimers()
    takeRates({ up: 1, down: 1, forwards: [sample('a', 1, 1)] })
    pauseRates()
    vi.advanceTimersByTime(60_000)
    expect(currentRate('a')).toBe(2)
    resumeRates()
    vi.advanceTimersByTime(2000)
    expect(currentRate('a')).toBe(0)
  })

  it('tells only those who listen to that forward', () => {
    const heard: string[] = []
    const stops = ['a', 'b'].map((id) => onRate(id, () => heard.push(id)))
    takeRates({ up: 1, down: 1, forwards: [sample('a', 1, 1)] }, 1000)
    for (const stop of stops) stop()
    takeRates({ up: 1, down: 1, forwards: [sample('a', 1, 1)] }, 2000)
    expect(heard).toEqual(['a'])
  })
})
