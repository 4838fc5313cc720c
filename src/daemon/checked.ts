/** What several handlers refuse in the same words. */
import { WarrenError } from '@shared/errors'
import { issueWords } from '@shared/issue-words'
import type { z } from 'zod'
import type { NamedKind } from './catalog'

/** Parses a whole spec after a patch; throws `spec.invalid` naming the field. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  throw new WarrenError('spec.invalid', `${field === '' ? 'The entry' : field} ${issueWords(issue?.message)}.`, {
    field: field || null,
  })
}

export function nameTaken(kind: NamedKind, name: string): WarrenError {
  return new WarrenError('spec.name-taken', `There is a ${kind} named "${name}" already.`, {
    fix: 'Choose another name; upper and lower case count as the same.',
    field: 'name',
  })
}
