/** An SSH server that takes one password and opens direct-tcpip channels: sshd would need an account of this machine. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { makeKey } from './sshd'

export interface PasswordServer {
  readonly port: number
  /** Takes another password from now on. */
  readonly setPassword: (password: string) => void
  /** How many passwords were offered, right and wrong. */
  readonly offered: () => number
  readonly stop: () => Promise<void>
}

export async function startPasswordServer(password: string): Promise<PasswordServer> {
  const folder = mkdtempSync(join(tmpdir(), 'warren-password-'))
  makeKey(join(folder, 'host'), 'ed25519')
  const hostKey = readFileSync(join(folder, 'host'))
  rmSync(folder, { recursive: true })
  const open = new Set<ssh2.Connection>()
  let right = password
  let offered = 0
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    open.add(connection)
    connection.on('error', () => undefined)
    connection.on('close', () => open.delete(connection))
    connection.on('authentication', (context) => {
      if (context.method !== 'password') {
        context.reject(['password'])
        return
      }
      offered += 1
      if (context.password === right) context.accept()
      else context.reject(['password'])
    })
    connection.on('tcpip', (accept, reject, info) => {
      const socket = connect(info.destPort, info.destIP)
      socket.once('error', () => {
        reject()
      })
      socket.once('connect', () => {
        const channel = accept()
        channel.on('error', () => socket.destroy())
        channel.pipe(socket).pipe(channel)
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    setPassword: (next) => {
      right = next
    },
    offered: () => offered,
    stop: async () => {
      for (const connection of open) connection.end()
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
      })
    },
  }
}
