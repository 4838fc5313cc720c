import { statSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { resolvePlaces } from '@daemon/client'
import { keepHouse } from '../../src/daemon/housekeeping'
import { createSecrets } from '../../src/daemon/secrets'
import type { Services } from '../../src/daemon/services'
import { temporaryHome } from '../support/daemon'

let place: ReturnType<typeof temporaryHome>

beforeEach(() => {
  place = temporaryHome()
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  place.remove()
})

it('forgets the saved secrets of what was removed a day ago', async () => {
  const { secrets: file } = resolvePlaces({}, place.home)
  const secrets = createSecrets(file)
  for (const owner of ['s1', 's2', 'forward:f1']) secrets.set(owner, 'password', { value: `of ${owner}`, keep: 'file' })
  expect(statSync(file).size).toBeGreaterThan(0)
  const forgotten: string[] = []
  const services = {
    store: { purge: () => Promise.resolve({ forwards: ['f1'], relays: [], servers: ['s1'] }), backUp: () => undefined },
    ...{ logs: { forget: (id: string) => forgotten.push(id) }, secrets, now: () => 0 },
    warnings: { tolerate: (work: () => Promise<unknown>) => work() },
  }
  const stop = keepHouse(services as unknown as Services)
  await vi.advanceTimersByTimeAsync(5000)
  stop()
  const later = createSecrets(file)
  const left = ['s1', 's2', 'forward:f1'].map((owner) => later.get(owner, 'password', 'me'))
  expect(await Promise.all(left)).toEqual([null, 'of s2', null])
  expect(forgotten).toEqual(['f1'])
})
