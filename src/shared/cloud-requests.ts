/** What clients may ask of the daemon about the cloud; part of `./rpc`. */
import { z } from 'zod'
import {
  cloudFieldNames,
  teamRoles,
  type CloudAuditEntry,
  type CloudConflict,
  type CloudInvitation,
  type CloudMember,
  type CloudRun,
  type CloudTeam,
  type CloudView,
} from './cloud-views'
import type { ForwardView } from './snapshots'

const none = z.strictObject({})
const id = z.string().min(1).max(100)
const ids = z.array(id).min(1).max(10_000)
const teamId = z.uuid('must be the id of a team')
const secret = z.string().max(64 * 1024)
const MAX_ADDRESS = 2000
const MAX_TEXT = 200
const MIN_POLL = 5
const MAX_POLL = 86_400

/** `https://host[:port][/path]`; `http` only for this machine, or when the person insists. */
export const cloudUrlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) address' })
  .max(MAX_ADDRESS, 'is too long')
const keep = z.enum(['keychain', 'file', 'memory'])
const access = {
  url: cloudUrlSchema,
  /** Where the login rests; `keychain` is refused with `secret.no-keyring` where there is none. */
  keep: keep.default('keychain'),
  /** Allows `http` to another machine: password and token travel in clear. */
  insecure: z.boolean().default(false),
  /** Puts the forwards that are on this machine into the account. */
  adopt: z.boolean().default(false),
}

export const cloudParams = {
  'cloud.status': none,
  'cloud.login': z.strictObject({
    ...access,
    email: z.string().min(1, 'must not be empty').max(MAX_TEXT, 'is too long'),
    password: secret.min(1, 'must not be empty'),
  }),
  /** Makes an account with the link of an invitation or of a server's first start (`https://host/invite#TOKEN`), and signs in. */
  'cloud.register': z.strictObject({
    ...access,
    url: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).max(MAX_ADDRESS, 'is too long'),
    email: z.email('needs an @ and a domain, such as ada@example.com').max(MAX_TEXT, 'is too long'),
    username: z.string().trim().min(3, 'must have at least 3 characters').max(MAX_TEXT, 'is too long'),
    password: secret.min(6, 'must have at least 6 characters'),
  }),
  /** Forgets the login here and tells the server; forwards stay, and are this machine's own until the same account signs in again. */
  'cloud.logout': none,
  'cloud.changePassword': z.strictObject({
    oldPassword: secret.min(1, 'must not be empty'),
    newPassword: secret.min(6, 'must have at least 6 characters'),
  }),
  /** Resolves when a round with the server is over; refused with why it could not be. */
  'cloud.sync': none,
  /** How often a server without events is asked. */
  'cloud.setPolling': z.strictObject({ seconds: z.int().min(MIN_POLL).max(MAX_POLL) }),

  /** Moves forwards: `local` to this machine alone, `personal` to the account, or the id of a team. */
  'cloud.share': z.strictObject({ ids, namespace: z.union([z.enum(['local', 'personal']), teamId]) }),
  /** Drops this machine's own value of a field for the shared one; or keeps the value of now as its own. */
  'cloud.setOverride': z.strictObject({ id, field: z.enum(cloudFieldNames), own: z.boolean() }),
  /** Seals a secret for those who share the forward; `null` takes it back. Refused with `cloud.no-sealing` by a server without it. */
  'cloud.setSecret': z.strictObject({
    id,
    kind: z.enum(['password', 'keyContent', 'passphrase']),
    value: secret.min(1).nullable(),
  }),
  'cloud.conflicts': none,
  /** Per field for `edited`; for a deletion `mine` or `theirs` as a whole, or `local`: keep it on this machine only. */
  'cloud.resolve': z.strictObject({
    id,
    choice: z.union([
      z.enum(['mine', 'theirs', 'local']),
      z.strictObject({ fields: z.partialRecord(z.enum(cloudFieldNames), z.enum(['mine', 'theirs'])) }),
    ]),
  }),
  /** Who runs a forward now, asked of the server. */
  'cloud.runs': z.strictObject({ id }),

  'cloud.createTeam': z.strictObject({ name: z.string().trim().min(1, 'must not be empty').max(100, 'is too long') }),
  /** Joins a team by an invitation's link or its token. */
  'cloud.joinTeam': z.strictObject({ link: z.string().trim().min(1, 'must not be empty').max(MAX_ADDRESS) }),
  'cloud.members': z.strictObject({ teamId }),
  'cloud.invitations': z.strictObject({ teamId }),
  'cloud.invite': z.strictObject({
    teamId,
    role: z.enum(teamRoles).default('developer'),
    days: z.int().min(1).max(90).default(7),
  }),
  'cloud.withdraw': z.strictObject({ teamId, invitationId: id }),
  'cloud.setRole': z.strictObject({ teamId, userId: id, role: z.enum(teamRoles) }),
  /** Takes a member out; the team gets a new key that they do not know. */
  'cloud.removeMember': z.strictObject({ teamId, userId: id }),
  'cloud.leaveTeam': z.strictObject({ teamId }),
  'cloud.dissolveTeam': z.strictObject({ teamId }),
  'cloud.audit': z.strictObject({
    teamId,
    limit: z.int().min(1).max(1000).default(200),
    before: z.int().min(1).optional(),
  }),
  /** Gives a member the team's key; `fingerprint` is what the person saw, and it must be theirs still. */
  'cloud.grantKey': z.strictObject({ teamId, userId: id, fingerprint: z.string().min(1).max(100) }),

  /** Makes the account's key. The code is told this once; it opens the secrets on another machine. */
  'cloud.makeKey': none,
  /** Refused with `cloud.recovery-code` when it is not the one. */
  'cloud.unlock': z.strictObject({ recoveryCode: z.string().trim().min(1, 'must not be empty').max(MAX_TEXT) }),
  /** A new key in place of one whose code is lost: personal secrets are lost, teams must give theirs again. */
  'cloud.resetKey': none,
} as const satisfies Record<string, z.ZodType>

export interface CloudResults {
  'cloud.status': CloudView
  'cloud.login': CloudView
  'cloud.register': CloudView
  'cloud.logout': CloudView
  'cloud.changePassword': null
  'cloud.sync': CloudView
  'cloud.setPolling': CloudView
  'cloud.share': readonly ForwardView[]
  'cloud.setOverride': ForwardView
  'cloud.setSecret': ForwardView
  'cloud.conflicts': readonly CloudConflict[]
  'cloud.resolve': null
  'cloud.runs': readonly CloudRun[]
  'cloud.createTeam': CloudTeam
  'cloud.joinTeam': CloudTeam
  'cloud.members': readonly CloudMember[]
  'cloud.invitations': readonly CloudInvitation[]
  'cloud.invite': CloudInvitation
  'cloud.withdraw': null
  'cloud.setRole': null
  'cloud.removeMember': null
  'cloud.leaveTeam': null
  'cloud.dissolveTeam': null
  'cloud.audit': readonly CloudAuditEntry[]
  'cloud.grantKey': null
  'cloud.makeKey': { readonly recoveryCode: string }
  'cloud.unlock': null
  'cloud.resetKey': { readonly recoveryCode: string }
}
