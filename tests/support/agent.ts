/** A real ssh-agent with keys of all kinds, security keys of software among them. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Signs like a FIDO key, without one (Debian's openssh-tests). */
export const SK_PROVIDER = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so'
const SIGN_REQUEST = 13

export interface TestAgent {
  readonly socket: string
  /** Adds private keys, each with the certificate that lies beside it. */
  readonly add: (...files: readonly string[]) => void
  /** Adds a key that may be used for one host of a known_hosts file alone. */
  readonly addFor: (host: string, knownHosts: string, file: string) => void
  readonly stop: () => Promise<void>
}

export async function startAgent(): Promise<TestAgent> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-agent-'))
  const socket = join(dir, 'agent.sock')
  const agent = spawn('ssh-agent', ['-D', '-a', socket, '-P', SK_PROVIDER], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(agent.stdout, 'data')
  const env = { ...process.env, SSH_AUTH_SOCK: socket, SSH_SK_PROVIDER: SK_PROVIDER }
  return {
    socket,
    add: (...files) => {
      execFileSync('ssh-add', ['-q', ...files], { env, stdio: 'ignore' })
    },
    addFor: (host, knownHosts, file) => {
      execFileSync('ssh-add', ['-q', '-H', knownHosts, '-h', host, file], { env, stdio: 'ignore' })
    },
    stop: async () => {
      const exited = once(agent, 'exit')
      agent.kill()
      await exited
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Makes the handle of a software security key; `.pub` is beside it. */
export function makeSecurityKey(path: string, type: 'ed25519-sk' | 'ecdsa-sk'): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-w', SK_PROVIDER, '-N', '', '-C', 'test', '-f', path])
}

export interface SlowAgent {
  readonly socket: string
  /** How many signatures wait. */
  readonly waiting: () => number
  /** Lets what waits go through, as a touch would; one that comes before anything waits is for the next. */
  readonly touch: () => void
  readonly stop: () => Promise<void>
}

/** In front of an agent: signatures wait until somebody touches the key. */
export async function startSlowAgent(behind: string): Promise<SlowAgent> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-slow-agent-'))
  const socket = join(dir, 'agent.sock')
  const held = new Set<() => void>()
  const open = new Set<Socket>()
  let isTouched = false
  const server: Server = createServer((client) => {
    const agent = connect(behind)
    for (const each of [client, agent]) {
      open.add(each)
      each.on('error', () => undefined)
      each.on('close', () => open.delete(each))
    }
    agent.pipe(client)
    // A request waits for the answer to the one before, so each is a chunk.
    client.on('data', (request: Buffer) => {
      const pass = (): void => {
        agent.write(request)
      }
      if (request[4] === SIGN_REQUEST && !isTouched) {
        held.add(pass)
        return
      }
      if (request[4] === SIGN_REQUEST) isTouched = false
      pass()
    })
    client.on('close', () => agent.destroy())
  })
  server.listen(socket)
  await once(server, 'listening')
  return {
    socket,
    waiting: () => held.size,
    touch: () => {
      isTouched = held.size === 0
      for (const pass of held) pass()
      held.clear()
    },
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const each of open) each.destroy()
      await closed
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
