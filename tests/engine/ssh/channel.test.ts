import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Channel, type ChannelContext } from '../../../src/engine/ssh/_channel'
import { nodeEnd } from '../../../src/engine/ssh/_node-end'
import { checkLeaks } from '../../support/leaks'
import { listenEcho } from './harness'

checkLeaks()

describe('a channel', () => {
  it('does not send for ever to a server that takes packets of no bytes', () => {
    let sent = 0
    const wire = {
      get ready() {
        return sent < 1000
      },
      sendData: () => {
        sent += 1
      },
    }
    const channel = new Channel(1, { wire, link: {} } as unknown as ChannelContext)
    channel.opened({ sender: 1, window: 10, packetSize: 0 })
    expect(channel.send(Buffer.alloc(10))).toBe(10)
  })
})

describe('a socket that is spliced', () => {
  it('is known to be gone when it was closed before', async () => {
    const echo = await listenEcho()
    const socket = connect(echo.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
    await once(socket, 'close')
    expect(nodeEnd(socket).closed).toBe(true)
    await echo.close()
  })
})
