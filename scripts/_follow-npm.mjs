const FOLLOW_MS = 300

/**
 * Calls `end` once when npm was told to stop: it tells the shell between it and us, which ends without passing the signal on, and what was
 * started would run on unknown to anybody.
 *
 * @param {string} script Its name in package.json; started otherwise there is no npm to follow.
 * @param {() => void} end
 */
export function followNpm(script, end) {
  if (process.env['npm_lifecycle_event'] !== script) return
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    end()
  }, FOLLOW_MS)
  watch.unref()
}
