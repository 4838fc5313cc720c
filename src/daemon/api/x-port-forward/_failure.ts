/** Why a change was not made: by the store, by the engine, or because it cannot be as it was written. */
import { isErrorCode, WarrenError } from '@shared/errors'

export type FailureKind = 'store' | 'invalid' | 'name-taken' | 'other'

export function kindOf(error: unknown): FailureKind {
  if (error instanceof WarrenError && isErrorCode(error.code)) {
    if (error.code === 'spec.name-taken') return 'name-taken'
    const [area] = error.code.split('.')
    if (area === 'store') return 'store'
    if (area === 'spec' || area === 'relay' || area === 'port') return 'invalid'
    return 'other'
  }
  // What SQLite says beyond the cases that have words of their own: a lock, a constraint.
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && code.startsWith('SQLITE_') ? 'store' : 'other'
}
