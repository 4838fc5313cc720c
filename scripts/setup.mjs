import { parseArgs } from 'node:util'
import { setUp } from './_setup.mjs'
import { sayFault } from './_say.mjs'

/** `npm run setup [-- --test]`: makes the clone ready to start, or with `--test` ready to be tested. */
try {
  const { values } = parseArgs({ options: { test: { type: 'boolean', default: false } } })
  await setUp({ set: values.test ? 'test' : 'start' })
} catch (error) {
  sayFault(error)
  process.exitCode = 1
}
