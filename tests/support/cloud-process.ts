/** The built cloud server as a process with a data folder of its own, which can go away and come back at the same address. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../scripts/_places.mjs'
import { freePort } from './free-port'

export interface CloudProcess {
  readonly url: string
  /** Makes an account. */
  readonly addUser: (email: string, name: string, password: string) => Promise<void>
  /** A token for scripts. */
  readonly token: (email: string) => Promise<string>
  /** Ends the server, in order or as a crash does; its data stays. */
  readonly end: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>
  /** Serves again, at the same address. */
  readonly begin: () => Promise<void>
  readonly stop: () => Promise<void>
}

export async function startCloudProcess(
  bundle = join(root, 'out/node/warren-cloud.mjs'),
  env: Readonly<Record<string, string>> = {},
): Promise<CloudProcess> {
  const data = mkdtempSync(join(tmpdir(), 'warren-cloud-process-'))
  const port = await freePort()
  let serving: ChildProcess | null = null
  const start = (words: readonly string[]): ChildProcess =>
    spawn(process.execPath, [bundle, ...words], {
      env: { PATH: process.env['PATH'] ?? '', HOME: data, WARREN_CLOUD_DATA: data, PORT: String(port), ...env },
      stdio: 'pipe',
    })
  const command = async (words: readonly string[], input = ''): Promise<string> => {
    const child = start(words)
    let [out, err] = ['', '']
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.stdin?.end(input)
    await once(child, 'close')
    if (child.exitCode !== 0) throw new Error(`warren-cloud ${words.join(' ')}: ${err}`)
    return out.trim()
  }
  const begin = async (): Promise<void> => {
    const child = start([])
    serving = child
    if (child.stderr === null) throw new Error('The log is not there.')
    for await (const line of createInterface({ input: child.stderr })) {
      if ((JSON.parse(line) as { url?: string }).url !== undefined) {
        child.stderr.resume()
        return
      }
    }
    throw new Error('The cloud server ended before it listened.')
  }
  const end: CloudProcess['end'] = async (signal = 'SIGTERM') => {
    const child = serving
    serving = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  await begin()
  return {
    ...{ begin, end, url: `http://127.0.0.1:${port}` },
    addUser: async (email, name, password) => {
      await command(['user', 'add', email, '--name', name, '--password-stdin'], password)
    },
    token: (email) => command(['user', 'token', email]),
    stop: async () => {
      await end('SIGKILL')
      rmSync(data, { recursive: true, force: true })
    },
  }
}
