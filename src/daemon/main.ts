/** The daemon's program. */
import { closeSync, writeSync } from 'node:fs'
import { createLocalPorts, createEngine, hasNativeCrypto } from '@engine'
import { toFault } from '@shared/errors'
import { closeInherited } from './_inherited'
import { READY_FD_VARIABLE } from './_launch'
import { BUILD } from './build'
import { startDaemon } from './index'
import { resolvePlaces } from './places'
import { redact } from './redact'
import { createRotatingLog } from './rotating-log'

const LOG_BYTES = 1024 * 1024
const EXIT_FAILED = 1
/** A server that does not let go must not keep the machine from shutting down. */
const STOP_LIMIT_MS = 8000

process.umask(0o077)
closeInherited(new Set([Number(process.env[READY_FD_VARIABLE])]))
process.title = 'warren-daemon'
const places = resolvePlaces(process.env)
const file = createRotatingLog({ file: places.daemonLog, maxBytes: LOG_BYTES })
const log = (message: string): void => file.write(`${new Date().toISOString()} ${process.pid} ${redact(message)}`)

/** What is unknown about its own state must not go on: clients start a new daemon, and what was wanted comes back. */
const die = (kind: string, error: unknown): void => {
  log(`${kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  file.flush()
  process.exit(EXIT_FAILED)
}
process.on('uncaughtException', (error) => die('uncaught exception', error))
process.on('unhandledRejection', (reason) => die('unhandled rejection', reason))

const onStopping = (): void => {
  setTimeout(() => die('stop', 'took too long'), STOP_LIMIT_MS).unref()
}

try {
  const { env } = process
  const daemon = await startDaemon({
    ...{ places, env, createEngine, localPorts: createLocalPorts(), nativeCrypto: hasNativeCrypto(), log, onStopping },
    ...(env['WARREN_IDLE_EXIT_MS'] === undefined ? {} : { idleExitMs: Number(env['WARREN_IDLE_EXIT_MS']) }),
  })
  // At shutdown of the machine the forwards stay wanted: they come back with the next daemon.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      log(`${signal}: stopping`)
      void daemon.stop({ keepWanted: true })
    })
  }
  log(`ready: Warren ${BUILD}, Node ${process.version}, ${places.home}`)
  tellStarter({ ready: true })
  await daemon.ended
  log('ended')
  file.flush()
  process.exit(0)
} catch (error) {
  const fault = toFault(error)
  log(`cannot start: ${fault.code}: ${fault.message}`)
  // A folder that was refused gets no log of ours either.
  if (fault.code !== 'store.unwritable') file.flush()
  tellStarter({ fault })
  process.stderr.write(`${fault.message}${fault.fix === null ? '' : `\n${fault.fix}`}\n`)
  process.exit(EXIT_FAILED)
}

/** The client that spawned this process waits for one line; it may be gone already. */
function tellStarter(message: unknown): void {
  const descriptor = Number(process.env[READY_FD_VARIABLE])
  // Programs that the daemon starts (a ProxyCommand) must not take it for theirs.
  delete process.env[READY_FD_VARIABLE]
  if (!Number.isInteger(descriptor) || descriptor <= 2) return
  try {
    writeSync(descriptor, `${JSON.stringify(message)}\n`)
    closeSync(descriptor)
  } catch {
    // Nobody listens any more.
  }
}
