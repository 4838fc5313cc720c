/** `npm run --silent warren -- ARGS`: the built command line; before there is one, says what makes it. */
import { existsSync } from 'node:fs'

const built = new URL('../out/node/warren.mjs', import.meta.url)
if (existsSync(built)) {
  await import(built.href)
} else {
  process.stderr.write('The command line is not built yet (setup.not-built). Run: npm run setup\n')
  process.exitCode = 1
}
