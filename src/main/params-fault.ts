/** What a refused request is told. */
import { WarrenError } from '@shared/errors'
import { issueWords } from '@shared/issue-words'
import type { RpcMethod } from '@shared/rpc'
import type { z } from 'zod'

/** Requests whose params a person typed: their faults name the field of the form. */
const writesSpec: ReadonlySet<string> = new Set<RpcMethod>([
  'servers.add',
  'servers.update',
  'forwards.add',
  'forwards.update',
])

/** The first issue as a fault: `spec.invalid` with the form's field for specs, else `rpc.invalid`. */
export function invalidParams(method: string, issues: readonly z.core.$ZodIssue[]): WarrenError {
  const issue = issues[0]
  const path = (issue?.path ?? []).map(String)
  if (path[0] === 'patch') path.shift()
  const field = path.length === 0 ? null : path.join('.')
  const what = issueWords(issue?.message)
  if (!writesSpec.has(method)) {
    return new WarrenError('rpc.invalid', `The request ${method} is not valid: ${field ?? 'it'} ${what}.`, { field })
  }
  return new WarrenError('spec.invalid', `${field ?? 'The entry'} ${what}.`, { field })
}
