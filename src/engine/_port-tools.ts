/** macOS and Windows: sockets and their programs from the system's own tools. Best effort: an unread answer is no answer. */
import { execFile } from 'node:child_process'
import type { PortHolder } from '@shared/snapshots'
import type { Program } from './_proc-net'

const TOOL_TIMEOUT_MS = 3000
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

/** Who listens on a port, by `lsof` (macOS). */
export async function holderByLsof(port: number, protocol: 'tcp' | 'udp'): Promise<PortHolder | null> {
  const which = protocol === 'tcp' ? [`-iTCP:${port}`, '-sTCP:LISTEN'] : [`-iUDP:${port}`]
  return parseLsof(await run('lsof', ['-nP', ...which, '-Fpc']))
}

/** Exported for tests: `p812\ncpostgres\n…` (lsof(8), OUTPUT FOR OTHER PROGRAMS). */
export function parseLsof(text: string): PortHolder | null {
  const pid = /^p(\d+)$/m.exec(text)?.[1]
  if (pid === undefined) return null
  return { pid: Number(pid), process: /^c(.+)$/m.exec(text)?.[1] ?? null }
}

/** The clients connected to `serverPort` here, by their own port (macOS). */
export async function clientsByLsof(serverPorts: ReadonlySet<number>): Promise<ReadonlyMap<number, Program>> {
  const text = await run('lsof', ['-nP', '-iTCP', '-sTCP:ESTABLISHED', '-Fpcn'])
  return parseLsofClients(text, serverPorts)
}

/** Exported for tests. */
export function parseLsofClients(text: string, serverPorts: ReadonlySet<number>): ReadonlyMap<number, Program> {
  const clients = new Map<number, Program>()
  let pid = 0
  let name = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('p')) pid = Number(line.slice(1))
    else if (line.startsWith('c')) name = line.slice(1)
    else if (line.startsWith('n')) {
      const ends = /:(\d+)->.*:(\d+)$/.exec(line)
      if (ends !== null && serverPorts.has(Number(ends[2]))) clients.set(Number(ends[1]), { pid, name })
    }
  }
  return clients
}

/** Who listens on a port, by `netstat` and `tasklist` (Windows). */
export async function holderByNetstat(port: number, protocol: 'tcp' | 'udp'): Promise<PortHolder | null> {
  const text = await run('netstat', ['-ano', '-p', protocol.toUpperCase()])
  const pid = protocol === 'tcp' ? parseNetstat(text, port) : parseNetstatUdp(text, port)
  if (pid === null) return null
  const row = /^"([^"]+)"/.exec(await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']))
  return { pid, process: row?.[1] ?? null }
}

/** Exported for tests. The word for the state is translated on some systems, so a listener is known by its peer `…:0`. */
export function parseNetstat(text: string, port: number): number | null {
  for (const line of text.split('\n')) {
    const [protocol, local, remote, , pid] = line.trim().split(/\s+/)
    if (protocol === 'TCP' && local?.endsWith(`:${port}`) === true && remote?.endsWith(':0') === true) {
      return pid === undefined ? null : Number(pid)
    }
  }
  return null
}

/** Exported for tests: rows of UDP have no state, and `*:*` for a peer. */
export function parseNetstatUdp(text: string, port: number): number | null {
  for (const line of text.split('\n')) {
    const [protocol, local, , pid] = line.trim().split(/\s+/)
    if (protocol === 'UDP' && local?.endsWith(`:${port}`) === true) return pid === undefined ? null : Number(pid)
  }
  return null
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { timeout: TOOL_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true },
      // lsof ends with 1 when it found only some of what was asked.
      (_error, stdout) => {
        resolve(stdout)
      },
    )
  })
}
