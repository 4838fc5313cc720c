/** The daemon's socket: for this user alone. */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { WarrenError } from '@shared/errors'
import type { Places } from '../places'
import { ensurePrivateFolder } from '../store/index'
import { createPeer, type Peer, type PeerOptions } from './peer'

const MAX_CLIENTS = 500

export interface RpcServer {
  readonly peers: () => readonly Peer[]
  readonly close: () => Promise<void>
}

/**
 * Listens on the socket of the data folder. The caller holds the folder's lock, so a socket that lies there is a dead daemon's.
 *
 * The socket is never open to others: its folder is 0700 before it exists, and it is 0600 itself.
 */
export async function listenRpc(places: Places, options: PeerOptions): Promise<RpcServer> {
  if (places.socketFolder !== null) {
    ensurePrivateFolder(places.socketFolder)
    rmSync(places.socket, { force: true })
  }
  const peers = new Set<Peer>()
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    const peer = createPeer(socket, options)
    peers.add(peer)
    peer.onClose(() => peers.delete(peer))
  })
  server.maxConnections = MAX_CLIENTS
  await listen(server, places)
  if (places.socketFolder !== null) chmodSync(places.socket, 0o600)
  return {
    peers: () => [...peers],
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const peer of peers) peer.close()
      await closed
    },
  }
}

function listen(server: Server, places: Places): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new WarrenError('store.unwritable', `The socket ${places.socket} cannot be made: ${error.message}`, {
          fix: 'Choose another data folder with WARREN_HOME.',
          field: places.socket,
          cause: error,
        }),
      )
    })
    server.listen(places.socket, () => resolve())
  })
}
