let channel = process.stdout

/** From now on set-up speaks on standard error: standard output belongs to the command that comes after it. */
export function sayOnStandardError() {
  channel = process.stderr
}

/**
 * Prints one line about one step: what was done, and why.
 *
 * @param {string} step
 * @param {string} sentence
 */
export function say(step, sentence) {
  channel.write(`${step.padEnd(9)} ${sentence}\n`)
}

/**
 * A fault a person can cure: printed as its sentence, without a stack.
 */
export class SetupError extends Error {
  /**
   * @param {string} code `setup.reason`
   * @param {string} message what is wrong and what to do
   * @param {unknown} [cause]
   */
  constructor(code, message, cause) {
    super(message, { cause })
    this.name = 'SetupError'
    this.code = code
  }
}

/**
 * Says what went wrong: a known fault with its sentence and code, anything else with its stack.
 *
 * @param {unknown} error
 */
export function sayFault(error) {
  if (error instanceof SetupError) console.error(`\n${error.message} (${error.code})`)
  else console.error(error)
}

/** @param {number} since a value of `performance.now()` */
export function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
