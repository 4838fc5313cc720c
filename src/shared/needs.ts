/** Needs: questions only a person can answer. The daemon raises them, any attached client may answer. */
import { z } from 'zod'
import type { HostKeySummary } from './errors'

interface NeedBase {
  readonly id: string
  readonly serverId: string
  /** Name of the server that asks. */
  readonly server: string
  /** `user@host:port` as it is dialled. */
  readonly login: string
  /** The forwards that wait for the answer. */
  readonly forwardIds: readonly string[]
  readonly raisedAt: string
  /** After this the need turns into `need.unanswered`. */
  readonly expiresAt: string
}

export interface HostKeyNeed extends NeedBase {
  readonly kind: 'host-key'
  readonly host: string
  readonly port: number
  /** `ssh-ed25519`, … */
  readonly keyType: string
  /** OpenSSH form: `SHA256:` and base64 without padding. */
  readonly fingerprint: string
  /** Nine lines and two rules, as `ssh-keygen -lv` draws it. */
  readonly randomart: string
  /** Other names under which the same key is already trusted. */
  readonly knownAs: readonly string[]
  /** The name trust is recorded under: `host`, `[host]:port` or the HostKeyAlias. */
  readonly recordedAs: string
  /** Why the certificate it came in does not help, as a sentence. */
  readonly certificate: string | null
  /** The file that the key can be written to as well; `null` when there is none. */
  readonly knownHostsFile: string | null
}

/** The server announces new keys, each proved, in a session with a key that is trusted (hostkeys-00@openssh.com). Nothing waits for it. */
export interface HostKeyRotationNeed extends NeedBase {
  readonly kind: 'host-key-rotation'
  /** The name trust is recorded under. */
  readonly name: string
  readonly current: HostKeySummary
  readonly added: readonly HostKeySummary[]
  /** Trusted in Warren and not announced any more. */
  readonly retired: readonly HostKeySummary[]
}

export interface PasswordNeed extends NeedBase {
  readonly kind: 'password'
  readonly username: string
  /** `host:port` of the proxy that wants it, in place of the server. */
  readonly proxy?: string | undefined
  /** Name of the forward whose clients must give it: a password to choose, not one that a server knows. */
  readonly forward?: string | undefined
  /** The server refused the one before. */
  readonly refused: boolean
}

export interface PassphraseNeed extends NeedBase {
  readonly kind: 'passphrase'
  readonly keyFile: string
  readonly refused: boolean
}

export interface KeyboardInteractiveNeed extends NeedBase {
  readonly kind: 'keyboard-interactive'
  /** Name, instruction and prompts are the server's own words (RFC 4256 §3.2). */
  readonly name: string
  readonly instruction: string
  readonly prompts: readonly { readonly text: string; readonly echo: boolean }[]
  /** The server refused the answers before. */
  readonly refused?: boolean
}

/** Not a question: a key waits for the person's hand, and the need goes away when it has signed. It can only be cancelled. */
export interface TouchKeyNeed extends NeedBase {
  readonly kind: 'touch-key'
  /** What the key is called: a file, or its comment in the agent. */
  readonly key: string
  /** `touch`: a security key blinks. `confirm`: the agent may ask in a window of its own. */
  readonly reason: 'touch' | 'confirm'
}

/** A line of the ssh config wants to run a command for the first time. */
export interface AllowCommandNeed extends NeedBase {
  readonly kind: 'allow-command'
  readonly purpose: 'match-exec' | 'proxy-command'
  /** As it would run, tokens replaced. */
  readonly command: string
  readonly file: string
  /** Counts from 1; 0 when it is the file as a whole. */
  readonly line: number
}

export type Need =
  | HostKeyNeed
  | HostKeyRotationNeed
  | PasswordNeed
  | PassphraseNeed
  | KeyboardInteractiveNeed
  | AllowCommandNeed
  | TouchKeyNeed
export type NeedKind = Need['kind']

const secret = z.string().max(64 * 1024)

export const needAnswerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('host-key'),
    decision: z.enum(['trust', 'once', 'reject']),
    /** With `trust`: write it to {@link HostKeyNeed.knownHostsFile} too. */
    knownHosts: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('host-key-rotation'), decision: z.enum(['trust', 'ignore']) }),
  z.strictObject({ kind: z.literal('password'), password: secret }),
  z.strictObject({ kind: z.literal('passphrase'), passphrase: secret }),
  z.strictObject({ kind: z.literal('keyboard-interactive'), answers: z.array(secret).max(64) }),
  /** Allowed from now on, in that file. */
  z.strictObject({ kind: z.literal('allow-command'), decision: z.enum(['allow', 'deny']) }),
  z.strictObject({ kind: z.literal('cancel') }),
])
export type NeedAnswer = z.output<typeof needAnswerSchema>

/** How long a need waits for a person. */
export const NEED_TIMEOUT_MS = 120_000
