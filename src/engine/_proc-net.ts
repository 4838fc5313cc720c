/** Linux: sockets and their programs from /proc (proc(5): /proc/net/tcp, /proc/[pid]/fd). */
import { readdir, readFile, readlink } from 'node:fs/promises'

export interface SocketRow {
  readonly localPort: number
  readonly remotePort: number
  readonly listening: boolean
  readonly inode: string
}

export interface Program {
  readonly pid: number
  readonly name: string
}

const TABLES = {
  tcp: ['/proc/net/tcp', '/proc/net/tcp6'],
  udp: ['/proc/net/udp', '/proc/net/udp6'],
} as const
/** TCP_LISTEN in include/net/tcp_states.h. */
const LISTEN = '0A'
const SOCKET_LINK = /^socket:\[(\d+)\]$/
const PID = /^\d+$/

/** Every socket of this machine; empty where /proc is not there. */
export async function socketRows(protocol: keyof typeof TABLES = 'tcp'): Promise<readonly SocketRow[]> {
  const tables = await Promise.all(TABLES[protocol].map((path) => readFile(path, 'utf8').catch(() => '')))
  return tables.flatMap(parseTable)
}

/** Exported for tests: the kernel's text of one table. */
export function parseTable(text: string): readonly SocketRow[] {
  const rows: SocketRow[] = []
  for (const line of text.split('\n').slice(1)) {
    const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/)
    if (local === undefined || remote === undefined || inode === undefined) continue
    rows.push({ localPort: portOf(local), remotePort: portOf(remote), listening: state === LISTEN, inode })
  }
  return rows
}

/** The programs that hold these sockets: one walk for all. What we may not read is missing. */
export async function programsOf(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, Program>> {
  const found = new Map<string, Program>()
  if (inodes.size === 0) return found
  const pids = (await readdir('/proc').catch((): string[] => [])).filter((name) => PID.test(name))
  for (const pid of pids) {
    if (found.size === inodes.size) break
    await collect(pid, inodes, found)
  }
  return found
}

async function collect(pid: string, inodes: ReadonlySet<string>, found: Map<string, Program>): Promise<void> {
  const names = await readdir(`/proc/${pid}/fd`).catch((): string[] => [])
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  const held = links
    .map((link) => SOCKET_LINK.exec(link)?.[1])
    .filter((inode) => inode !== undefined && inodes.has(inode))
  if (held.length === 0) return
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
  for (const inode of held) {
    if (inode !== undefined && !found.has(inode)) found.set(inode, { pid: Number(pid), name })
  }
}

/** `0100007F:1538` → 5432. */
function portOf(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16)
}
