import { describe, expect, it } from 'vitest'
import { connectSession } from '../../../src/engine/ssh/connect'
import { checkLeaks } from '../../support/leaks'
import { startFakeServer } from './fake-server'
import { faultOf, makeWorld, serverSpec } from './harness'

checkLeaks()

describe('a question of a login', () => {
  it('is closed when the server hangs up, whoever wanted the login', async () => {
    let hangUp!: () => void
    const server = await startFakeServer(
      (context) => {
        context.reject(['password'])
      },
      undefined,
      (connection) => {
        hangUp = () => {
          connection.end()
        }
      },
    )
    let closed!: () => void
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve
    })
    const world = makeWorld({
      answer: (question, signal) => {
        if (question.kind === 'host-key') return { kind: 'host-key', decision: 'once' }
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            closed()
            reject(signal.reason as Error)
          })
          hangUp()
        })
      },
    })
    const fault = await faultOf(
      connectSession(serverSpec({ port: server.port }), {
        ...{ through: null, ports: world.ports, policy: undefined, leases: () => 1 },
        signal: new AbortController().signal,
        onPhase: () => undefined,
      }),
    )
    expect(fault.code).toBe('ssh.closed')
    await isClosed
    await server.close()
  })
})
