import { expect, it } from 'vitest'
import { temporaryHome } from '../support/daemon'
import { balance } from '../support/x-balance'

const MEGABYTE = 1024 ** 2
const KILLS = 20

it('balances the acknowledged rows with what iperf3 moved, over twenty kills of the daemon', async () => {
  const place = temporaryHome()
  try {
    const found = await balance({ home: place.home, kills: KILLS, bytesPerRound: 16 * MEGABYTE })
    const off = Math.abs(found.acknowledged / found.moved - 1)
    console.log(JSON.stringify({ ...found, offPercent: Number((off * 100).toFixed(4)) }, null, 2))
    expect(off).toBeLessThan(0.001)
    expect(found.used).toBe(found.acknowledged)
    expect(found.repeatedRead).toBe(0)
    expect(Object.values(found.reports).filter((met) => met === 0)).toEqual([])
  } finally {
    place.remove()
  }
})
