/** A remote dynamic forward whose session is only what the test says of it. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, it } from 'vitest'
import { createCarrier } from '../../../src/engine/forward'
import { createLocalPorts } from '../../../src/engine/ports'
import type { IncomingChannel } from '../../../src/engine/ssh/types'
import { ConnectionTable, createLimiter } from '../../../src/engine/traffic'
import { checkLeaks } from '../../support/leaks'
import { fakeSession } from '../../support/fake-pool'
import { specWith } from '../supervisor/_supervised'

checkLeaks()

describe('a remote dynamic forward', () => {
  it('keeps no connection to a target whose client went away meanwhile', async () => {
    const target = createServer()
    target.listen(0, '127.0.0.1')
    await once(target, 'listening')
    const { port } = target.address() as AddressInfo
    const comers: ((channel: IncomingChannel) => void)[] = []
    const session = fakeSession({
      listenRemote: (at, onChannel) => {
        comers.push(onChannel)
        return Promise.resolve({ bound: at, close: () => Promise.resolve() })
      },
    })
    const table = new ConnectionTable(Date.now, () => undefined)
    const carrier = createCarrier({
      spec: specWith({ type: 'remote', remotePort: 8080, remoteHost: null, localPort: null }),
      ledger: table.ledger('f', () => 'f'),
      limiter: createLimiter(),
      ports: createLocalPorts(),
      log: () => undefined,
      onTarget: () => undefined,
      onNotice: () => undefined,
      socketMask: () => undefined,
      login: () => Promise.resolve(null),
    })
    await carrier.bind(session)
    const client = new PassThrough()
    // The first is the forward's own, another asks what GatewayPorts makes of it.
    comers[0]?.({
      origin: null,
      accept: () => client,
      refuse: () => undefined,
      spliceTo: () => Promise.reject(new Error('It is no remote forward with a target')),
    })
    // It may be gone as soon as it came; a reset is an end too, and so is an end behind bytes that are read.
    const gone = new Promise<void>((resolve) => {
      target.once('connection', (socket: Socket) => {
        socket.on('error', () => undefined).once('close', () => resolve())
        socket.resume()
      })
    })
    client.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    await new Promise((resolve) => setImmediate(resolve))
    client.destroy()
    await gone
    await carrier.close()
    target.close()
    await once(target, 'close')
  })
})
