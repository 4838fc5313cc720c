import type { ServerChannel } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { startFakeServer } from './fake-server'
import { serverSpec, withSession } from './harness'

const TIMEOUT_MS = 300

/** Lets everybody in, never answers a global request, and sends a byte now and then when `talks`. */
function startSlowServer({ talks }: { talks: boolean }): ReturnType<typeof startFakeServer> {
  return startFakeServer(
    (context) => {
      context.accept()
    },
    (connection) => {
      // What its server says to a request it does not know.
      const { _protocol } = connection as unknown as { _protocol: { requestFailure: () => void } }
      _protocol.requestFailure = () => undefined
      connection.on('tcpip', (accept) => {
        const channel: ServerChannel = accept()
        const timer = setInterval(() => talks && channel.write('.'), TIMEOUT_MS / 10)
        channel.on('close', () => {
          clearInterval(timer)
        })
      })
    },
  )
}

describe('a probe that the server does not answer', () => {
  it.each([
    { talks: true, alive: true, what: 'lets a session live whose bytes arrive' },
    { talks: false, alive: false, what: 'ends a session that is silent' },
  ])('$what', async ({ talks, alive }) => {
    const server = await startSlowServer({ talks })
    await withSession(serverSpec({ port: server.port }), async (session) => {
      const channel = await session.openChannel({ host: 'anywhere', port: 1 }, { host: '127.0.0.1', port: 1 })
      channel.on('error', () => undefined)
      channel.resume()
      expect(await session.probe(TIMEOUT_MS)).toBe(alive)
      if (!alive) expect((await session.closed).error).toMatchObject({ code: 'ssh.keepalive-timeout' })
      channel.destroy()
    })
    await server.close()
  })
})
