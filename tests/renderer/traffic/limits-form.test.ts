import { noLimits, type Limits } from '@shared/limits'
import { describe, expect, it } from 'vitest'
import { limitsFormOf, limitsInWords, readLimits } from '../../../src/renderer/src/traffic/limits-form'
import { readRate, readSize, writeRate, writeSize } from '../../../src/renderer/src/traffic/units'

const KB = 1024
const kb = { bare: KB }

describe('a rate', () => {
  it.each([
    ['500 KB/s', 500 * KB],
    ['500', 500 * KB],
    ['2m', 2 * KB ** 2],
    ['1,5 MB', 1.5 * KB ** 2],
    ['1.5 MiB/s', 1.5 * KB ** 2],
    ['2048 b/s', 2048],
    ['1GB/sec', KB ** 3],
    ['100 Mbit/s', 12_500_000],
    ['8 kbps', 1000],
  ])('is read from %s', (text, bytes) => {
    expect(readRate(text, kb)).toBe(bytes)
  })

  it.each(['', 'fast', '-5 KB', '1e9', '5 furlongs', '5 KB/h', '1.2.3 MB'])('is not read from "%s"', (text) => {
    expect(readRate(text, kb)).toBeNull()
  })

  it('is written in the greatest unit', () => {
    expect([1024, 1536, 500 * KB, 1.5 * KB ** 2, 100 * KB ** 3].map(writeRate)).toEqual([
      '1 KB/s',
      '1.5 KB/s',
      '500 KB/s',
      '1.5 MB/s',
      '100 GB/s',
    ])
  })
})

describe('a size', () => {
  it('without a unit is what the place means', () => {
    expect(readSize('50', { bare: KB ** 3 })).toBe(50 * KB ** 3)
    expect(readSize('50 mb', { bare: KB ** 3 })).toBe(50 * KB ** 2)
    expect(writeSize(50 * KB ** 3)).toBe('50 GB')
  })
})

const limits: Limits = {
  ...noLimits,
  maxConnections: 200,
  perRule: { up: 12_500_000, down: null },
  perConnection: { up: null, down: 64 * KB },
  quota: { bytes: 50 * KB ** 3, period: 'month', counts: 'both', then: 'slow', slowRate: 32 * KB },
  expiresAt: '2031-03-01T12:30:15.250Z',
}

describe('the form of limits', () => {
  it('gives them back to the byte and the millisecond when nothing was touched', () => {
    expect(readLimits(limitsFormOf(limits), limits)).toEqual({ limits, errors: {} })
    expect(readLimits(limitsFormOf(null), null)).toEqual({ limits: noLimits, errors: {} })
  })

  it('takes a limit away when its text is emptied', () => {
    const form = { ...limitsFormOf(limits), maxConnections: '', ruleUp: ' ', quotaBytes: '', expiresAt: '' }
    expect(readLimits(form, limits).limits).toEqual({
      ...noLimits,
      perConnection: { up: null, down: 64 * KB },
    })
  })

  it('says in words what is wrong, and leaves that limit as it was', () => {
    const form = {
      ...limitsFormOf(limits),
      maxConnections: '0',
      ruleUp: 'fast',
      sourceUp: '1 B/s',
      connectionDown: '900 TB/s',
      quotaBytes: 'much',
      expiresAt: '2001-01-01T00:00',
    }
    const read = readLimits(form, limits)
    expect(read.limits).toEqual(limits)
    expect(read.errors).toEqual({
      maxConnections: 'Type at least 1, or leave it empty for no limit.',
      ruleUp: 'Type a rate, such as 500 KB/s or 2 MB/s.',
      sourceUp: 'Type at least 1 KB/s.',
      connectionDown: 'Type at most 100 GB/s.',
      quotaBytes: 'Type an amount, such as 500 MB or 50 GB.',
      expiresAt: 'This moment is over: choose a later one.',
    })
  })

  it('reads counts with the separators people write', () => {
    const read = (text: string): unknown => {
      const { limits, errors } = readLimits({ ...limitsFormOf(null), maxConnections: text }, null)
      return errors.maxConnections ?? limits.maxConnections
    }
    expect(read('10,000')).toBe(10_000)
    expect(read('10 000')).toBe(10_000)
    expect(read('1.5')).toBe('Type a whole number.')
    expect(read('2000000')).toContain('at most')
  })
})

describe('limits in words', () => {
  it('name only what is limited', () => {
    expect(limitsInWords(noLimits)).toBe('')
    expect(
      limitsInWords({ ...noLimits, maxConnections: 20, perRule: { up: KB ** 2, down: KB ** 2 }, quota: limits.quota }),
    ).toBe('20 connections · 1 MB/s each way · 50 GB a month')
  })
})
