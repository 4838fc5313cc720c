import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkPassage, type EndOptions } from '../../../src/engine/check/_ends'
import { Recorder } from '../../../src/engine/check/_recorder'
import { fakeSession } from '../../support/fake-pool'
import { specWith } from '../supervisor/_supervised'

const A_WHILE_MS = 60_000

describe('a check of a target that says nothing', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('comes to an end before the server gives up', async () => {
    const record = new Recorder(new AbortController().signal)
    const session = fakeSession({ openChannel: () => new Promise(() => undefined) })
    void checkPassage(session, { record, spec: specWith() } as unknown as EndOptions)
    await vi.advanceTimersByTimeAsync(A_WHILE_MS)
    expect(record.steps.map(({ step, result }) => [step, result])).toEqual([
      ['forwarding', 'ok'],
      ['target', 'failed'],
    ])
    expect(record.steps[1]?.fault?.code).toBe('target.timeout')
  })
})
