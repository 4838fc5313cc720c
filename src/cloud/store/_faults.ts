/** Why a database cannot be used, in sentences. */

/** The message says what to do; the database's own error is the cause. */
export class CannotOpen extends Error {}

export function cannotOpen(folder: string, error: unknown): CannotOpen {
  return new CannotOpen(
    `The database in ${folder} cannot be opened (${reasonOf(error)}). WARREN_CLOUD_DATA names a folder that this account may write to.`,
    { cause: error },
  )
}

/** Names the machine, never the password that stands beside it. */
export function cannotReach(url: string, error: unknown): CannotOpen {
  const where = URL.canParse(url) ? new URL(url).host : 'the machine of DATABASE_URL'
  return new CannotOpen(`PostgreSQL at ${where} cannot be used (${reasonOf(error)}). Check DATABASE_URL.`, {
    cause: error,
  })
}

// --- internal ---

/** One for every address of a name is told as the first of them. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error)
}
