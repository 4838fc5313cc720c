import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { hasSessionBus, startSessionBus, startVirtualDisplay } from './_desktop.mjs'
import { followNpm } from './_follow-npm.mjs'
import { root } from './_places.mjs'
import { say, sayFault } from './_say.mjs'
import { setUp } from './_setup.mjs'
import { hasDisplay } from './_system.mjs'

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
const SIGNAL_BASE = 128
/** A terminal and npm both deliver one Ctrl-C: what comes within this time is the same one. */
const SAME_SIGNAL_MS = 1000

/** @type {import('node:child_process').ChildProcess | undefined} */
let app
/** @type {import('./_desktop.mjs').Service[]} */
const services = []

/**
 * `npm start [-- --demo] [-- …]`: sets up what is missing and opens the app; further arguments go to the app.
 *
 * Where there is no display or no session bus, one is made for the time the app runs. The exit code is the app's.
 */
async function start() {
  const runtime = await setUp({ set: 'start' })
  passSignals()
  // The daemon runs on this very Node: inside Electron the same code moves bytes several times slower.
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: runtime.folder, WARREN_NODE: process.execPath }
  delete env['ELECTRON_RUN_AS_NODE']
  try {
    if (!hasDisplay()) {
      const display = await startVirtualDisplay()
      services.push(display)
      Object.assign(env, display.env)
      say(
        'display',
        `no display found: using a virtual one, ${display.display} (XAUTHORITY=${display.env['XAUTHORITY']})`,
      )
    }
    if (process.platform === 'linux' && !hasSessionBus()) {
      const bus = await startSessionBus({ env })
      services.push(bus)
      Object.assign(env, bus.env)
      say('bus', 'no session bus found: started one for this run')
    }
    return await runApp(runtime.executable, env)
  } finally {
    await stopServices()
  }
}

async function stopServices() {
  for (const service of services.splice(0).reverse()) await service.stop()
}

/** Hands signals to the app; before there is one, they end the start-up. */
function passSignals() {
  const last = new Map()
  /** @param {(typeof FORWARDED)[number]} signal */
  const pass = (signal) => {
    const since = performance.now() - (last.get(signal) ?? -Infinity)
    if (since < SAME_SIGNAL_MS) return
    last.set(signal, performance.now())
    if (app) app.kill(signal)
    else void stopServices().then(() => process.exit(SIGNAL_BASE + constants.signals[signal]))
  }
  for (const signal of FORWARDED) process.on(signal, () => pass(signal))
  followNpm('start', () => pass('SIGTERM'))
}

/**
 * @param {string} executable
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
function runApp(executable, env) {
  /** @type {string[]} */
  const flags = []
  if (process.getuid?.() === 0) {
    flags.push('--no-sandbox')
    say('sandbox', 'off (--no-sandbox), because Electron refuses to run sandboxed as root')
  }
  if (env['WAYLAND_DISPLAY'] && !env['DISPLAY']) flags.push('--ozone-platform-hint=auto')
  return new Promise((resolve, reject) => {
    // In a process group of its own, so that a Ctrl-C reaches it once and through us.
    const options = /** @type {const} */ ({ env, cwd: root, stdio: 'inherit', detached: process.platform !== 'win32' })
    app = spawn(executable, [...flags, root, ...process.argv.slice(2)], options)
    app.on('error', reject)
    app.on('exit', (code, signal) => resolve(signal ? SIGNAL_BASE + constants.signals[signal] : (code ?? 1)))
  })
}

try {
  process.exitCode = await start()
} catch (error) {
  sayFault(error)
  process.exitCode = 1
}
