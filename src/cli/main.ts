/** The `warren` program. */
import { runCli } from './program'
import { systemWorld } from './terminal'

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // `warren ls | head`: the reader has seen enough, and that is no fault.
    if (error.code === 'EPIPE') process.exit(0)
    if (stream === process.stdout) process.stderr.write(`warren: The output cannot be written: ${error.message}.\n`)
    process.exit(1)
  })
}

const code = await runCli(process.argv.slice(2), systemWorld())
// Written out first: on a pipe `exit` would cut what is still on its way.
// A file that does not take it (a full disk) says so a turn later.
process.stdout.write('', () => process.stderr.write('', () => setImmediate(() => process.exit(code))))
