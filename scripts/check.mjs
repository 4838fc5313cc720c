/**
 * The fast loop: format, types, imports, lint, dead code, unit tests.
 *
 * `npm run check` runs all of it; `--static` leaves the tests out; `--report FILE` writes `[{ name, ok, seconds }]` for `npm test`.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({ options: { static: { type: 'boolean' }, report: { type: 'string' } } })

const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)
/** Steps of one lane run one after the other, the lanes side by side: two cores, and lint takes as long as all the others. */
const lanes = [
  [
    { name: 'types', command: bin('tsc'), args: ['-b'] },
    { name: 'format', command: bin('prettier'), args: ['--check', '--log-level', 'warn', '.'] },
    { name: 'imports', command: bin('depcruise'), args: ['src', '--config', '.dependency-cruiser.cjs'] },
    { name: 'dead code', command: bin('knip'), args: ['--no-progress'] },
  ],
  [{ name: 'lint', command: bin('eslint'), args: ['.', '--max-warnings', '0'] }],
]
const tests = {
  name: 'unit tests',
  command: bin('vitest'),
  args: ['run', '--project', 'unit', '--project', 'renderer'],
}

const results = (await Promise.all(lanes.map(runLane))).flat()
if (!values.static) results.push(await runStep(tests))

const failed = results.filter((result) => !result.ok)
if (values.report) writeFileSync(values.report, JSON.stringify(results))
console.log(
  `check: ${results.length - failed.length} of ${results.length} steps passed${failed.length ? `; failed: ${failed.map((each) => each.name).join(', ')}` : ''}`,
)
process.exitCode = failed.length === 0 ? 0 : 1

// --- internal ---

async function runLane(steps) {
  const done = []
  for (const step of steps) done.push(await runStep(step))
  return done
}

/** Output is held back and shown only when the step fails, so that lanes do not mix. */
function runStep({ name, command, args }) {
  const started = Date.now()
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    const output = []
    child.stdout.on('data', (chunk) => output.push(chunk))
    child.stderr.on('data', (chunk) => output.push(chunk))
    const finish = (ok, note) => {
      const seconds = (Date.now() - started) / 1000
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`)
      if (!ok) console.log(`${Buffer.concat(output).toString()}${note ?? ''}`)
      resolve({ name, ok, seconds })
    }
    child.on('error', (error) => finish(false, error.message))
    child.on('close', (code, signal) => finish(code === 0, signal ? `ended by ${signal}` : ''))
  })
}
