/** What the command line of the app may say. */
export interface Flags {
  /** Start without a window: at login, only the tray shows. */
  readonly hidden: boolean
  /** Make the demo server and its sample forwards. */
  readonly demo: boolean
}

/** Reads the flags out of a command line, which also carries Chromium's own switches. */
export function parseFlags(argv: readonly string[]): Flags {
  return { hidden: argv.includes('--hidden'), demo: argv.includes('--demo') }
}
