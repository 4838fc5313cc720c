import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ConnectionTable, createForwardBooks } from '../../../src/engine/traffic'
import type { EndedConnection } from '../../../src/shared/traffic'
import { fakeClock, settled } from '../../support/fake-clock'

describe('the books of forwards', () => {
  it('hear of bytes at most four times a second, of an end at once, and of nothing while nothing flows', async () => {
    const clock = fakeClock()
    const moves: { up: number; down: number; count: number }[] = []
    const ended: EndedConnection[] = []
    const books = createForwardBooks({
      clock,
      port: {
        moved: (_id, totals) =>
          moves.push({ up: totals.bytesUp, down: totals.bytesDown, count: totals.totalConnections }),
        ended: (connection) => ended.push(connection),
      },
    })
    const ledger = new ConnectionTable(clock.now, () => undefined).ledger('f', () => 'f', books)
    const origin = { host: '10.0.0.1', port: 5 }
    const first = ledger.add({ stream: new PassThrough(), origin, target: null })
    const second = ledger.add({ stream: new PassThrough(), origin, target: null })
    for (let chunk = 0; chunk < 1000; chunk += 1) {
      first.bytesUp += 10
      second.bytesDown += 1
      await clock.advance(1)
    }
    expect(moves).toHaveLength(4)
    expect(clock.waits().length).toBeLessThanOrEqual(1)
    await clock.advance(10_000)
    expect(moves.at(-1)).toEqual({ up: 10_000, down: 1000, count: 2 })
    expect(clock.waits()).toEqual([])
    const told = moves.length
    await clock.advance(60_000)
    expect(moves).toHaveLength(told)

    first.bytesUp += 1
    ledger.remove(first, 'reset')
    ledger.remove(first, 'closed')
    await settled()
    expect(moves.at(-1)).toEqual({ up: 10_001, down: 1000, count: 2 })
    ledger.endAll('quota')
    expect(ended.map(({ reason, bytesUp, bytesDown, source }) => ({ reason, bytesUp, bytesDown, source }))).toEqual([
      { reason: 'reset', bytesUp: 10_001, bytesDown: 0, source: origin },
      { reason: 'quota', bytesUp: 0, bytesDown: 1000, source: origin },
    ])
    second.bytesDown += 7
    books.close()
    expect(moves.at(-1)).toEqual({ up: 10_001, down: 1007, count: 2 })
    expect(ledger.totals()).toEqual({ connections: 0, totalConnections: 2, bytesUp: 10_001, bytesDown: 1007 })
  })
})
