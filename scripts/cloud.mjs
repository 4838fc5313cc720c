import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureNodeBuild } from './_build.mjs'
import { followNpm } from './_follow-npm.mjs'
import { nodeProblem } from './_node-version.mjs'
import { withLock } from './_lock.mjs'
import { ensurePackages } from './_packages.mjs'
import { cacheFolder, root } from './_places.mjs'
import { sayFault, sayOnStandardError, SetupError } from './_say.mjs'

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * `npm run cloud [-- COMMAND]`: sets up what the server needs, without Electron or a display, and runs it. The exit code is the server's.
 */
async function cloud() {
  sayOnStandardError()
  const problem = nodeProblem(process.version)
  if (problem !== null) throw new SetupError('setup.node-too-old', problem)
  await withLock(root, cacheFolder(), async () => {
    await ensurePackages(root)
    await ensureNodeBuild(root)
  })
  const server = spawn(process.execPath, [join(root, 'out/node/warren-cloud.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of FORWARDED) process.on(signal, () => server.kill(signal))
  followNpm('cloud', () => server.kill('SIGTERM'))
  await new Promise((resolve) => server.once('exit', resolve))
  process.exitCode = server.exitCode ?? 1
}

try {
  await cloud()
} catch (error) {
  sayFault(error)
  process.exitCode = 1
}
