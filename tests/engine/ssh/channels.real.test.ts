import { once } from 'node:events'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SshSession } from '../../../src/engine/ssh/types'
import { sayResets } from '../../../src/engine/tcp'
import { freePort } from '../../support/free-port'
import { checkLeaks } from '../../support/leaks'
import { startSshd, type Sshd } from '../../support/sshd'
import {
  dialLocal,
  digest,
  faultOf,
  listen,
  listenEcho,
  listenForward,
  makeWorld,
  sendNoise,
  serverSpec,
  specOf,
  useBareClients,
  withSession,
} from './harness'

const MEBIBYTE = 1024 * 1024
const STEP = Buffer.alloc(MEBIBYTE / 4, 's')
/** Of probes: what has not moved meanwhile does not move. */
const ROUND_TRIPS = 20

describe.each([
  { ends: 'Node sockets', bare: false },
  { ends: 'bare handles', bare: true },
])('channels through a real sshd, with $ends', ({ bare }) => {
  checkLeaks()
  let sshd: Sshd
  beforeAll(async () => {
    useBareClients(bare)
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())

  it('carries bytes both ways unchanged and counts them', async () => {
    await withSession(specOf(sshd), async (session) => {
      const echo = await listenEcho()
      const forward = await listenForward(session, { host: '127.0.0.1', port: echo.port })
      const client = await dialLocal(forward.port)
      const [sent, received] = await Promise.all([sendNoise(client, 20 * MEBIBYTE), digest(client)])
      expect(received).toEqual({ bytes: 20 * MEBIBYTE, sha256: sent })
      expect(forward.counter).toEqual({ bytesUp: 20 * MEBIBYTE, bytesDown: 20 * MEBIBYTE })
      expect(await forward.results[0]).toEqual({ error: null, reason: 'closed' })
      await forward.close()
      await echo.close()
    })
  })

  it('leaves the other direction open when one ends', async () => {
    const target = await listen((socket) => {
      socket.resume()
      socket.on('end', () => {
        socket.end('after your end')
      })
    })
    await withSession(specOf(sshd), async (session) => {
      const forward = await listenForward(session, { host: '127.0.0.1', port: target.port })
      const client = await dialLocal(forward.port)
      client.end('question')
      const chunks: Buffer[] = []
      for await (const chunk of client) chunks.push(chunk as Buffer)
      expect(Buffer.concat(chunks).toString()).toBe('after your end')
      await forward.results[0]
      await forward.close()
    })
    await target.close()
  })

  it('ends the target when the client resets', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    const target = await listen((socket) => {
      // A reset is an end too; `once` would reject with it.
      closed = new Promise((resolve) => socket.once('close', resolve))
      socket.on('end', () => socket.end())
      socket.resume()
      socket.write('hello')
    })
    await withSession(specOf(sshd), async (session) => {
      const forward = await listenForward(session, { host: '127.0.0.1', port: target.port })
      const client = await dialLocal(forward.port)
      await once(client, 'data')
      client.resetAndDestroy()
      await closed
      const result = await forward.results[0]
      expect(result?.error).toMatchObject({ code: 'ECONNRESET' })
      await forward.close()
    })
    await target.close()
  })

  it('takes a reset right behind data for no orderly end', async () => {
    const target = await listen((socket) => {
      socket.on('end', () => socket.end())
      socket.resume()
      socket.write('hello')
    })
    await withSession(specOf(sshd), async (session) => {
      const forward = await listenForward(session, { host: '127.0.0.1', port: target.port })
      const client = await dialLocal(forward.port)
      await once(client, 'data')
      client.write(Buffer.alloc(100), () => client.resetAndDestroy())
      expect(await forward.results[0]).toMatchObject({ reason: 'reset', error: { code: 'ECONNRESET' } })
      await forward.close()
    })
    await target.close()
  })

  /** A client that does not read, and has yet to get the rest of all that the server said before it ended. */
  async function withUnreadRest(
    session: SshSession,
    use: (rest: { client: Socket; said: number; forward: Awaited<ReturnType<typeof listenForward>> }) => Promise<void>,
  ): Promise<void> {
    const comers: Socket[] = []
    const target = await listen((socket) => comers.push(socket))
    const forward = await listenForward(session, { host: '127.0.0.1', port: target.port })
    const client = await dialLocal(forward.port)
    client.pause()
    const until = async (test: () => boolean): Promise<void> => {
      while (!test()) if (!(await session.probe(5000))) throw new Error('The session is gone')
    }
    await until(() => comers.length > 0 && forward.ends.length > 0)
    const [server] = comers
    const [end] = forward.ends
    let said = 0
    const staysBackedUp = async (): Promise<boolean> => {
      for (let round = 0; round < ROUND_TRIPS && end?.backedUp === true; round += 1) await session.probe(5000)
      return end?.backedUp === true
    }
    // Until the kernel takes no more for it, also when it had the time to; the window has room for a step and for the end.
    do {
      server?.write(STEP)
      said += STEP.length
      await until(() => forward.counter.bytesDown === said)
    } while (!(await staysBackedUp()))
    server?.end()
    await until(() => end?.writable === false)
    await use({ client, said, forward })
    await forward.close()
    await target.close()
  }

  it('passes on what the server said before its EOF, also when the session ends then', async () => {
    const mortal = await startSshd()
    await withSession(specOf(mortal), async (session) => {
      await withUnreadRest(session, async ({ client, said, forward }) => {
        mortal.kill('SIGKILL')
        await session.closed
        expect((await digest(client)).bytes).toBe(said)
        expect(await forward.results[0]).toMatchObject({ error: { code: 'ssh.closed' } })
      })
    })
    await mortal.stop()
  })

  it('does not end a download in order that is cut short here', async () => {
    await withSession(specOf(sshd), async (session) => {
      await withUnreadRest(session, async ({ client, forward }) => {
        forward.ends[0]?.reset()
        sayResets(client)
        await expect(digest(client)).rejects.toMatchObject({ code: 'ECONNRESET' })
      })
    })
  })

  it('holds a sender back when the receiver stalls, and loses nothing', async () => {
    const total = 48 * MEBIBYTE
    const target = await listen((socket) => {
      void sendNoise(socket, total).catch(() => undefined)
    })
    await withSession(specOf(sshd), async (session) => {
      const forward = await listenForward(session, { host: '127.0.0.1', port: target.port })
      const client = await dialLocal(forward.port)
      client.pause()
      // The forward has stalled when its counter stands still over several round trips.
      let before = -1
      while (forward.counter.bytesDown !== before) {
        before = forward.counter.bytesDown
        for (let round = 0; round < ROUND_TRIPS; round++) await session.probe(5000)
      }
      expect(before).toBeLessThan(24 * MEBIBYTE)
      const received = await digest(client)
      expect(received.bytes).toBe(total)
      client.destroy()
      await forward.close()
    })
    await target.close()
  })

  it('says why a target cannot be reached', async () => {
    await withSession(specOf(sshd), async (session) => {
      const origin = { host: '127.0.0.1', port: 1 }
      const closedPort = { host: '127.0.0.1', port: await freePort() }
      expect(await faultOf(session.openChannel(closedPort, origin))).toMatchObject({ code: 'target.refused' })
      const nowhere = { host: 'no-such-host.invalid', port: 80 }
      expect(await faultOf(session.openChannel(nowhere, origin))).toMatchObject({ code: 'target.unresolvable' })
    })
  })

  it('asks for new keys itself when its limit is reached, and keeps carrying', async () => {
    const patient = await startSshd({ config: ['LogLevel DEBUG1'] })
    const config = { rekeyLimit: { bytes: 8 * MEBIBYTE, seconds: 0 } }
    await withSession({ ...specOf(patient), config }, async (session) => {
      const echo = await listenEcho()
      const forward = await listenForward(session, { host: '127.0.0.1', port: echo.port })
      const client = await dialLocal(forward.port)
      const [sent, received] = await Promise.all([sendNoise(client, 64 * MEBIBYTE), digest(client)])
      expect(received.sha256).toBe(sent)
      await forward.results[0]
      await forward.close()
      await echo.close()
    })
    expect(patient.log().match(/SSH2_MSG_KEXINIT received/g)?.length ?? 0).toBeGreaterThan(1)
    await patient.stop()
  })

  it('keeps carrying while sshd changes keys under load', async () => {
    const rekeying = await startSshd({ config: ['RekeyLimit 2M'] })
    await withSession(specOf(rekeying), async (session) => {
      const echo = await listenEcho()
      const forward = await listenForward(session, { host: '127.0.0.1', port: echo.port })
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          const client = await dialLocal(forward.port)
          const [sent, received] = await Promise.all([sendNoise(client, 12 * MEBIBYTE), digest(client)])
          expect(received.sha256).toBe(sent)
        }),
      )
      await forward.close()
      await echo.close()
    })
    await rekeying.stop()
  })

  it('listens on the server, says which port it got, and hands each connection to its own listener', async () => {
    await withSession(specOf(sshd), async (session) => {
      const words = await Promise.all(
        ['one', 'two'].map(async (word) => {
          const remote = await session.listenRemote({ host: '127.0.0.1', port: 0 }, (incoming) => {
            const channel = incoming.accept()
            // The session may end before sshd has closed its end.
            channel.on('error', () => undefined)
            channel.end(word)
          })
          if (!('port' in remote.bound)) throw new Error('no port')
          expect(remote.bound.port).toBeGreaterThan(0)
          const client = await dialLocal(remote.bound.port, false)
          const chunks: Buffer[] = []
          for await (const chunk of client) chunks.push(chunk as Buffer)
          await remote.close()
          return Buffer.concat(chunks).toString()
        }),
      )
      expect(words).toEqual(['one', 'two'])
    })
  })

  it('joins an incoming connection with a socket here', async () => {
    const echo = await listenEcho()
    await withSession(specOf(sshd), async (session) => {
      const counter = { bytesUp: 0, bytesDown: 0 }
      const remote = await session.listenRemote({ host: '127.0.0.1', port: 0 }, (incoming) => {
        expect(incoming.origin?.host).toBe('127.0.0.1')
        void dialLocal(echo.port).then((socket) => incoming.spliceTo(socket, counter))
      })
      if (!('port' in remote.bound)) throw new Error('no port')
      const client = await dialLocal(remote.bound.port)
      const [sent, received] = await Promise.all([sendNoise(client, 4 * MEBIBYTE), digest(client)])
      expect(received.sha256).toBe(sent)
      await remote.close()
    })
    await echo.close()
  })

  it('tells a taken port on the server from a server that forbids listening', async () => {
    const taken = await listenEcho()
    await withSession(specOf(sshd), async (session) => {
      const at = { host: '127.0.0.1', port: taken.port }
      expect(await faultOf(session.listenRemote(at, () => undefined))).toMatchObject({
        code: 'forward.remote-port-in-use',
      })
    })
    const strict = await startSshd({ config: ['AllowTcpForwarding no'] })
    await withSession(specOf(strict), async (session) => {
      const at = { host: '127.0.0.1', port: taken.port }
      expect(await faultOf(session.listenRemote(at, () => undefined))).toMatchObject({ code: 'forward.refused' })
      const open = session.openChannel(at, { host: '127.0.0.1', port: 1 })
      const fault = await faultOf(open)
      expect(fault).toMatchObject({ code: 'forward.refused' })
      expect(fault.fix).toContain('AllowTcpForwarding')
    })
    await strict.stop()
    await taken.close()
  })

  it('reaches and offers Unix sockets', async () => {
    const path = join(sshd.dir, 'remote.sock')
    await withSession(specOf(sshd), async (session) => {
      const remote = await session.listenRemote({ path }, (incoming) => {
        const channel = incoming.accept()
        channel.on('error', () => undefined)
        channel.pipe(channel)
      })
      const forward = await listenForward(session, { path })
      const client = await dialLocal(forward.port)
      const [sent, received] = await Promise.all([sendNoise(client, MEBIBYTE), digest(client)])
      expect(received.sha256).toBe(sent)
      await forward.close()
      await remote.close()
    })
  })

  it('goes through a jump host, each hop with its own login', async () => {
    const inner = await startSshd()
    const { createSessionPool } = await import('../../../src/engine/ssh')
    const world = makeWorld()
    const pool = createSessionPool({ ports: world.ports })
    const hop = specOf(sshd, { id: 'hop', name: 'hop' })
    const server = serverSpec({ port: inner.port, id: 'inner', name: 'inner', identityFiles: [inner.clientKey] })
    const lease = await pool.acquire(
      { server, hops: [hop] },
      { signal: new AbortController().signal, onPhase: () => undefined },
    )
    expect(world.pins.map((pin) => pin.host)).toEqual([`[127.0.0.1]:${sshd.port}`, `[127.0.0.1]:${inner.port}`])
    const echo = await listenEcho()
    const forward = await listenForward(lease.session, { host: '127.0.0.1', port: echo.port })
    const client = await dialLocal(forward.port)
    const [sent, received] = await Promise.all([sendNoise(client, 8 * MEBIBYTE), digest(client)])
    expect(received.sha256).toBe(sent)
    expect(pool.sessions().map((session) => session.leases)).toEqual([1, 1])
    await forward.close()
    await pool.close()
    await echo.close()
    await inner.stop()
  })

  it('ends every connection when the server dies, with the reason', async () => {
    const mortal = await startSshd()
    await withSession(specOf(mortal), async (session) => {
      const echo = await listenEcho()
      const forward = await listenForward(session, { host: '127.0.0.1', port: echo.port })
      const client = await dialLocal(forward.port)
      client.write('x')
      await once(client, 'data')
      const gone = once(client, 'close').catch(() => undefined)
      client.on('error', () => undefined)
      mortal.kill('SIGKILL')
      const end = await session.closed
      expect(end.error).toMatchObject({ code: 'ssh.closed' })
      expect(await forward.results[0]).toMatchObject({ error: { code: 'ssh.closed' } })
      await gone
      await forward.close()
      await echo.close()
    })
    await mortal.stop()
  })

  it('finds a silent server by its keepalives', async () => {
    const silent = await startSshd()
    await withSession(specOf(silent, { keepaliveSeconds: 1, keepaliveCount: 2 }), async (session) => {
      silent.kill('SIGSTOP')
      const end = await session.closed
      expect(end.error).toMatchObject({ code: 'ssh.keepalive-timeout' })
      silent.kill('SIGCONT')
    })
    await silent.stop()
  })
})

describe('the keepalives of a session', () => {
  checkLeaks()
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())

  it('do not take long turns of its own for the silence of the server', async () => {
    const keepaliveSeconds = 0.5
    const interval = keepaliveSeconds * 1000
    await withSession(specOf(sshd, { keepaliveSeconds, keepaliveCount: 1 }), async (session) => {
      for (let turn = 0; turn < 3; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, interval))
        // What was asked is on its way, and is answered while nobody can read it.
        await new Promise((resolve) => setImmediate(resolve))
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * interval)
      }
      expect(await session.probe(5000)).toBe(true)
    })
  })
})
