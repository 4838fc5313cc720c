import { PassThrough } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dial } from '../../../src/engine/ssh/_dial'
import type { SshSession } from '../../../src/engine/ssh/types'
import { fakeSession } from '../../support/fake-pool'
import { faultOf, makeWorld, serverSpec } from './harness'

const TIMEOUT_SECONDS = 1

function dialThrough(openChannel: SshSession['openChannel'], signal = new AbortController().signal) {
  const snapshot = (): ReturnType<SshSession['snapshot']> =>
    ({ server: 'hop' }) as unknown as ReturnType<SshSession['snapshot']>
  return dial(serverSpec({ port: 22, connectTimeoutSeconds: TIMEOUT_SECONDS }), {
    through: fakeSession({ openChannel, snapshot }),
    ports: makeWorld().ports,
    username: 'root',
    signal,
    onPhase: () => undefined,
  })
}

describe('the way through a hop', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('stays open when the time to connect has passed', async () => {
    const channel = new PassThrough()
    const abort = new AbortController()
    const { stream } = await dialThrough(() => Promise.resolve(channel), abort.signal)
    await vi.advanceTimersByTimeAsync(10 * TIMEOUT_SECONDS * 1000)
    abort.abort()
    await vi.advanceTimersByTimeAsync(0)
    expect(stream.destroyed).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is given up when the hop does not answer in time, whatever the collector does', async () => {
    setFlagsFromString('--expose-gc')
    const late = new PassThrough()
    let answer!: (channel: PassThrough) => void
    const fault = faultOf(
      dialThrough(
        () =>
          new Promise((resolve) => {
            answer = resolve
          }),
      ),
    )
    await vi.advanceTimersByTimeAsync(0)
    ;(runInNewContext('gc') as () => void)()
    await vi.advanceTimersByTimeAsync(TIMEOUT_SECONDS * 1000)
    expect((await fault).code).toBe('ssh.timeout')
    answer(late)
    await vi.advanceTimersByTimeAsync(0)
    expect(late.destroyed).toBe(true)
  })

  it('is given up at once when nobody wants it any more', async () => {
    const abort = new AbortController()
    const dialling = dialThrough(() => new Promise(() => undefined), abort.signal)
    abort.abort(new Error('stopped'))
    await expect(dialling).rejects.toThrow('stopped')
    expect(vi.getTimerCount()).toBe(0)
  })
})
