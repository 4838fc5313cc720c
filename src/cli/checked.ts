/** What was typed, held against the contract before it is sent. */
import type { z } from 'zod'
import { WarrenError } from '@shared/errors'
import { issueWords } from '@shared/issue-words'
import { SEE_HELP } from './usage'

/** Returns `draft` as it is; throws `spec.invalid` with the first field that is wrong. */
export function checked<S extends z.ZodType>(schema: S, draft: z.input<S>): z.input<S> {
  const result = schema.safeParse(draft)
  if (result.success) return draft
  const [issue] = result.error.issues
  const field = issue?.path.join('.') ?? ''
  throw new WarrenError('spec.invalid', `${titleOf(field)} ${issueWords(issue?.message)}.`, {
    field,
    fix: SEE_HELP,
  })
}

// --- internal ---

function titleOf(field: string): string {
  return titles[field] ?? titles[field.replace(/\.\d+(?=\.|$)/g, '.*')] ?? field
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
  listenHost: 'The address to listen on',
  listenPort: 'The port to listen on',
  portCount: 'The range of ports',
  targets: 'The list of targets',
  'targets.*.host': "The target's host",
  'targets.*.port': "The target's port",
  'allow.*': 'An address that may connect',
  'deny.*': 'An address that may not connect',
  acceptProxy: 'A PROXY header to accept',
  sendProxy: 'A PROXY header to send',
  connectTimeoutSeconds: 'The time-out of connecting',
  idleSeconds: 'The idle time-out',
  maxConnections: 'The number of connections',
  maxConnectionsPerSource: 'The number of connections per address',
  newConnectionsPerSecond: 'The number of new connections',
  'perRule.up': 'The rate of all clients together',
  'perRule.down': 'The rate of all clients together',
  'quota.bytes': 'The quota',
  url: 'The address',
  email: 'The e-mail address',
  password: 'The password',
  oldPassword: 'The current password',
  newPassword: 'The new password',
  recoveryCode: 'The recovery code',
  link: 'The link',
  seconds: 'The time',
  intervalSeconds: 'The time between reports',
  key: 'The key',
  'listen.host': 'The address to listen on',
  'listen.port': 'The port to listen on',
}
