import { describe, expect, it } from 'vitest'
import { judgeMessage } from '../../src/main/message-size'

describe('judgeMessage', () => {
  it.each([undefined, null, true, 7, 'text', {}, [], { ids: ['a', 'b'], deep: { deeper: [1, 2, 3] } }])(
    'lets %j pass',
    (value) => {
      expect(judgeMessage(value)).toBe('fits')
    },
  )

  it.each([
    ['a buffer', new ArrayBuffer(8)],
    ['bytes', new Uint8Array(8)],
    ['a map', new Map([['a', 1]])],
    ['a date', new Date(0)],
    ['a big number', 1n],
    ['an error', new Error('x')],
  ])('takes %s for no data', (_what, value) => {
    expect(judgeMessage({ value })).toBe('not-data')
  })

  it('counts keys, texts and the number of entries', () => {
    expect(judgeMessage('x'.repeat(1000), 500)).toBe('too-large')
    expect(judgeMessage({ ['k'.repeat(1000)]: 1 }, 500)).toBe('too-large')
    expect(judgeMessage(new Array(1_000_000), 500)).toBe('too-large')
  })

  it('stops at a depth that nothing of the contract has', () => {
    let value: unknown = 'bottom'
    for (let level = 0; level < 100_000; level += 1) value = [value]
    expect(judgeMessage(value)).toBe('not-data')
  })
})
