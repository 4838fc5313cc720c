/** A network of its own for one server (Linux, root): a cable that the test cuts, and an address that it changes. */
import { execFileSync } from 'node:child_process'

export interface OwnNetwork {
  /** Put before a command, it runs on the server's side. */
  readonly wrap: readonly string[]
  readonly serverAddress: string
  /** From now on nothing comes back from the server, and nobody is told: no reset, no ICMP. */
  readonly cut: () => void
  readonly heal: () => void
  /** This machine gets another address on that network; the old one is gone. */
  readonly changeAddress: () => void
  readonly remove: () => void
}

const isRoot = process.getuid?.() === 0

/** Whether this process may make networks: root, on a kernel that has them. */
export function mayMakeNetworks(): boolean {
  if (!isRoot || process.platform !== 'linux') return false
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

let made = 0

/** 10.213.x.0/24 between this machine (.1) and the server (.2); `remove` takes everything away. */
export function makeNetwork(): OwnNetwork {
  made += 1
  const id = `${process.pid % 10_000}${made}`
  const [name, here, there] = [`warren${id}`, `wrh${id}`, `wrt${id}`]
  const net = `10.213.${(process.pid + made) % 250}`
  const [address, other, server] = [`${net}.1`, `${net}.3`, `${net}.2`]
  ip('netns', 'add', name)
  ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name)
  ip('addr', 'add', `${address}/24`, 'dev', here)
  ip('link', 'set', here, 'up')
  ip('-n', name, 'addr', 'add', `${server}/24`, 'dev', there)
  ip('-n', name, 'link', 'set', there, 'up')
  ip('-n', name, 'link', 'set', 'lo', 'up')
  return {
    wrap: ['ip', 'netns', 'exec', name],
    serverAddress: server,
    cut: () => {
      ip('-n', name, 'route', 'add', 'blackhole', `${address}/32`)
    },
    heal: () => {
      ip('-n', name, 'route', 'del', 'blackhole', `${address}/32`)
    },
    changeAddress: () => {
      ip('addr', 'add', `${other}/24`, 'dev', here)
      ip('addr', 'del', `${address}/24`, 'dev', here)
      // Removing the first address of a network may take the others along.
      ip('addr', 'replace', `${other}/24`, 'dev', here)
    },
    remove: () => {
      ip('link', 'del', here)
      ip('netns', 'del', name)
    },
  }
}

// --- internal ---

function ip(...parameters: string[]): void {
  execFileSync('ip', parameters, { stdio: ['ignore', 'ignore', 'pipe'] })
}
