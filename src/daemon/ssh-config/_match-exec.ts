/** Runs the command of a `Match exec` line. */
import { spawn } from 'node:child_process'
import { WarrenError } from '@shared/errors'
import { originText, type ConfigOrigin } from '@shared/resolved-config'

const GONE = 'The client went away.'

export interface MatchExecOptions {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly origin: ConfigOrigin
  /** Ends the command and all it started. */
  readonly signal: AbortSignal
}

/**
 * Whether the command ends with status 0, run by the person's shell as ssh does (ssh_config(5), Match exec), with nothing to read
 * and its output thrown away.
 *
 * Rejects with `config.invalid` when it cannot be started or dies by a signal, where ssh gives up too; with `cancelled` when aborted.
 */
export function runMatchExec(command: string, options: MatchExecOptions): Promise<boolean> {
  const { env, cwd, origin, signal } = options
  const where = originText(origin)
  const shell = env['SHELL'] ?? ''
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new WarrenError('cancelled', GONE))
    const isUnix = process.platform !== 'win32'
    // A group of its own, so that what the shell starts ends with it.
    const child = spawn(command, { shell: shell === '' ? true : shell, env, cwd, stdio: 'ignore', detached: isUnix })
    const end = (): void => {
      if (child.pid === undefined) return
      try {
        if (isUnix) process.kill(-child.pid, 'SIGKILL')
        else child.kill()
      } catch (error) {
        // It ended by itself meanwhile, or became another user's (sudo) that only the system may end: nobody waits for it any more.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') reject(new WarrenError('cancelled', GONE))
      }
    }
    const refuse = (why: string, cause?: unknown): void => {
      const message = `The ssh config cannot be used: ${where}: the command of Match exec ${why}`
      reject(new WarrenError('config.invalid', message, { field: where, fix: `Correct ${where}.`, cause }))
    }
    signal.addEventListener('abort', end, { once: true })
    child.once('error', (error) => {
      signal.removeEventListener('abort', end)
      refuse(`cannot be started: ${error.message}`, error)
    })
    child.once('exit', (status, killedBy) => {
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(new WarrenError('cancelled', GONE))
      else if (killedBy !== null) refuse(`was ended by ${killedBy}`)
      else resolve(status === 0)
    })
  })
}
