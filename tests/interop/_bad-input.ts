/** A person with a data folder of their own, the built command line and its daemon. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import type { PublicSnapshot } from '../../src/cli/snapshots'
import { daemonScript, endBuilt, temporaryHome } from '../support/daemon'

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Refusal {
  readonly exit: number | null
  readonly code: string
  readonly message: string
  readonly fix: string | null
}

export interface World {
  readonly home: string
  readonly warren: (...words: string[]) => Promise<Ended>
  readonly given: (input: string, ...words: string[]) => Promise<Ended>
  /** The error document, which must be all there is on standard output. */
  readonly refused: (...words: string[]) => Promise<Refusal>
  /** The forwards after an `up`. */
  readonly up: (...words: string[]) => Promise<{ readonly exit: number | null; readonly forwards: PublicSnapshot[] }>
  /** Everything that is saved, as text to compare. */
  readonly saved: () => Promise<string>
  readonly daemonPid: () => Promise<number>
  readonly end: () => Promise<void>
}

export function openWorld(home?: string): World {
  const place = home === undefined ? temporaryHome() : { home, remove: () => undefined }
  const given = async (input: string, ...words: string[]): Promise<Ended> => {
    const child = spawn(process.execPath, [join(dirname(daemonScript()), 'warren.mjs'), ...words], {
      env: { PATH: process.env['PATH'], HOME: place.home, WARREN_HOME: place.home },
      stdio: 'pipe',
    })
    let out = ''
    let err = ''
    // A letter may be cut between two pieces.
    child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part))
    child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    await once(child, 'close')
    return { code: child.exitCode, out, err }
  }
  const warren = (...words: string[]): Promise<Ended> => given('', ...words)
  return {
    home: place.home,
    warren,
    given,
    refused: async (...words) => {
      const { code: exit, out, err } = await warren('--json', ...words)
      const { error } = parsed(out, err) as { error: Omit<Refusal, 'exit'> }
      return { exit, ...error }
    },
    up: async (...words) => {
      const { code: exit, out, err } = await warren('up', ...words, '--json')
      return { exit, forwards: parsed(out, err) as PublicSnapshot[] }
    },
    saved: async () => `${(await warren('server', 'ls', '--json')).out}${(await warren('ls', '--json')).out}`,
    daemonPid: async () => {
      const { out, err } = await warren('daemon', 'status', '--json')
      return (parsed(out, err) as { pid: number }).pid
    },
    end: async () => {
      await endBuilt(place.home)
      place.remove()
    },
  }
}

// --- internal ---

function parsed(out: string, err: string): unknown {
  try {
    return JSON.parse(out)
  } catch (cause) {
    throw new Error(`not one document: ${out}${err}`, { cause })
  }
}
