/** `npm run bench`: sets up what is missing, then prints the figures and writes docs/benchmarks.md. Arguments choose files. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './_places.mjs'

const setup = await run(process.execPath, [join(root, 'scripts/setup.mjs'), '--test'])
process.exitCode =
  setup !== 0
    ? setup
    : await run(join(root, 'node_modules/.bin/vitest'), ['run', '--project', 'bench', ...process.argv.slice(2)])

/** Resolves with the exit code; 1 when a signal ended it. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
