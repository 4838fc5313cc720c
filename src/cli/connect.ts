/** Reaching the daemon, also when it is of another build. */
import { plural } from '@shared/format'
import type { DaemonClient } from '@daemon/client'
import type { ReachDaemon, Terminal } from './context'

export interface ReachOptions {
  readonly terminal: Terminal
  readonly env: NodeJS.ProcessEnv
}

/**
 * Connects, and replaces a daemon of another build.
 *
 * With a terminal a person is asked when forwards run in it; otherwise it is handed over at once and told in one line. Its
 * forwards come back in the new daemon.
 */
export async function reachDaemon(
  { terminal, env }: ReachOptions,
  { home, start }: ReachDaemon,
): Promise<DaemonClient> {
  const { connectDaemon, DaemonVersionError, replaceDaemon } = await import('@daemon/client')
  const options = { home, client: 'cli' as const, env, start }
  try {
    return await connectDaemon(options)
  } catch (error) {
    if (!(error instanceof DaemonVersionError) || !start) throw error
    if (terminal.isInteractive && error.running > 0) {
      terminal.err(`The daemon is Warren ${error.theirs}, this is ${error.ours}.\n`)
      const reply = await terminal.ask(
        `Restart it? ${plural(error.running, 'forward')} will be interrupted for a moment. (yes / no) `,
        { echo: true },
      )
      if (reply === null || !/^(?:y|yes)$/i.test(reply.trim())) throw error
    }
    const client = await replaceDaemon(options)
    terminal.err(`warren: replaced the daemon of Warren ${error.theirs} with ${error.ours}.\n`)
    return client
  }
}
