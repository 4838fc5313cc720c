/** What was typed, held against the contract before it is sent. */
import type { z } from 'zod'
import { WarrenError } from '@shared/errors'
import { issueWords } from '@shared/issue-words'

/** Returns `draft` as it is; throws `spec.invalid` with the first field that is wrong. */
export function checked<S extends z.ZodType>(schema: S, draft: z.input<S>): z.input<S> {
  const result = schema.safeParse(draft)
  if (result.success) return draft
  const [issue] = result.error.issues
  const field = issue?.path.join('.') ?? ''
  throw new WarrenError('spec.invalid', `${titleOf(field)} ${issueWords(issue?.message)}.`, {
    field,
    fix: '`warren help` shows how.',
  })
}

// --- internal ---

function titleOf(field: string): string {
  return titles[field] ?? titles[field.replace(/\.\d+$/, '.*')] ?? field
}

/** Fields as a person knows them from the command line. */
const titles: Readonly<Record<string, string>> = {
  name: 'The name',
  host: 'The host',
  port: 'The port',
  username: 'The user name',
  proxy: 'The proxy',
  proxyCommand: 'The proxy command',
  sourceAddress: 'The address to dial from',
  agent: 'The agent',
  jump: 'The jump chain',
  tags: 'The list of tags',
  'tags.*': 'A tag',
  'identityFiles.*': 'A key file',
  'certificateFiles.*': 'A certificate file',
  localHost: "The target's host",
  bindAddress: 'The bind address',
}
