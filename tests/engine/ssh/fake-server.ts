/** ssh2's own server, for logins and misbehaviour that sshd cannot be made to show. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AuthContext, type Connection } from 'ssh2'
import { makeKey } from '../../support/sshd'

export interface FakeServer {
  readonly port: number
  readonly connections: () => number
  readonly close: () => Promise<void>
}

export async function startFakeServer(
  onAuth: (context: AuthContext) => void,
  onReady: (connection: Connection) => void = () => undefined,
  onConnection: (connection: Connection) => void = () => undefined,
): Promise<FakeServer> {
  // Made by ssh-keygen: about one in 250 of the keys that ssh2 generates cannot be read back.
  const folder = mkdtempSync(join(tmpdir(), 'warren-fake-'))
  makeKey(join(folder, 'host'), 'ed25519')
  const hostKey = readFileSync(join(folder, 'host'))
  rmSync(folder, { recursive: true })
  const open = new Set<Connection>()
  let total = 0
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    total += 1
    open.add(connection)
    onConnection(connection)
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
