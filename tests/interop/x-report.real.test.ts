import { afterEach, beforeEach, expect, it } from 'vitest'
import { temporaryHome } from '../support/daemon'
import { balance } from '../support/x-balance'

const MEGABYTE = 1024 ** 2

let place: ReturnType<typeof temporaryHome>
beforeEach(() => {
  place = temporaryHome()
})
afterEach(() => place.remove())

it('balances what a moody panel acknowledged with what iperf3 moved, over kills of the daemon', async () => {
  const found = await balance({ home: place.home, kills: 4, bytesPerRound: 8 * MEGABYTE })
  expect(Math.abs(found.acknowledged / found.moved - 1)).toBeLessThan(0.001)
  expect(found.used).toBe(found.acknowledged)
  expect(found.repeatedRead).toBe(0)
})
