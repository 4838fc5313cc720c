/** Listening on this machine, as `ssh -L` does: TCP on one or all addresses, or a Unix socket. */
import { lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'
import type { LocalPorts } from '../types'
import { takeHandles, type TcpHandle } from './handle'

/** A browser opens dozens at once, a load test thousands; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096
const PRIVILEGED_PORTS = 1024
/** Only its owner may use a socket that we make. */
const SOCKET_UMASK = 0o177
/** `sun_path` of unix(7) without its closing zero; the BSDs have four bytes less. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103

export interface LocalListener {
  /** With the chosen port when 0 was asked. */
  readonly bound: Endpoint
  /** Resolves when the port is free again. Idempotent. */
  readonly close: () => Promise<void>
}

export interface ListenOptions {
  readonly at: Endpoint
  readonly onSocket: (socket: Socket) => void
  /** Takes TCP clients without a Node stream around them, where that is possible. */
  readonly onHandle?: ((handle: TcpHandle) => void) | undefined
  readonly ports: LocalPorts
  /** The field that a taken port is written in; default `localPort`. */
  readonly portField?: string | undefined
  /** The field that the address is written in; default `bindAddress`. */
  readonly hostField?: string | undefined
  /** Permission bits taken from a Unix socket (ssh_config StreamLocalBindMask); default 0177. */
  readonly mask?: number | undefined
  /** A client could not be taken (no descriptors left); the listener goes on. */
  readonly onTrouble?: ((error: NodeJS.ErrnoException) => void) | undefined
}

/** Rejects with `port.in-use` (naming the holder), `port.forbidden` or `port.address-unavailable`. */
export async function listenHere(options: ListenOptions): Promise<LocalListener> {
  const { at } = options
  if ('path' in at) return listenAtPath(at.path, options)
  const [first, second] = addressesOf(at.host)
  const server = await listen({ host: first, port: at.port }, options)
  const port = (server.address() as AddressInfo).port
  const servers = [server]
  if (second !== undefined) {
    try {
      servers.push(await listen({ host: second, port }, options))
    } catch (error) {
      // ssh goes on with the addresses it got (a machine without IPv6); a port that somebody else holds there is
      // a conflict, and half an end for want of descriptors would be a lie.
      if (!(error instanceof WarrenError) || error.code !== 'port.address-unavailable') {
        await closeServer(server)
        throw error
      }
    }
  }
  return { bound: { host: at.host, port }, close: once(() => Promise.all(servers.map(closeServer))) }
}

// --- internal ---

/** `localhost` means both loopbacks, `*` and the empty string every address, as in ssh(1) -L. */
function addressesOf(host: string): readonly [string, string?] {
  switch (host.toLowerCase()) {
    case 'localhost':
      return ['127.0.0.1', '::1']
    case '*':
    case '':
      return ['0.0.0.0', '::']
    default:
      return [host]
  }
}

function listen(where: { host: string; port: number } | { path: string }, options: ListenOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, options.onSocket)
    server.once('error', (error: NodeJS.ErrnoException) => {
      void listenFault(error, options).then(reject)
    })
    const family = 'host' in where && where.host.includes(':') ? { ipv6Only: true } : {}
    const listening = (): void => {
      server.removeAllListeners('error')
      // What fails on a listener from now on (no descriptors left) concerns one client, not the forward.
      server.on('error', options.onTrouble ?? ((): void => undefined))
      if (options.onHandle !== undefined) takeHandles(server, options.onHandle)
      resolve(server)
    }
    // The file appears within the call, and nobody else may connect to it, not for a moment (ssh_config StreamLocalBindMask).
    const before = 'path' in where ? process.umask(options.mask ?? SOCKET_UMASK) : null
    server.listen({ ...where, ...family, backlog: BACKLOG }, listening)
    if (before !== null) process.umask(before)
  })
}

async function listenAtPath(path: string, options: ListenOptions): Promise<LocalListener> {
  // A longer one would be cut without a word, and the socket made elsewhere.
  if (process.platform !== 'win32' && Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new WarrenError('port.forbidden', `The path ${path} is too long for a socket.`, {
      fix: `A socket's path has at most ${MAX_PATH_BYTES} bytes. Choose a shorter one.`,
      field: 'bindAddress',
    })
  }
  try {
    await removeStaleSocket(path)
  } catch (error) {
    throw error instanceof WarrenError ? error : await listenFault(error as NodeJS.ErrnoException, options)
  }
  const server = await listen({ path }, options)
  return { bound: { path }, close: once(() => closeServer(server)) }
}

/** A socket file that nobody answers at is left over from a crash; anything else is not ours to remove. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new WarrenError('port.in-use', `${path} exists and is not a socket.`, {
      fix: 'Choose another path, or move the file away.',
      field: 'bindAddress',
    })
  }
  if (await answers(path)) {
    throw new WarrenError('port.in-use', `Another program listens at ${path}.`, {
      fix: 'Choose another path, or end that program.',
      field: 'bindAddress',
    })
  }
  unlinkSync(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}

async function listenFault(error: NodeJS.ErrnoException, options: ListenOptions): Promise<WarrenError> {
  const { at, ports, portField = 'localPort', hostField = 'bindAddress' } = options
  const where = formatEndpoint(at)
  const field = 'path' in at ? hostField : portField
  switch (error.code) {
    case 'EADDRINUSE':
      return 'path' in at ? pathTaken(at.path, error) : portTaken(at, { ports, field, cause: error })
    case 'EACCES':
    case 'EPERM':
      return new WarrenError('port.forbidden', `Warren may not listen on ${where}.`, {
        fix:
          'port' in at && at.port < PRIVILEGED_PORTS
            ? `Ports below ${PRIVILEGED_PORTS} belong to the system. Choose a higher one.`
            : 'Choose another one; the system keeps this one for itself.',
        field,
        cause: error,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return new WarrenError('port.address-unavailable', `This machine does not have the address of ${where}.`, {
        fix: 'Choose 127.0.0.1, * for every address, or an address of this machine.',
        field: hostField,
        cause: error,
      })
    default:
      return new WarrenError('port.forbidden', `Warren cannot listen on ${where}: ${error.message}.`, {
        field,
        cause: error,
      })
  }
}

function pathTaken(path: string, cause: Error): WarrenError {
  return new WarrenError('port.in-use', `${path} is in use.`, {
    fix: 'Choose another path.',
    field: 'bindAddress',
    cause,
  })
}

async function portTaken(
  at: { host: string; port: number },
  { ports, field, cause }: { ports: LocalPorts; field: string; cause: Error },
): Promise<WarrenError> {
  const ours = ports.ownerOf?.(at, 'tcp') ?? null
  const [holder, free] = await Promise.all([ports.holderOf(at.port), ports.nextFree(at.host, at.port)])
  const program =
    holder === null || (holder.process === null && holder.pid === null)
      ? 'another program'
      : `${holder.process ?? 'a program'}${holder.pid === null ? '' : `, pid ${holder.pid}`}`
  const instead = ours === null ? 'end that program' : 'stop it'
  return new WarrenError('port.in-use', `Port ${at.port} is held by ${ours ?? program}.`, {
    fix: free === null ? 'Choose another port.' : `Use ${free} instead, or ${instead}.`,
    field,
    remedy: free === null ? null : { action: 'use-port', port: free },
    cause,
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
  })
}

function once(close: () => Promise<unknown>): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => (closing ??= close().then(() => undefined))
}
