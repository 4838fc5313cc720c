import { access, constants, stat, unlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { run, tail } from './_run.mjs'
import { SetupError, say, seconds } from './_say.mjs'
import { START, TEST, VIRTUAL_DISPLAY } from './_system-packages.mjs'

/** @typedef {import('./_system-packages.mjs').SystemPackage} SystemPackage */

const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']
const POLICY = '/usr/sbin/policy-rc.d'

/**
 * Whether this process can put a window on a screen somebody may see.
 *
 * @param {NodeJS.ProcessEnv} [env]
 */
export function hasDisplay(env = process.env) {
  return process.platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
}

/**
 * Makes sure the libraries and commands of a set are there; only Linux lacks any.
 *
 * As root with apt they are installed. Otherwise the exact command is printed: missing ones of `start` end the set-up,
 * missing ones of `test` do not, as the tests that need them say so themselves.
 *
 * @param {'start' | 'test'} set
 * @returns {Promise<boolean>} whether anything was done
 */
export async function ensureSystem(set) {
  if (process.platform !== 'linux') return false
  const start = hasDisplay() && set === 'start' ? START : [...START, ...VIRTUAL_DISPLAY]
  const there = await probe()
  const needed = await missing(start, there)
  const wanted = set === 'test' ? await missing(TEST, there) : []
  const all = [...needed, ...wanted]
  if (all.length === 0) return false

  const hasApt = await there.command('apt-get')
  if (hasApt && process.getuid?.() === 0) {
    await install(all)
    return true
  }
  const text = all.map(({ name, why }) => `  ${name}: ${why}`).join('\n')
  const cure = hasApt
    ? `Run: ${installCommand(all)}`
    : 'Install what your system calls these (the names are those of Debian).'
  const message = `Missing on this machine:\n${text}\n${cure}`
  if (needed.length > 0) throw new SetupError('setup.system-packages', message)
  say('system', message)
  return true
}

/** @param {SystemPackage[]} packages */
export function installCommand(packages) {
  const names = packages.map(({ name }) => name).join(' ')
  return `sudo apt-get update && sudo apt-get install --no-install-recommends -y ${names}`
}

/**
 * The packages of a list that are not there.
 *
 * @param {SystemPackage[]} packages
 * @param {{ [what in 'library' | 'command' | 'file']: (name: string) => boolean | Promise<boolean> }} there
 */
export async function missing(packages, there) {
  const found = await Promise.all(
    packages.map(async ({ library, command, file }) => {
      if (library !== undefined) return there.library(library)
      if (command !== undefined) return there.command(command)
      return file === undefined || there.file(file)
    }),
  )
  return packages.filter((_, index) => !found[index])
}

/** Looks at this machine: the loader's list, the path with the sbin folders, the file system. */
async function probe() {
  const known = await loaderLibraries()
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...SBIN]
  return {
    /** @param {string} name */
    library: (name) => known.has(name),
    /** @param {string} name */
    command: async (name) => {
      const hits = folders.map((folder) => access(join(folder, name), constants.X_OK))
      return Promise.any(hits).then(
        () => true,
        () => false,
      )
    },
    /** @param {string} path */
    file: async (path) => (await stat(path).catch(() => null)) !== null,
  }
}

async function loaderLibraries() {
  for (const ldconfig of ['/sbin/ldconfig', '/usr/sbin/ldconfig', 'ldconfig']) {
    const { code, output } = await run(ldconfig, ['-p'])
    if (code === 0) return parseLoaderList(output)
  }
  throw new SetupError('setup.no-ldconfig', 'ldconfig cannot be run, so set-up cannot tell which libraries are there.')
}

/** @param {string} output of `ldconfig -p` */
export function parseLoaderList(output) {
  return new Set([...output.matchAll(/^\s+(\S+) \(/gm)].map((match) => match[1] ?? ''))
}

/** @param {SystemPackage[]} packages */
async function install(packages) {
  const since = performance.now()
  const names = packages.map(({ name }) => name)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const update = await run('apt-get', ['update', '-qq'], { env })
  // Otherwise installing openssh-server would start an SSH server on the machine of somebody who only wanted to run tests.
  const quiet = await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { flag: 'wx', mode: 0o755 }).then(
    () => true,
    () => false,
  )
  try {
    const result = await run('apt-get', ['install', '--no-install-recommends', '-y', '-qq', ...names], { env })
    if (result.code !== 0) {
      const why = update.code === 0 ? result.output : `${update.output}\n${result.output}`
      throw new SetupError('setup.system-packages', `apt-get could not install ${names.join(' ')}:\n${tail(why)}`)
    }
  } finally {
    if (quiet) await unlink(POLICY)
  }
  say('system', `installed ${names.join(', ')} in ${seconds(since)}: they were missing`)
}
