/** Local ports: who holds one, which is free, and which program is behind a client. Best effort; nothing here throws. */
import { createSocket } from 'node:dgram'
import { createServer, isIPv4 } from 'node:net'
import { MAX_PORT } from '@shared/specs'
import { clientsByLsof, holderByLsof, holderByNetstat } from './_port-tools'
import { programsOf, socketRows, type Program, type SocketRow } from './_proc-net'
import type { LocalPorts } from './types'

/** How far {@link LocalPorts.nextFree} looks. */
const MAX_TRIES = 200

export interface ClientSocket {
  /** The client's own port. */
  readonly clientPort: number
  /** The port here that it is connected to. */
  readonly serverPort: number
}

/** What the engine asks of the system about ports. */
export interface SystemPorts extends LocalPorts {
  /** The programs behind clients on this machine, by the client's port. One look for all. */
  readonly programsBehind: (clients: readonly ClientSocket[]) => Promise<ReadonlyMap<number, Program>>
}

export function createLocalPorts(platform: NodeJS.Platform = process.platform): SystemPorts {
  return {
    holderOf: async (port, protocol = 'tcp') => {
      switch (platform) {
        case 'linux':
          return holderByProc(port, protocol)
        case 'win32':
          return holderByNetstat(port, protocol)
        default:
          return holderByLsof(port, protocol)
      }
    },
    nextFree: async (host, port, protocol = 'tcp') => {
      for (let candidate = port + 1; candidate <= Math.min(MAX_PORT, port + MAX_TRIES); candidate += 1) {
        if (await (protocol === 'tcp' ? isFree : isFreeUdp)(host, candidate)) return candidate
      }
      return null
    },
    programsBehind: async (clients) => {
      if (clients.length === 0) return new Map()
      switch (platform) {
        case 'linux':
          return clientsByProc(clients)
        case 'darwin':
          return clientsByLsof(new Set(clients.map(({ serverPort }) => serverPort)))
        default:
          return new Map()
      }
    },
  }
}

async function holderByProc(
  port: number,
  protocol: 'tcp' | 'udp',
): Promise<{ pid: number | null; process: string | null } | null> {
  // A UDP socket does not listen; one without a peer takes datagrams from everybody.
  const isHeld = ({ listening, remotePort }: SocketRow): boolean => (protocol === 'tcp' ? listening : remotePort === 0)
  const row = (await socketRows(protocol)).find((each) => isHeld(each) && each.localPort === port)
  if (row === undefined) return null
  const program = (await programsOf(new Set([row.inode]))).get(row.inode)
  // Another user's program: the port is held, but the system does not say by whom.
  return { pid: program?.pid ?? null, process: program?.name ?? null }
}

async function clientsByProc(clients: readonly ClientSocket[]): Promise<ReadonlyMap<number, Program>> {
  const serverPortOf = new Map(clients.map(({ clientPort, serverPort }) => [clientPort, serverPort]))
  const rows = (await socketRows()).filter((row) => serverPortOf.get(row.localPort) === row.remotePort)
  const programs = await programsOf(new Set(rows.map(({ inode }) => inode)))
  const found = new Map<number, Program>()
  for (const { localPort, inode } of rows) {
    const program = programs.get(inode)
    if (program !== undefined) found.set(localPort, program)
  }
  return found
}

/** Tried by listening: the only answer that counts. */
function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen({ host: host === '*' || host === '' ? '::' : host, port }, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}

function isFreeUdp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv4(host) ? 'udp4' : 'udp6')
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind({ address: host === '*' || host === '' ? '::' : host, port, exclusive: true }, () => {
      socket.close(() => {
        resolve(true)
      })
    })
  })
}
