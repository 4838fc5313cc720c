import { describe, expect, it } from 'vitest'
import { Status } from '../../../src/engine/supervisor/_status'
import { plainSnapshot } from '../../support/plain'
import { specWith } from './_supervised'

const totals = { connections: 0, totalConnections: 0, bytesUp: 0, bytesDown: 0 }

function begin(): { status: Status; shown: () => [string, string | null] } {
  const status = new Status(Date.now, () => undefined)
  status.enter('authenticating')
  return {
    status,
    shown: () => {
      const { drops } = plainSnapshot
      const { state, needId } = status.snapshot({ spec: specWith(), wanted: true, route: null, totals, drops })
      return [state, needId]
    },
  }
}

describe('a forward with two questions open', () => {
  it('needs a person until both are settled, whichever comes first', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { status, shown } = begin()
      const settle = [status.needs('first'), status.needs('second')]
      expect(shown()).toEqual(['needs-you', 'second'])
      settle[order[0]]?.()
      expect(shown()).toEqual(['needs-you', order[0] === 0 ? 'second' : 'first'])
      settle[order[1]]?.()
      expect(shown()).toEqual(['authenticating', null])
    }
  })

  it('forgets them with the life that asked', () => {
    const { status, shown } = begin()
    const settle = status.needs('first')
    status.begin()
    status.enter('resolving')
    settle()
    expect(shown()).toEqual(['resolving', null])
    status.needs('second')()
    expect(shown()).toEqual(['resolving', null])
  })

  it('is not brought back by a question that is settled after the stop', () => {
    const { status, shown } = begin()
    const settle = status.needs('first')
    status.stop()
    settle()
    expect(shown()).toEqual(['stopped', null])
  })
})
