import { expect, it } from 'vitest'
import { listenRemoteRange } from '../../../src/engine/forward/_remote-ports'
import { WarrenError } from '../../../src/shared/errors'
import { fakeSession } from '../../support/fake-pool'

const HOST = 'localhost'
/** On a server whose clients have every fourth port, a range of five fits at one of three places. */
const BUSY_PLACES = 15

it('looks for a range at place after place of a busy server', async () => {
  let places = 0
  const closed: number[] = []
  const session = fakeSession({
    listenRemote: (at) => {
      const asked = 'port' in at ? at.port : -1
      if (asked === 0) places += 1
      else if (places <= BUSY_PLACES && asked % 100 === 3) {
        return Promise.reject(new WarrenError('forward.remote-port-in-use', `${asked} is taken.`))
      }
      const port = asked === 0 ? 20_000 + places * 100 : asked
      const close = (): Promise<void> => {
        closed.push(port)
        return Promise.resolve()
      }
      return Promise.resolve({ bound: { host: HOST, port }, close })
    },
  })
  const range = { at: { host: HOST, port: 0 }, count: 5, onChannel: () => undefined }
  const { bound } = await listenRemoteRange(session, { range, again: null })
  expect(bound).toEqual({ host: HOST, port: 20_000 + (BUSY_PLACES + 1) * 100 })
  // All that a place gave before the one in the way was found.
  expect(closed).toHaveLength(BUSY_PLACES * 4)
})
