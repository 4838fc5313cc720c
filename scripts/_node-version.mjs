/** `require()` of ES modules without a flag, which packages we use count on, came with this one. */
export const OLDEST_NODE = '20.19.0'

/**
 * Says why a Node version does not do, or null when it does.
 *
 * @param {string} version as in `process.version`, with or without the `v`
 * @returns {string | null}
 */
export function nodeProblem(version) {
  const has = numbers(version)
  const wants = numbers(OLDEST_NODE)
  if (!has) return `"${version}" is not a version of Node. Warren needs Node ${OLDEST_NODE} or newer.`
  for (const [index, want] of wants?.entries() ?? []) {
    const part = has[index] ?? 0
    if (part > want) return null
    if (part < want) {
      return `Warren needs Node ${OLDEST_NODE} or newer; this is ${has.join('.')}. Install a newer one from https://nodejs.org.`
    }
  }
  return null
}

/** @param {string} version */
function numbers(version) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)
  return match ? match.slice(1).map(Number) : null
}
