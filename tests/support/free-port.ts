/**
 * Ports that nobody holds now, and that nobody is given by chance before the test takes them.
 *
 * They are below those that the system hands out, to clients and to who asks for port 0: on a busy machine one of those is often gone
 * between the look and the use, and so is its neighbour.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** How many ports are drawn from. */
const SPAN = 8000
/** IANA's, where the system does not say (RFC 6335, 6). */
const FIRST_DYNAMIC_PORT = 49_152

/** The first of so many ports in a row, drawn at random; whether they are free shows when they are taken. */
export function quietPort(count = 1): number {
  for (;;) {
    const first = firstOfSpan + Math.floor(Math.random() * (SPAN - count))
    if (Array.from({ length: count }, (_, at) => first + at).every(claim)) return first
  }
}

export function freePort(host = '127.0.0.1'): Promise<number> {
  return draw((port) => isFree(host, port))
}

/** The same for datagrams. */
export function freeUdpPort(host = '127.0.0.1'): Promise<number> {
  return draw((port) => isUdpFree(host, port))
}

// --- internal ---

/** A file for each port that a process was given, with its number: it is free again when that one has ended. */
const CLAIMS = join(tmpdir(), `warren-test-ports-${userInfo().uid}`)
const claimed = new Set<number>()

async function draw(free: (port: number) => Promise<boolean>): Promise<number> {
  for (;;) {
    const port = quietPort()
    if (await free(port)) return port
  }
}

/** None is given twice, to any test that runs: it may not be held yet, or be meant to stay free. */
function claim(port: number): boolean {
  if (claimed.has(port)) return false
  mkdirSync(CLAIMS, { recursive: true })
  const file = join(CLAIMS, String(port))
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (isAlive(Number(readFileSync(file, 'utf8')))) return false
    writeFileSync(file, String(process.pid))
  }
  claimed.add(port)
  return true
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const firstOfSpan = firstHandedOut() - SPAN

function firstHandedOut(): number {
  try {
    // Linux: ip(7), ip_local_port_range.
    const [first = NaN] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number)
    return first > 2 * SPAN ? first : FIRST_DYNAMIC_PORT
  } catch {
    return FIRST_DYNAMIC_PORT
  }
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer().listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}

function isUdpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    socket.bind(port, host, () => socket.close(() => resolve(true)))
  })
}
