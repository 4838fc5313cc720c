import { WarrenError } from '@shared/errors'

/** What one forward asks for cannot be had on this machine (`spec.…`): a fault of that forward alone. */
export function isOfSpec(error: unknown): error is WarrenError {
  return error instanceof WarrenError && error.code.startsWith('spec.')
}
