import { spawn } from 'node:child_process'

/**
 * @typedef {object} Outcome
 * @property {number | null} code null when a signal ended it or it could not be started
 * @property {string} output standard output and standard error as they came
 * @property {boolean} timedOut
 */

/**
 * Runs a command to its end and gathers what it prints.
 *
 * Never rejects: a command that is not there has `code` null and the reason as its output.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number, show?: boolean, shell?: boolean }} [options]
 *   `timeout` in ms; `show` lets the command print to our terminal, and gathers nothing
 * @returns {Promise<Outcome>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      shell: options.shell ?? false,
      stdio: options.show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let timedOut = false
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    const timer = options.timeout
      ? setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, options.timeout)
      : undefined
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ code: null, output: error.message, timedOut })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output, timedOut })
    })
  })
}

/**
 * Runs npm: the very npm that started us where there is one, else the one on the path.
 *
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function npm(args, options = {}) {
  const own = process.env['npm_execpath']
  if (own && /npm-cli\.[cm]?js$/.test(own)) return run(process.execPath, [own, ...args], options)
  return run('npm', args, { ...options, shell: process.platform === 'win32' })
}

/**
 * The last lines of a command's output, for a message.
 *
 * @param {string} output
 * @param {number} [lines]
 */
export function tail(output, lines = 15) {
  return output.trim().split('\n').slice(-lines).join('\n')
}
