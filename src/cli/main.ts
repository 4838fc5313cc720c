/** The `warren` program. */
import { runCli } from './program'
import { systemWorld } from './terminal'

for (const stream of [process.stdout, process.stderr]) {
  // `warren ls | head`: the reader has seen enough, and that is no fault.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
}

const code = await runCli(process.argv.slice(2), systemWorld())
// Written out first: on a pipe `exit` would cut what is still on its way.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
