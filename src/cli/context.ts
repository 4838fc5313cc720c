/** What a command gets from the world, so that tests can replace it. */
import type { DaemonClient } from '@daemon/client'

export interface AskOptions {
  /** Show what is typed. */
  readonly echo: boolean
  readonly signal?: AbortSignal | undefined
}

export interface Terminal {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Standard input and standard error are terminals: somebody can be asked. */
  readonly isInteractive: boolean
  /** Colours on standard output. */
  readonly hasColour: boolean
  /** Width of standard output; `null` when it is no terminal, so that nothing is cut. */
  readonly columns: number | null
  /** One line from the person, asked on standard error; `null` when they gave up (Ctrl-C, Ctrl-D). */
  readonly ask: (question: string, options: AskOptions) => Promise<string | null>
  /** All of standard input. */
  readonly readInput: () => Promise<string>
}

/** The part of the world that is the same for every command of one call. */
export interface World {
  readonly terminal: Terminal
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly now: () => number
  readonly connect: (options: ReachDaemon) => Promise<DaemonClient>
  /** From this call on Ctrl-C and SIGTERM abort the signal instead of ending the process. */
  readonly interruptible: () => AbortSignal
}

export interface ReachDaemon {
  readonly home: string | undefined
  readonly start: boolean
}

export interface Context extends World {
  /** `--json` was given: one document on standard output, nothing else there. */
  readonly json: boolean
  readonly home: string | undefined
  /** The daemon, started when needed; the same connection for the whole command, closed at its end. */
  readonly daemon: () => Promise<DaemonClient>
  /** Prints the JSON document. */
  readonly document: (value: unknown) => void
}

/** How command definitions hand over to their code; resolves with the exit code kept for the end. */
export interface Host {
  readonly run: (action: (context: Context) => Promise<number>) => Promise<void>
}
