import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionPool } from '../../../src/engine/ssh'
import { checkLeaks } from '../../support/leaks'
import { freePort } from '../../support/free-port'
import { startSshd, type Sshd } from '../../support/sshd'
import { listen, loginFault, makeWorld, options, serverSpec, specOf, withSession, type Listener } from './harness'

const nothing = async (): Promise<void> => undefined

/** An HTTP proxy that knows CONNECT only; wants `ann:secret` when told so. */
function startHttpProxy(needsLogin: boolean): Promise<Listener> {
  return listen((client) => {
    client.once('data', (head) => {
      const text = head.toString('latin1')
      const login = `Basic ${Buffer.from('ann:secret').toString('base64')}`
      if (needsLogin && !text.includes(login)) {
        client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
        return
      }
      const [, host, port] = /^CONNECT ([^:]+):(\d+) /.exec(text) ?? []
      const upstream = connect(Number(port), host)
      upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
      client.on('close', () => upstream.destroy())
      upstream.on('connect', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n')
        client.pipe(upstream).pipe(client)
      })
    })
  })
}

/** The least of SOCKS5: no login, connect to an IPv4 address. */
function startSocksProxy(): Promise<Listener> {
  return listen((client) => {
    client.once('data', () => {
      client.write(Buffer.from([5, 0]))
      client.once('data', (request) => {
        const upstream = connect(request.readUInt16BE(8), [...request.subarray(4, 8)].join('.'))
        upstream.on('error', () => client.destroy())
        client.on('close', () => upstream.destroy())
        upstream.on('connect', () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
          client.pipe(upstream).pipe(client)
        })
      })
    })
  })
}

describe('ways to a real sshd', () => {
  checkLeaks()
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())

  it('goes through an HTTP proxy, with and without a login', async () => {
    const open = await startHttpProxy(false)
    await withSession(specOf(sshd, { proxy: `http://127.0.0.1:${open.port}` }), nothing)
    await open.close()
    const guarded = await startHttpProxy(true)
    await withSession(specOf(sshd, { proxy: `http://ann:secret@127.0.0.1:${guarded.port}` }), nothing)
    const named = specOf(sshd, { proxy: `http://ann@127.0.0.1:${guarded.port}` })
    const world = makeWorld()
    world.secrets.set(`proxy ann@127.0.0.1:${guarded.port}`, 'secret')
    await withSession(named, nothing, world)
    expect(await loginFault(specOf(sshd, { proxy: `http://127.0.0.1:${guarded.port}` }))).toMatchObject({
      code: 'ssh.proxy-auth',
    })
    await guarded.close()
  })

  it('goes through a SOCKS proxy', async () => {
    const proxy = await startSocksProxy()
    await withSession(specOf(sshd, { proxy: `socks5://127.0.0.1:${proxy.port}` }), nothing)
    await proxy.close()
  })

  it('says so when the proxy is down or cannot connect', async () => {
    const port = await freePort()
    expect(await loginFault(specOf(sshd, { proxy: `socks5://127.0.0.1:${port}` }))).toMatchObject({
      code: 'ssh.proxy-failed',
    })
    const proxy = await startHttpProxy(false)
    const fault = await loginFault(serverSpec({ port, proxy: `http://127.0.0.1:${proxy.port}` }))
    expect(fault.code).toBe('ssh.proxy-failed')
    expect(fault.message).toContain('502')
    await proxy.close()
  })

  it('goes through a command, and says when the command fails', async () => {
    const relay = `${process.execPath} -e 'const s=require("net").connect(%p,"%h");process.stdin.pipe(s).pipe(process.stdout)'`
    await withSession(specOf(sshd, { proxyCommand: relay }), async (session) => {
      expect(await session.probe(5000)).toBe(true)
    })
    const world = makeWorld()
    const fault = await loginFault(specOf(sshd, { proxyCommand: 'sh -c "echo sorry >&2; exit 7"' }), world)
    expect(fault).toMatchObject({
      code: 'ssh.proxy-failed',
      message: 'The proxy command of bastion ended with status 7: sorry.',
      field: 'proxyCommand',
    })
    expect(world.logged).toContainEqual({ level: 'info', message: 'proxy command: sorry', code: null })
    expect(await loginFault(specOf(sshd, { proxyCommand: 'no-such-command-here %h' }))).toMatchObject({
      code: 'ssh.proxy-failed',
    })
  })

  it('asks for the password of a proxy, once more when it is refused, and never in place of the server’s', async () => {
    const proxy = await startHttpProxy(true)
    const named = specOf(sshd, { proxy: `http://ann@127.0.0.1:${proxy.port}` })
    const given = ['wrong', 'secret']
    const world = makeWorld({
      answer: (question) =>
        question.kind === 'host-key'
          ? { kind: 'host-key', decision: 'trust' }
          : { kind: 'password', password: given.shift() ?? '' },
    })
    world.secrets.set('password root', 'of the server')
    await withSession(named, nothing, world)
    const login = `ann@127.0.0.1:${proxy.port}`
    expect(world.asked.filter(({ kind }) => kind === 'password')).toMatchObject([
      { username: 'ann', proxy: `127.0.0.1:${proxy.port}`, login, refused: false },
      { username: 'ann', proxy: `127.0.0.1:${proxy.port}`, login, refused: true },
    ])
    expect(world.secrets.get(`proxy ${login}`)).toBe('secret')
    const nobody = makeWorld()
    nobody.secrets.set(`proxy ${login}`, 'wrong')
    expect(await loginFault(named, nobody)).toMatchObject({
      code: 'ssh.proxy-auth',
      message: `The proxy 127.0.0.1:${proxy.port} refused the login of ann.`,
      field: 'proxy',
    })
    expect(nobody.secrets.has(`proxy ${login}`)).toBe(false)
    await proxy.close()
  })

  it('shares one session among callers, and dials a second one for other options', async () => {
    const world = makeWorld()
    const pool = createSessionPool({ ports: world.ports })
    const route = { server: specOf(sshd), hops: [] }
    const [one, two] = await Promise.all([pool.acquire(route, options()), pool.acquire(route, options())])
    expect(one.session).toBe(two.session)
    expect(pool.sessions()).toMatchObject([{ state: 'ready', leases: 2, server: 'bastion' }])
    const other = await pool.acquire({ server: specOf(sshd, { keepaliveSeconds: 7 }), hops: [] }, options())
    expect(other.session).not.toBe(one.session)
    await pool.close()
    expect(pool.sessions()).toEqual([])
  })

  it('lets every joiner fail when the dial they share fails, and dials anew after that', async () => {
    const world = makeWorld({ answer: () => ({ kind: 'host-key', decision: 'reject' }) })
    const pool = createSessionPool({ ports: world.ports })
    const route = { server: specOf(sshd), hops: [] }
    const both = await Promise.allSettled([pool.acquire(route, options()), pool.acquire(route, options())])
    expect(both.map((each) => each.status === 'rejected' && (each.reason as { code: string }).code)).toEqual([
      'ssh.host-key-rejected',
      'ssh.host-key-rejected',
    ])
    expect(world.asked).toHaveLength(1)
    world.answer = () => ({ kind: 'host-key', decision: 'once' })
    await pool.acquire(route, options())
    await pool.close()
  })

  it('keeps dialling for the others when one caller leaves', async () => {
    const controller = new AbortController()
    const left = new Error('left')
    const world = makeWorld({
      answer: () => {
        controller.abort(left)
        return { kind: 'host-key', decision: 'once' }
      },
    })
    const pool = createSessionPool({ ports: world.ports })
    const route = { server: specOf(sshd), hops: [] }
    const leaving = pool.acquire(route, options({ signal: controller.signal }))
    const staying = pool.acquire(route, options())
    await expect(leaving).rejects.toBe(left)
    expect(await (await staying).session.probe(5000)).toBe(true)
    await pool.close()
  })

  it('closes a session a while after the last lease, and keeps it when somebody comes back', async () => {
    const pool = createSessionPool({ ports: makeWorld().ports, lingerMs: 50 })
    const route = { server: specOf(sshd), hops: [] }
    const first = await pool.acquire(route, options())
    first.release()
    const second = await pool.acquire(route, options())
    expect(second.session).toBe(first.session)
    second.release()
    second.release()
    expect(await second.session.closed).toEqual({ error: null })
    expect(pool.sessions()).toEqual([])
    await pool.close()
  })

  it('reports the phases of a start in order', async () => {
    const pool = createSessionPool({ ports: makeWorld().ports })
    const seen = options()
    await pool.acquire({ server: specOf(sshd, { host: 'localhost' }), hops: [] }, seen)
    expect(seen.phases.filter((phase, i) => phase !== seen.phases[i - 1])).toEqual([
      'resolving',
      'connecting',
      'verifying',
      'authenticating',
      'ready',
    ])
    await pool.close()
  })
})
