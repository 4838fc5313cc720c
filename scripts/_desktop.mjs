import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { SetupError } from './_say.mjs'

const START_MS = 20_000
const STOP_MS = 3_000

/**
 * A process that serves others until it is stopped. It has a process group of its own, so a Ctrl-C does not end it before the app.
 *
 * @typedef {object} Service
 * @property {NodeJS.ProcessEnv} env what its users need in their environment
 * @property {() => Promise<void>} stop ends it and waits until it is gone; may be called twice
 */

/**
 * Starts a virtual X display on a free number, that only holders of its cookie may use.
 *
 * @param {{ env?: NodeJS.ProcessEnv, size?: string }} [options] `size` as in 1440x900
 * @returns {Promise<Service & { display: string }>}
 */
export async function startVirtualDisplay(options = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'warren-x-'))
  const authority = join(folder, 'authority')
  await writeFile(authority, authorityFile(randomBytes(16)), { mode: 0o600 })
  const screen = `${options.size ?? '1440x900'}x24`
  const args = ['-displayfd', '3', '-auth', authority, '-screen', '0', screen, '-nolisten', 'tcp', '-noreset']
  const child = spawn('Xvfb', args, {
    env: options.env ?? process.env,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const stop = stopper(child, () => rm(folder, { recursive: true, force: true }))
  try {
    const number = await firstLine(child, 3)
    const display = `:${number}`
    return { display, env: { DISPLAY: display, XAUTHORITY: authority }, stop }
  } catch (error) {
    await stop()
    throw new SetupError('desktop.no-display', `Xvfb did not start: ${/** @type {Error} */ (error).message}.`, error)
  }
}

/**
 * Whether a session bus is there already.
 *
 * @param {NodeJS.ProcessEnv} [env]
 */
export function hasSessionBus(env = process.env) {
  if (env['DBUS_SESSION_BUS_ADDRESS']) return true
  return Boolean(env['XDG_RUNTIME_DIR'] && existsSync(join(env['XDG_RUNTIME_DIR'], 'bus')))
}

/**
 * Starts a session bus of our own.
 *
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Service>}
 */
export async function startSessionBus(options = {}) {
  const args = ['--session', '--nofork', '--nopidfile', '--nosyslog', '--print-address=1']
  const child = spawn('dbus-daemon', args, {
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  const stop = stopper(child)
  try {
    return { env: { DBUS_SESSION_BUS_ADDRESS: await firstLine(child, 1) }, stop }
  } catch (error) {
    await stop()
    throw new SetupError('desktop.no-bus', `dbus-daemon did not start: ${/** @type {Error} */ (error).message}.`, error)
  }
}

/**
 * A function that ends a process and waits for its end.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => Promise<void>} [afterwards]
 */
export function stopper(child, afterwards) {
  const gone = new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  return async () => {
    const running = child.pid !== undefined && child.exitCode === null && child.signalCode === null
    if (running) {
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await gone
      clearTimeout(force)
    }
    await afterwards?.()
  }
}

/**
 * The first line a child prints on one of its file descriptors.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} descriptor
 * @returns {Promise<string>}
 */
async function firstLine(child, descriptor) {
  const stream = /** @type {import('node:stream').Readable} */ (child.stdio[descriptor])
  const ended = new AbortController()
  const limit = AbortSignal.any([AbortSignal.timeout(START_MS), ended.signal])
  child.once('error', (error) => ended.abort(error))
  child.once('exit', (code) => ended.abort(new Error(`it ended with ${code}`)))
  let text = ''
  while (!text.includes('\n')) {
    const [chunk] = await once(stream, 'data', { signal: limit }).catch((error) => {
      throw limit.reason ?? error
    })
    text += chunk
  }
  return text.slice(0, text.indexOf('\n')).trim()
}

/**
 * An X authority file with one cookie, for any host and display (family wild, as in Xauth(3)).
 *
 * @param {Buffer} cookie
 */
function authorityFile(cookie) {
  const name = Buffer.from('MIT-MAGIC-COOKIE-1')
  return Buffer.concat([Buffer.from([0xff, 0xff, 0, 0, 0, 0]), size(name), name, size(cookie), cookie])
}

/** @param {Buffer} field */
function size(field) {
  const two = Buffer.alloc(2)
  two.writeUInt16BE(field.length)
  return two
}
