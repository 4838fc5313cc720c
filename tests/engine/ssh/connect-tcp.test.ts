import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { connectTcp, type Address, type ConnectOptions } from '../../../src/engine/ssh/_connect-tcp'
import { checkLeaks } from '../../support/leaks'
import { freePort } from '../../support/free-port'
import { faultOf } from './harness'

const four = (...addresses: string[]): Address[] => addresses.map((address) => ({ address, family: 4 }))
const six = (...addresses: string[]): Address[] => addresses.map((address) => ({ address, family: 6 }))

function reach(change: Partial<ConnectOptions> & { port: number }): Promise<{ socket: Socket }> {
  const { port, host = 'db.example' } = change
  const what = `bastion (${host}:${port})`
  const options = { host, what, timeoutMs: 5000, signal: new AbortController().signal, ...change }
  return connectTcp(options, (to) => ({ socket: connect(to) }))
}

/** At a port that no client is given, and where nobody listens at the other addresses of loopback. */
async function listenAt(host: string): Promise<Server> {
  const port = await freePort()
  const server = createServer((socket) => socket.on('error', () => undefined).resume())
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

async function end(server: Server, ...sockets: Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy()
  server.close()
  await once(server, 'close')
}

/** A port that never answers: nobody accepts there, and its queue is full. */
async function startMute(host: string, port: number): Promise<() => Promise<void>> {
  const script = `require('net').createServer().listen({ host: '${host}', port: ${port}, backlog: 1 }, () => {
    require('fs').writeSync(1, 'ready'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const filling = [1, 2].map(() => connect(port, host))
  await Promise.all(filling.map((socket) => once(socket, 'connect')))
  return async () => {
    for (const socket of filling) socket.on('error', () => undefined).destroy()
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}

describe('the addresses of a name', () => {
  checkLeaks()

  it('are tried until one answers', async () => {
    const server = await listenAt('127.0.0.3')
    const resolve = async (): Promise<Address[]> => four('127.0.0.1', '127.0.0.2', '127.0.0.3')
    const { socket } = await reach({ port: portOf(server), resolve })
    expect(socket.remoteAddress).toBe('127.0.0.3')
    await end(server, socket)
  })

  it('are tried beside one that does not answer, and the first to connect wins', async () => {
    const server = await listenAt('127.0.0.3')
    const stopMute = await startMute('127.0.0.2', portOf(server))
    const resolve = async (): Promise<Address[]> => four('127.0.0.2', '127.0.0.3')
    const { socket } = await reach({ port: portOf(server), resolve })
    expect(socket.remoteAddress).toBe('127.0.0.3')
    await end(server, socket)
    await stopMute()
  })

  it('are all named when none answers, each with its reason', async () => {
    const port = await freePort()
    const resolve = async (): Promise<Address[]> => [...four('127.0.0.1', '127.0.0.2'), ...six('::1')]
    const fault = await faultOf(reach({ port, resolve }))
    expect(fault).toMatchObject({
      code: 'ssh.unreachable',
      // The families take turns.
      message:
        `bastion (db.example:${port}) cannot be reached: 127.0.0.1 port ${port}: connection refused; ` +
        `::1 port ${port}: connection refused; 127.0.0.2 port ${port}: connection refused.`,
      fix: 'Is the port right, and is an SSH server running there?',
    })
  })

  it('are named with what became of them when the time is over', async () => {
    const port = await freePort()
    const stopMute = await startMute('127.0.0.2', port)
    const resolve = async (): Promise<Address[]> => four('127.0.0.1', '127.0.0.2')
    expect(await faultOf(reach({ port, resolve, timeoutMs: 2000 }))).toMatchObject({
      code: 'ssh.timeout',
      message:
        `bastion (db.example:${port}) did not answer within 2 s ` +
        `(127.0.0.1 port ${port}: connection refused; 127.0.0.2 port ${port}: no answer).`,
    })
    await stopMute()
  })

  it('are those of the wanted family only', async () => {
    const server = await listenAt('::1')
    const port = portOf(server)
    const asked: number[] = []
    const resolve = async (_name: string, family: number): Promise<Address[]> => {
      asked.push(family)
      return six('::1')
    }
    const { socket } = await reach({ port, resolve, family: 'inet6' })
    expect(asked).toEqual([6])
    expect(await faultOf(reach({ port, host: '::1', family: 'inet' }))).toMatchObject({
      code: 'spec.invalid',
      field: 'addressFamily',
    })
    await end(server, socket)
  })

  it('say so when the name does not come in time', async () => {
    const never = new Promise<never>(() => undefined)
    expect(await faultOf(reach({ port: 22, resolve: () => never, timeoutMs: 50 }))).toMatchObject({
      code: 'ssh.dns',
      field: 'host',
    })
  })

  it('are given up at once when nobody wants them any more', async () => {
    const port = await freePort()
    const stopMute = await startMute('127.0.0.2', port)
    const controller = new AbortController()
    const left = new Error('left')
    const onResolved = (): void => {
      controller.abort(left)
    }
    const resolve = async (): Promise<Address[]> => four('127.0.0.2')
    await expect(reach({ port, resolve, signal: controller.signal, onResolved })).rejects.toBe(left)
    await stopMute()
  })
})

describe('the address to dial from', () => {
  checkLeaks()

  it('is the one that was written', async () => {
    const server = await listenAt('127.0.0.1')
    const { socket } = await reach({ port: portOf(server), host: '127.0.0.1', sourceAddress: '127.0.0.9' })
    expect(socket.localAddress).toBe('127.0.0.9')
    await end(server, socket)
  })

  it('is to blame when this machine does not have it', async () => {
    expect(await faultOf(reach({ port: 22, host: '127.0.0.1', sourceAddress: '192.0.2.77' }))).toMatchObject({
      code: 'ssh.unreachable',
      message: expect.stringContaining('this machine cannot dial from 192.0.2.77') as string,
      field: 'sourceAddress',
    })
  })

  it('is to blame when it is of another family than every address of the server', async () => {
    expect(await faultOf(reach({ port: 22, host: '127.0.0.1', sourceAddress: '::1' }))).toMatchObject({
      code: 'ssh.unreachable',
      field: 'sourceAddress',
    })
  })
})
