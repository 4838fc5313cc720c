import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import {
  formatAge,
  formatAgo,
  formatBytes,
  formatCountdown,
  formatDuration,
  formatMilliseconds,
  formatRate,
  groupFingerprint,
  plural,
} from '@shared/format'

const now = Date.parse('2026-01-01T00:00:00.000Z')
const after = (ms: number): string => new Date(now + ms).toISOString()

describe('sizes and rates', () => {
  it('are binary multiples written as KB, MB, GB', () => {
    expect([0, 812, 1024, 1229, 10 * 1024, 512 * 1024 ** 2, 1024 ** 3].map(formatBytes)).toEqual([
      '0 B',
      '812 B',
      '1.0 KB',
      '1.2 KB',
      '10.0 KB',
      '512 MB',
      '1.0 GB',
    ])
    expect(formatRate(1.2 * 1024 ** 2)).toBe('1.2 MB/s')
  })

  it('roll over to the next unit before they read 1024', () => {
    expect(formatBytes(1024 ** 2 - 1)).toBe('1.0 MB')
    expect(formatBytes(99.97 * 1024)).toBe('100 KB')
  })

  it('stay sane for what is not a size', () => {
    expect([-5, Number.NaN, Number.POSITIVE_INFINITY].map(formatBytes)).toEqual(['0 B', '0 B', '0 B'])
  })

  property.prop([fc.double({ min: 0, max: 1e15, noNaN: true })])('never take more than seven characters', (bytes) => {
    expect(formatBytes(bytes).length).toBeLessThanOrEqual(7)
  })
})

describe('times', () => {
  it('are given in at most two units', () => {
    const hour = 3_600_000
    expect([0, 42_900, 14 * 60_000, 2 * hour + 14 * 60_000, 2 * hour, 76 * hour].map(formatDuration)).toEqual([
      '0 s',
      '42 s',
      '14 m',
      '2 h 14 m',
      '2 h',
      '3 d 4 h',
    ])
    expect(formatAge(2 * hour + 14 * 60_000)).toBe('2 h')
  })

  it('count down rounded up and end in now', () => {
    expect([7100, 8000, 65_000, 120_000, 0, -1].map((ms) => formatCountdown(after(ms), now))).toEqual([
      '8 s',
      '8 s',
      '1 m 5 s',
      '2 m',
      'now',
      'now',
    ])
  })

  it('say how long ago something was, also when the clock was set back', () => {
    expect([-1000, -42_000, -7_200_000, 5000].map((ms) => formatAgo(after(ms), now))).toEqual([
      'just now',
      '42 s ago',
      '2 h ago',
      'just now',
    ])
  })

  it('of steps are in milliseconds, then seconds', () => {
    expect([0.4, 12, 1234].map(formatMilliseconds)).toEqual(['0 ms', '12 ms', '1.2 s'])
  })
})

it('groups a fingerprint by four', () => {
  expect(groupFingerprint('SHA256:47DEQpj8HBSa')).toBe('SHA256: 47DE Qpj8 HBSa')
})

it('forms plurals', () => {
  expect([plural(0, 'forward'), plural(1, 'forward'), plural(2, 'entry', 'entries')]).toEqual([
    '0 forwards',
    '1 forward',
    '2 entries',
  ])
})
