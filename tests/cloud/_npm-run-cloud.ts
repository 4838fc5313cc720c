/** The server as people start it: `npm run cloud`, with its first account made by the link in its log. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { pick } from './_world'

const root = join(import.meta.dirname, '../..')

export interface RunningCloud {
  readonly url: string
  readonly port: number
  /** Of the first account. */
  readonly token: string
  /** Tells npm to end, and resolves when the server did, with the last line of its log. */
  readonly stop: () => Promise<string>
}

export async function npmRunCloud(env: Readonly<Record<string, string>>): Promise<RunningCloud> {
  const data = mkdtempSync(join(tmpdir(), 'warren-cloud-'))
  const child = spawn('npm', ['run', 'cloud', '--silent'], {
    cwd: root,
    env: { ...process.env, WARREN_CLOUD_DATA: data, PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // The log ends with the last of the processes that hold it, which is the server.
  const ended = once(child, 'close')
  const said: string[] = []
  const log = createInterface({ input: child.stderr })
  log.on('line', (line) => said.push(line))
  const stop = async (): Promise<string> => {
    child.kill('SIGTERM')
    await ended
    rmSync(data, { recursive: true, force: true })
    return said.at(-1) ?? ''
  }
  try {
    const link = await Promise.race([linkIn(log), ended.then(() => '')])
    if (link === '') throw new Error(`npm run cloud ended:\n${said.join('\n')}`)
    const [url = '', invitation = ''] = link.split('/invite#')
    return { url, port: Number(new URL(url).port), token: await firstAccount(url, invitation), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

// --- internal ---

function linkIn(log: Interface): Promise<string> {
  return new Promise((resolve) => {
    log.on('line', (line) => {
      const link = /"link":"([^"]+)"/.exec(line)?.[1]
      if (link !== undefined) resolve(link)
    })
  })
}

async function firstAccount(url: string, invitation: string): Promise<string> {
  const body = { email: 'ada@example.com', username: 'ada', password: 'secret123', invitation }
  const headers = { 'content-type': 'application/json' }
  const made = await fetch(`${url}/auth/register`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (made.status !== 201) throw new Error(`The first account was not made: ${made.status} ${await made.text()}`)
  return pick(await made.json(), 'token')
}
