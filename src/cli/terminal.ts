/** The real terminal. */
import { createInterface } from 'node:readline'
import type { AskOptions, Terminal, World } from './context'
import { reachDaemon } from './connect'

export function systemTerminal(env: NodeJS.ProcessEnv): Terminal {
  const { stdin, stdout, stderr } = process
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isInteractive: stdin.isTTY && stderr.isTTY,
    hasColour: stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    columns: stdout.isTTY ? stdout.columns : null,
    ask: (question, options) => (options.echo ? askLine(question, options) : askSecret(question, options)),
    readInput: async () => {
      let text = ''
      stdin.setEncoding('utf8')
      for await (const part of stdin) text += String(part)
      return text
    },
  }
}

export function systemWorld(): World {
  const { env } = process
  const terminal = systemTerminal(env)
  return {
    terminal,
    env,
    cwd: process.cwd(),
    now: Date.now,
    connect: (options) => reachDaemon({ terminal, env }, options),
    interruptible: () => {
      const stop = new AbortController()
      process.once('SIGINT', () => stop.abort())
      process.once('SIGTERM', () => stop.abort())
      process.once('SIGHUP', () => stop.abort())
      return stop.signal
    },
  }
}

// --- internal ---

function askLine(question: string, { signal }: AskOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true })
    const finish = (answer: string | null): void => {
      resolve(answer)
      lines.close()
    }
    lines.once('SIGINT', () => {
      process.stderr.write('\n')
      finish(null)
    })
    lines.once('close', () => resolve(null))
    signal?.addEventListener('abort', () => finish(null), { once: true })
    lines.question(question, finish)
  })
}

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const CTRL_U = '\u0015'
const BACKSPACES = new Set(['\b', '\u007f'])

/** Reads a line in raw mode, so that nothing of it is shown. */
function askSecret(question: string, { signal }: AskOptions): Promise<string | null> {
  const { stdin, stderr } = process
  return new Promise((resolve) => {
    let typed: string[] = []
    const finish = (answer: string | null): void => {
      stdin.off('data', read)
      stdin.setRawMode(false)
      stdin.pause()
      signal?.removeEventListener('abort', giveUp)
      stderr.write('\n')
      resolve(answer)
    }
    const giveUp = (): void => finish(null)
    const read = (data: Buffer | string): void => {
      for (const character of String(data)) {
        if (character === '\r' || character === '\n') return finish(typed.join(''))
        if (character === CTRL_C || (character === CTRL_D && typed.length === 0)) return finish(null)
        if (character === CTRL_U) typed = []
        else if (BACKSPACES.has(character)) typed.pop()
        else if (character >= ' ') typed.push(character)
      }
    }
    stdin.setEncoding('utf8')
    // Before the question, so that a quick answer is not shown either.
    stdin.setRawMode(true)
    stderr.write(question)
    stdin.resume()
    stdin.on('data', read)
    signal?.addEventListener('abort', giveUp, { once: true })
  })
}
