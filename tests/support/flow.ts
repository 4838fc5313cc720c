/** A client that asks a forward again and again for bytes: when did they stop, when did they flow again? */
import { connect } from 'node:net'
import { statusLine } from '../../src/shared/sentence'
import type { ForwardSnapshot } from '../../src/shared/snapshots'

const EVERY_MS = 100
/** A client that gets nothing for so long tries anew. */
const PATIENCE_MS = 1000

export interface Flow {
  /** Resolves with the time of the first bytes from now on. */
  readonly again: () => Promise<number>
  /** Resolves with the time of the first failure from now on. */
  readonly broken: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** Each round makes a connection and expects the first bytes of what is behind: any server that greets. */
export function watchFlow(port: number): Flow {
  let stopped = false
  const waiting = { good: new Set<(at: number) => void>(), bad: new Set<(at: number) => void>() }
  const run = async (): Promise<void> => {
    while (!stopped) {
      const began = Date.now()
      const kind = (await greets(port)) ? 'good' : 'bad'
      const listeners = [...waiting[kind]]
      waiting[kind].clear()
      for (const listener of listeners) listener(Date.now())
      const left = EVERY_MS - (Date.now() - began)
      if (left > 0 && !stopped) await pause(left)
    }
  }
  const over = run()
  return {
    again: () =>
      new Promise((resolve) => {
        waiting.good.add(resolve)
      }),
    broken: () =>
      new Promise((resolve) => {
        waiting.bad.add(resolve)
      }),
    stop: () => {
      stopped = true
      return over
    },
  }
}

/** Whether somebody behind the port says something in time. */
export function greets(port: number, patienceMs = PATIENCE_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const done = (result: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(result)
    }
    const timer = setTimeout(() => {
      done(false)
    }, patienceMs)
    socket.once('data', () => {
      done(true)
    })
    socket.once('error', () => {
      done(false)
    })
    socket.once('end', () => {
      done(false)
    })
  })
}

/** Steps on the way up are gone before anybody reads them. */
const PASSING = new Set(['resolving', 'connecting', 'verifying', 'authenticating', 'binding', 'needs-you'])

const COUNTING = / for [\d smhd]+$/

/** What the row says, without the figures that count. */
export function rowWords(snapshot: ForwardSnapshot): string | null {
  if (PASSING.has(snapshot.state)) return null
  const state =
    snapshot.state === 'waiting' ? 'waiting' : statusLine(snapshot, { now: Date.now() }).replace(COUNTING, '')
  return snapshot.reason === null || snapshot.state === 'failed' ? state : `${state}: ${snapshot.reason.message}`
}

/** Collects what a row says, each saying once. */
export function rowDiary(): { readonly note: (snapshot: ForwardSnapshot) => void; readonly text: () => string } {
  const said: string[] = []
  return {
    note: (snapshot) => {
      const words = rowWords(snapshot)
      if (words !== null && said.at(-1) !== words && (words === 'running' || !said.includes(words))) said.push(words)
    },
    text: () => said.join(' → '),
  }
}

// --- internal ---

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}
