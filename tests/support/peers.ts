/** SSH servers other than OpenSSH's, on free ports of loopback: dropbear, asyncssh, and ssh2's own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import { freePort } from './free-port'
import { makeKey } from './sshd'

const START_TIMEOUT_MS = 20_000
const POLL_MS = 50

export interface Peer {
  readonly port: number
  readonly username: string
  /** A private key that may log in. */
  readonly clientKey: string
  readonly log: () => string
  readonly stop: () => Promise<void>
}

/** dropbear takes authorized_keys from the home of the user only: it sees a password file with a home of the test's. */
export async function startDropbear(): Promise<Peer> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-dropbear-'))
  const clientKey = join(dir, 'client')
  makeKey(clientKey, 'ed25519')
  mkdirSync(join(dir, '.ssh'), { mode: 0o700 })
  copyFileSync(`${clientKey}.pub`, join(dir, '.ssh', 'authorized_keys'))
  const passwd = join(dir, 'passwd')
  writeFileSync(passwd, readFileSync('/etc/passwd', 'utf8').replace(/^root:.*$/m, `root:x:0:0::${dir}:/bin/sh`))
  execFileSync('dropbearkey', ['-t', 'ed25519', '-f', join(dir, 'host')], { stdio: 'ignore' })
  const port = await freePort()
  const dropbear = `exec dropbear -F -E -s -r ${join(dir, 'host')} -P ${join(dir, 'pid')} -p 127.0.0.1:${port}`
  const child = spawn('unshare', ['--mount', 'sh', '-c', `mount --bind ${passwd} /etc/passwd && ${dropbear}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return await started({ child, port, dir, clientKey })
}

const ASYNCSSH_SERVER = `
import asyncio, asyncssh, sys

class Server(asyncssh.SSHServer):
    def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
        return True
    def server_requested(self, listen_host, listen_port):
        return True

async def main():
    folder, port = sys.argv[1], int(sys.argv[2])
    await asyncssh.listen('127.0.0.1', port, server_factory=Server, server_host_keys=[folder + '/host'],
                          authorized_client_keys=folder + '/client.pub')
    await asyncio.Event().wait()

asyncio.run(main())
`

export async function startAsyncssh(): Promise<Peer> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-asyncssh-'))
  const clientKey = join(dir, 'client')
  makeKey(clientKey, 'ed25519')
  makeKey(join(dir, 'host'), 'ecdsa')
  const port = await freePort()
  const child = spawn('/usr/bin/python3', ['-c', ASYNCSSH_SERVER, dir, String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return await started({ child, port, dir, clientKey })
}

export async function startSsh2Server(): Promise<Peer> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-ssh2-'))
  const clientKey = join(dir, 'client')
  makeKey(clientKey, 'ed25519')
  makeKey(join(dir, 'host'), 'rsa')
  const open = new Set<Connection>()
  const server = new ssh2.Server({ hostKeys: [readFileSync(join(dir, 'host'))] }, (connection) => {
    open.add(connection)
    connection.on('error', () => undefined)
    connection.on('close', () => open.delete(connection))
    connection.on('authentication', (context) => {
      if (context.method === 'publickey') context.accept()
      else context.reject(['publickey'])
    })
    serveForwards(connection)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    username: 'root',
    clientKey,
    log: () => '',
    stop: async () => {
      for (const connection of open) connection.end()
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
      })
      rmSync(dir, { recursive: true })
    },
  }
}

// --- internal ---

/** Direct and forwarded channels over TCP (RFC 4254 §7), as the examples of ssh2 do it. */
function serveForwards(connection: Connection): void {
  const listeners = new Set<Server>()
  connection.on('close', () => {
    for (const listener of listeners) listener.close()
  })
  connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
    const socket = connect({ host: destIP, port: destPort, allowHalfOpen: true })
    socket.once('error', () => reject())
    socket.once('connect', () => {
      joinEnds(socket.removeAllListeners('error'), accept())
    })
  })

  connection.on('request', (accept, reject, name, info) => {
    if (name !== 'tcpip-forward') {
      if (name === 'cancel-tcpip-forward') accept?.()
      else reject?.()
      return
    }
    const { bindAddr, bindPort } = info
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      const { remoteAddress = '', remotePort = 0, localPort = 0 } = socket
      // A client may reset while its channel is being opened.
      socket.on('error', () => undefined)
      connection.forwardOut(bindAddr, localPort, remoteAddress, remotePort, (error, channel) => {
        if (error !== undefined) socket.destroy()
        else if (socket.destroyed) channel.close()
        else joinEnds(socket, channel)
      })
    })
    listeners.add(listener)
    listener.listen(bindPort, '127.0.0.1', () => {
      accept?.((listener.address() as AddressInfo).port)
    })
  })
}

/** ssh2's server closes a channel that is ended (RFC 4254 §5.3 wants it half open), so its end is only announced. */
function joinEnds(socket: Socket, channel: ServerChannel): void {
  channel.on('error', () => socket.destroy())
  socket.pipe(channel, { end: false })
  // What is still queued goes before, and the close after it: a client that reads slowly has yet to make room for it.
  socket.once('end', () => {
    channel.write('', () => {
      channel.eof()
      whenClosed(socket, () => channel.close())
    })
  })
  socket.once('error', () => channel.close())
  channel.pipe(socket)
  channel.once('close', () => socket.destroySoon())
}

function whenClosed(socket: Socket, then: () => void): void {
  if (socket.closed) then()
  else socket.once('close', then)
}

interface Starting {
  readonly child: ChildProcess
  readonly port: number
  readonly dir: string
  readonly clientKey: string
}

async function started({ child, port, dir, clientKey }: Starting): Promise<Peer> {
  let log = ''
  child.stderr?.on('data', (text: Buffer) => {
    log += text.toString()
  })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await accepts(port))) {
    const isOver = child.exitCode !== null || child.signalCode !== null
    if (isOver || Date.now() > deadline) throw new Error(`The server does not listen on ${port}: ${log}`)
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS)
    })
  }
  return {
    port,
    username: 'root',
    clientKey,
    log: () => log,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGTERM')
        await exited
      }
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    // It may go without a word: whoever took the connection ended first.
    socket.once('close', () => resolve(false))
    socket.once('data', () => {
      resolve(true)
      socket.destroy()
    })
  })
}
