/** What `warren daemon` does. */
import { spawn } from 'node:child_process'
import { findDaemonScript, findNode, resolvePlaces, stopDaemon } from '@daemon/client'
import { toFault } from '@shared/errors'
import { ageOf, formatBytes, formatDuration, plural } from '@shared/format'
import type { Context } from '../context'
import { DONE, FAILED, UNREACHABLE } from '../exit-codes'
import { publicReason } from '../report'
import { table } from '../table'

/** Who starts it in the foreground also ends it: it does not leave by itself. setTimeout takes no more than 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Runs the daemon's program with our streams; signals reach it, and its exit code is ours. */
export async function daemonRun({ env, home }: Context): Promise<number> {
  const places = resolvePlaces(env, home)
  const child = spawn(findNode(env), [findDaemonScript()], {
    stdio: 'inherit',
    env: { WARREN_IDLE_EXIT_MS: String(LONGEST_TIMER_MS), ...env, WARREN_HOME: places.home },
  })
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  // From a terminal the daemon gets Ctrl-C by itself; it may come twice.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, pass)
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? FAILED))
  })
}

export async function daemonStatus(context: Context): Promise<number> {
  const { terminal, env, home } = context
  const client = await context.connect({ home, start: false }).catch((error: unknown) => {
    const fault = toFault(error)
    if (fault.code !== 'daemon.unreachable') throw error
    return fault
  })
  if ('code' in client) {
    if (context.json) context.document({ error: publicReason(client) })
    terminal.err(`The daemon is not running. Its folder is ${resolvePlaces(env, home).home}\n`)
    return UNREACHABLE
  }
  try {
    const status = await client.call('daemon.status', {})
    if (context.json) {
      context.document(status)
      return DONE
    }
    const rows = [
      ['pid', String(status.pid)],
      ['version', `${status.version} (${status.build})`],
      ['running for', formatDuration(ageOf(status.startedAt, context.now()))],
      ['forwards', `${status.running} of ${status.forwards} running`],
      ['relays', `${status.relaysRunning} of ${status.relays} running`],
      ['clients', String(status.clients)],
      ['memory', formatBytes(status.rssBytes)],
      ['folder', status.home],
      ['socket', status.socket],
      ['node', status.node],
      ['crypto', status.nativeCrypto ? 'native' : 'JavaScript (slower)'],
    ]
    for (const line of table(rows)) terminal.out(`${line}\n`)
    for (const { message, fix } of status.warnings) terminal.err(`warren: ${[message, fix ?? ''].join(' ').trim()}\n`)
    return DONE
  } finally {
    client.close()
  }
}

export async function daemonStop(context: Context): Promise<number> {
  const { terminal, env, home } = context
  const result = await stopDaemon({ client: 'cli', env, home })
  if (context.json) context.document({ running: false, stopped: result?.stopped ?? 0 })
  else if (result === null) terminal.err('The daemon is not running.\n')
  else terminal.out(`Stopped ${stoppedWords(result)}\n`)
  return DONE
}

// --- internal ---

function stoppedWords({ stopped, relays }: { readonly stopped: number; readonly relays?: number }): string {
  // A daemon of an earlier version has no relays and does not speak of them.
  const forwards = stopped - (relays ?? 0)
  const what = [
    ...(forwards > 0 ? [plural(forwards, 'forward')] : []),
    ...((relays ?? 0) > 0 ? [plural(relays ?? 0, 'relay')] : []),
  ]
  return new Intl.ListFormat('en').format(['the daemon', ...what])
}
