import { describe, expect, it } from 'vitest'
import { createSessionPool } from '../../../src/engine/ssh'
import { expandCommand } from '../../../src/engine/ssh/_proxy-command'
import { checkLeaks } from '../../support/leaks'
import { freePort } from '../../support/free-port'
import { faultOf, listen, loginFault, makeWorld, options, serverSpec } from './harness'

describe('connections that fail', () => {
  checkLeaks()

  it('names the address of a refused connection', async () => {
    const port = await freePort()
    const fault = await loginFault(serverSpec({ port }))
    expect(fault.code).toBe('ssh.unreachable')
    expect(fault.message).toContain('connection refused')
    expect(fault.message).toContain(`127.0.0.1 port ${port}`)
  })

  it('names a host that cannot be resolved', async () => {
    const fault = await loginFault(serverSpec({ port: 22, host: 'no-such-host.invalid' }))
    expect(fault).toMatchObject({ code: 'ssh.dns', field: 'host', remedy: { action: 'edit-server' } })
    expect(fault.message).toContain('no-such-host.invalid')
  })

  it('gives up on a server that says nothing', async () => {
    const mute = await listen((socket) => socket.resume())
    expect(await loginFault(serverSpec({ port: mute.port, connectTimeoutSeconds: 1 }))).toMatchObject({
      code: 'ssh.timeout',
    })
    await mute.close()
  })

  it('tells a service that is not SSH', async () => {
    const web = await listen((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    const fault = await loginFault(serverSpec({ port: web.port }))
    expect(['ssh.protocol', 'ssh.closed']).toContain(fault.code)
    await web.close()
    const garbage = await listen((socket) => {
      socket.resume()
      socket.write('SSH-2.0-x\r\n')
      socket.write(Buffer.alloc(4096, 0xff))
    })
    expect(await loginFault(serverSpec({ port: garbage.port }))).toMatchObject({ code: 'ssh.protocol' })
    await garbage.close()
  })

  it('tells a server that hangs up before it says anything', async () => {
    const rude = await listen((socket) => {
      socket.end()
      socket.resume()
    })
    expect(await loginFault(serverSpec({ port: rude.port }))).toMatchObject({ code: 'ssh.closed' })
    await rude.close()
  })

  it('can be cancelled at any time, and leaves nothing behind', async () => {
    const mute = await listen((socket) => socket.resume())
    const pool = createSessionPool({ ports: makeWorld().ports })
    const controller = new AbortController()
    const left = new Error('left')
    const joined = options({
      signal: controller.signal,
      onPhase: (phase) => phase === 'verifying' && controller.abort(left),
    })
    await expect(pool.acquire({ server: serverSpec({ port: mute.port }), hops: [] }, joined)).rejects.toBe(left)
    expect(pool.sessions()).toEqual([])
    await pool.close()
    await mute.close()
  })

  it('puts only harmless values into a proxy command', async () => {
    const values = { host: 'db.example', originalHost: 'db', port: 22, username: 'ann' }
    expect(expandCommand('nc -X %h %n %p %r 100%%', values)).toBe('nc -X db.example db 22 ann 100%')
    for (const host of ['a;reboot', '$(id)', '`id`', '-oProxyCommand=x', "a'b"]) {
      expect(await faultOf(Promise.resolve().then(() => expandCommand('nc %h', { ...values, host })))).toMatchObject({
        code: 'spec.invalid',
        field: 'host',
      })
    }
  })
})
