/** ssh2's own server, for logins and misbehaviour that sshd cannot be made to show. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import ssh2, { type AuthContext, type Connection } from 'ssh2'

export interface FakeServer {
  readonly port: number
  readonly connections: () => number
  readonly close: () => Promise<void>
}

export async function startFakeServer(
  onAuth: (context: AuthContext) => void,
  onReady: (connection: Connection) => void = () => undefined,
): Promise<FakeServer> {
  const hostKey = ssh2.utils.generateKeyPairSync('ed25519').private
  const open = new Set<Connection>()
  let total = 0
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    total += 1
    open.add(connection)
    connection.on('error', () => undefined)
    connection.on('close', () => open.delete(connection))
    connection.on('authentication', onAuth)
    connection.on('ready', () => {
      onReady(connection)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => total,
    close: async () => {
      for (const connection of open) connection.end()
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
      })
    },
  }
}
