/** ProxyCommand (ssh_config(5)): a command whose standard input and output are the connection. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { WarrenError } from '@shared/errors'

/** What a host or user may hold when it is put into a command line; OpenSSH refuses the same since 9.6. */
const SAFE_TOKEN = /^[A-Za-z0-9_.:@%+=\-[\]\\]*$/
/** How long a command whose output ended may take to say how it ended itself. */
const STATUS_WAIT_MS = 1000
const MAX_DIAGNOSTIC = 200

export interface CommandRequest {
  /** Of the server, for messages. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** What was typed after `ssh` (`%n`). */
  readonly originalHost: string
  readonly username: string
  readonly signal: AbortSignal
  /** A line the command wrote to its standard error. */
  readonly onDiagnostic: (line: string) => void
}

/** Runs the command through the shell. The stream fails with `ssh.proxy-failed` when the command does. */
export function connectThroughCommand(command: string, request: CommandRequest): Duplex {
  const line = expandCommand(command, request)
  const child = spawn(process.platform === 'win32' ? line : `exec ${line}`, {
    shell: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  return new CommandStream(child, request)
}

/** Fills in `%h`, `%n`, `%p`, `%r` and `%%`. Rejects values that a shell would read as more than a word. */
export function expandCommand(
  command: string,
  values: Pick<CommandRequest, 'host' | 'port' | 'username' | 'originalHost'>,
): string {
  return command.replace(/%(.?)/g, (_, token: string) => {
    switch (token) {
      case '%':
        return '%'
      case 'h':
        return safe(values.host, 'host')
      case 'n':
        return safe(values.originalHost, 'host')
      case 'p':
        return String(values.port)
      case 'r':
        return safe(values.username, 'username')
      default:
        throw new WarrenError('spec.invalid', `The proxy command has an unknown token %${token}.`, {
          field: 'proxyCommand',
          fix: 'Known are %h, %n, %p, %r and %%.',
        })
    }
  })
}

// --- internal ---

function safe(value: string, field: string): string {
  if (SAFE_TOKEN.test(value) && !value.startsWith('-')) return value
  throw new WarrenError('spec.invalid', `${value} cannot be put into a proxy command.`, { field })
}

/** The two pipes as one stream; how the command ended decides how the stream ends. */
class CommandStream extends Duplex {
  private lastWords = ''
  private outputEnded = false
  private exited = false
  private statusTimer: NodeJS.Timeout | undefined

  constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
    private readonly request: CommandRequest,
  ) {
    super({ allowHalfOpen: true })
    child.on('error', (error) => {
      this.fail(`cannot run: ${error.message}`, error)
    })
    child.stdin.on('error', () => {
      // It does not read any more; its exit says why.
    })
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.stdout.on('end', () => {
      this.outputEnded = true
      if (this.exited) this.push(null)
      else {
        this.statusTimer = setTimeout(() => {
          this.push(null)
        }, STATUS_WAIT_MS)
      }
    })
    child.stderr.on('data', (text: Buffer) => {
      this.heard(text.toString('utf8'))
    })
    // Not `close`: what the command left running may hold its standard error open for ever.
    child.on('exit', (code, signal) => {
      this.ended(code, signal)
    })
  }

  override _read(): void {
    this.child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    // Only when the pipe has taken it: the memory of what was sent is used again then. How a write fails is told by the exit.
    this.child.stdin.write(chunk, () => {
      done()
    })
  }

  override _final(done: (error?: Error | null) => void): void {
    this.child.stdin.end(() => {
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.statusTimer)
    this.child.kill()
    for (const pipe of [this.child.stdin, this.child.stdout, this.child.stderr]) pipe.destroy()
    done(error)
  }

  private heard(text: string): void {
    for (const each of text.split('\n').map((line) => line.trim())) {
      if (each === '') continue
      this.lastWords = each.slice(0, MAX_DIAGNOSTIC)
      this.request.onDiagnostic(each)
    }
  }

  private ended(code: number | null, signal: NodeJS.Signals | null): void {
    this.exited = true
    clearTimeout(this.statusTimer)
    if (code !== 0) {
      // What it said last may still be in the pipe.
      setImmediate(() => {
        this.fail(code === null ? `was ended by ${signal ?? 'a signal'}` : `ended with status ${code}`)
      })
    } else if (this.outputEnded) this.push(null)
  }

  private fail(what: string, cause?: Error): void {
    if (this.destroyed) return
    const said = this.lastWords === '' ? '' : `: ${this.lastWords}`
    this.destroy(
      new WarrenError('ssh.proxy-failed', `The proxy command of ${this.request.name} ${what}${said}.`, {
        fix: 'Try it in a terminal, with the host and port in place of %h and %p.',
        field: 'proxyCommand',
        cause,
      }),
    )
  }
}
