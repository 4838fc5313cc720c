/**
 * Error codes and faults.
 *
 * A code is stable: scripts match on it, so a code is never renamed, only added. `retry` says whether the supervisor tries
 * again by itself (design: transient faults are retried, the rest wait for a person).
 */
export const errorCodes = {
  'spec.invalid': { title: 'A field is not valid', retry: false },
  'spec.name-taken': { title: 'The name is taken', retry: false },
  'spec.not-found': { title: 'No such forward or server', retry: false },
  'spec.in-use': { title: 'Something still uses it', retry: false },
  'usage.invalid': { title: 'The command line is not valid', retry: false },
  'command.invalid': { title: 'The ssh command cannot be read', retry: false },
  'config.invalid': { title: 'The ssh config cannot be used', retry: false },
  'config.host-gone': { title: 'The ssh config has this host no more', retry: false },
  'config.command-not-allowed': { title: 'A command of the ssh config was not allowed', retry: false },
  'config.read-only': { title: 'It is written in the ssh config', retry: false },

  'port.in-use': { title: 'The port is in use', retry: false },
  'port.forbidden': { title: 'The port may not be used', retry: false },
  'port.address-unavailable': { title: 'This machine does not have that address', retry: false },

  'ssh.dns': { title: 'The server name cannot be resolved', retry: true },
  'ssh.unreachable': { title: 'The server cannot be reached', retry: true },
  'ssh.timeout': { title: 'The server did not answer in time', retry: true },
  'ssh.closed': { title: 'The server closed the session', retry: true },
  'ssh.keepalive-timeout': { title: 'The server stopped answering', retry: true },
  'ssh.protocol': { title: 'The server does not speak SSH as expected', retry: true },
  'ssh.no-common-algorithm': { title: 'No algorithm in common with the server', retry: false },
  'ssh.auth-failed': { title: 'The server refused the login', retry: false },
  'ssh.password-expired': { title: 'The password must be changed', retry: false },
  'ssh.host-key-unknown': { title: 'The server is not known yet', retry: false },
  'ssh.host-key-changed': { title: 'The server shows another key', retry: false },
  'ssh.host-key-revoked': { title: 'The server shows a revoked key', retry: false },
  'ssh.host-key-rejected': { title: 'You did not trust the server', retry: false },
  'ssh.host-cert-expired': { title: "The server's certificate has expired", retry: false },
  'ssh.host-cert-not-yet-valid': { title: "The server's certificate is not valid yet", retry: false },
  'ssh.host-cert-principal': { title: "The server's certificate is for another name", retry: false },
  'ssh.host-cert-invalid': { title: "The server's certificate cannot be used", retry: false },
  'trust.unwritable': { title: 'The known_hosts file cannot be written', retry: false },
  'ssh.jump-loop': { title: 'The jump chain leads back to itself', retry: false },
  'ssh.proxy-failed': { title: 'The proxy did not connect', retry: true },
  'ssh.proxy-auth': { title: 'The proxy refused the login', retry: false },

  'key.missing': { title: 'The key file does not exist', retry: false },
  'key.unreadable': { title: 'The key file cannot be read', retry: false },
  'key.too-open': { title: 'Others can read the key file', retry: false },
  'key.not-a-key': { title: 'The file is not a private key', retry: false },
  'key.needs-agent': { title: 'Only the agent can sign with the key', retry: false },
  'key.not-a-certificate': { title: 'The file is not a user certificate', retry: false },
  'key.certificate-expired': { title: 'The certificate has expired', retry: false },
  'key.certificate-not-yet': { title: 'The certificate is not valid yet', retry: false },
  'key.passphrase': { title: 'The passphrase is wrong', retry: false },
  'agent.unreachable': { title: 'The SSH agent does not answer', retry: false },
  'agent.refused': { title: 'The SSH agent did not sign', retry: false },

  'forward.refused': { title: 'The server forbids this forward', retry: false },
  'forward.remote-port-in-use': { title: 'The port is taken on the server', retry: true },
  'target.refused': { title: 'The target refused the connection', retry: true },
  'target.unreachable': { title: 'The target cannot be reached', retry: true },
  'target.unresolvable': { title: 'The target name cannot be resolved', retry: true },
  'target.timeout': { title: 'The target did not answer', retry: true },
  'health.failed': { title: 'The health check failed', retry: true },
  'socks.invalid': { title: 'Not a SOCKS request', retry: false },

  'relay.loop': { title: 'The relay leads back to itself', retry: false },
  'relay.proxy-header': { title: 'Not a PROXY protocol header', retry: false },
  'limit.connections': { title: 'More connections than allowed', retry: false },
  'limit.quota': { title: 'The quota is used up', retry: false },
  'limit.expired': { title: 'Its time is over', retry: false },

  'api.unknown': { title: 'No such control API', retry: false },
  'api.no-key': { title: 'The control API has no key', retry: false },
  'api.not-running': { title: 'The control API does not answer', retry: false },
  'api.certificate': { title: 'The certificate cannot be used', retry: false },
  'export.unwritable': { title: 'The file cannot be written', retry: false },
  'report.failed': { title: 'The traffic report was not taken', retry: true },

  'cloud.signed-out': { title: 'Nobody is signed in', retry: false },
  'cloud.unreachable': { title: 'The cloud server cannot be reached', retry: true },
  'cloud.timeout': { title: 'The cloud server did not answer in time', retry: true },
  'cloud.bad-answer': { title: 'The cloud server answered something else', retry: true },
  'cloud.server-fault': { title: 'The cloud server made a mistake', retry: true },
  'cloud.busy': { title: 'The cloud server wants fewer requests', retry: true },
  'cloud.redirected': { title: 'The cloud server sends to another address', retry: false },
  'cloud.insecure': { title: 'The address is not encrypted', retry: false },
  'cloud.certificate': { title: "The cloud server's certificate cannot be used", retry: false },
  'cloud.login-refused': { title: 'The cloud server refused the login', retry: false },
  'cloud.login-needed': { title: 'The cloud server wants a login again', retry: false },
  'cloud.forbidden': { title: 'Your role does not allow this', retry: false },
  'cloud.not-found': { title: 'The cloud server has it no more', retry: false },
  'cloud.refused': { title: 'The cloud server refused it', retry: false },
  'cloud.no-new-accounts': { title: 'The cloud server makes no new accounts', retry: false },
  'cloud.changed-meanwhile': { title: 'It was changed meanwhile', retry: false },
  'cloud.no-extension': { title: 'This cloud server cannot do that', retry: false },
  'cloud.no-sealing': { title: 'This cloud server keeps no sealed secrets', retry: false },
  'cloud.key-locked': { title: 'The secrets are locked on this machine', retry: false },
  'cloud.key-exists': { title: 'The account has a key already', retry: false },
  'cloud.team-key-waiting': { title: "A member must give you the team's key", retry: false },
  'cloud.recovery-code': { title: 'The recovery code is not the one', retry: false },
  'cloud.key-changed': { title: "A member's key is another one", retry: false },
  'cloud.sealed-for-other': { title: 'The secret was sealed for another server', retry: false },

  'need.unanswered': { title: 'A question was not answered in time', retry: false },
  'need.cancelled': { title: 'A question was cancelled', retry: false },
  'need.gone': { title: 'The question was settled already', retry: false },

  'store.newer': { title: 'The data was written by a newer Warren', retry: false },
  'store.damaged': { title: 'The data file is damaged', retry: false },
  'store.full': { title: 'The disk is full', retry: false },
  'store.unwritable': { title: 'The data folder cannot be written', retry: false },
  'store.locked': { title: 'Another Warren uses this data folder', retry: false },

  'daemon.unreachable': { title: 'The daemon cannot be reached', retry: false },
  'daemon.version': { title: 'The daemon is another version', retry: false },
  'daemon.stopping': { title: 'The daemon is stopping', retry: false },
  'rpc.invalid': { title: 'The request is not valid', retry: false },
  'rpc.too-large': { title: 'The request is too large', retry: false },
  'rpc.unknown-method': { title: 'No such request', retry: false },
  'ipc.untrusted-sender': { title: 'The request came from an unknown window', retry: false },

  'secret.no-keyring': { title: 'This desktop has no keyring', retry: false },
  'secret.unreadable': { title: 'A saved secret cannot be read', retry: false },

  cancelled: { title: 'It was cancelled', retry: false },
  internal: { title: 'Warren made a mistake', retry: true },
} as const satisfies Record<string, { title: string; retry: boolean }>

export type ErrorCode = keyof typeof errorCodes

/** What a press of a button could do about a fault. */
export type Remedy =
  | { readonly action: 'use-port'; readonly port: number }
  | { readonly action: 'edit-server'; readonly serverId: string }
  | { readonly action: 'edit-forward' }
  | { readonly action: 'compare-host-keys'; readonly conflict: HostKeyConflict }
  | { readonly action: 'retry' }

/** A public key as people compare it. */
export interface HostKeySummary {
  /** `ssh-ed25519`, … */
  readonly keyType: string
  /** OpenSSH form: `SHA256:` and base64 without padding. */
  readonly fingerprint: string
  /** Nine lines and two rules, as `ssh-keygen -lv` draws it. */
  readonly randomart: string
}

/** A server that shows another key than the recorded one. */
export interface HostKeyConflict {
  readonly serverId: string
  readonly server: string
  /** As it is recorded: `host`, `[host]:port` or the HostKeyAlias. */
  readonly name: string
  readonly shown: HostKeySummary
  /** The one of the same type first. `file` is `null` for what was trusted in Warren. */
  readonly recorded: readonly (HostKeySummary & { readonly file: string | null; readonly line: number | null })[]
  /** What takes the old ones out of the files, for a shell. */
  readonly commands: readonly string[]
}

/** An error as data: what crosses process borders and what views show. */
export interface Fault {
  readonly code: ErrorCode
  /** One sentence for the person: subject, cause. */
  readonly message: string
  /** What to do about it, where Warren knows. */
  readonly fix: string | null
  /** The field or file that is to blame, as a path (`localPort`, `identityFiles.0`). */
  readonly field: string | null
  readonly remedy: Remedy | null
  /** Technical detail, for the folded part of an error view. */
  readonly detail: string | null
}

export interface WarrenErrorOptions {
  readonly fix?: string | null
  readonly field?: string | null
  readonly remedy?: Remedy | null
  readonly cause?: unknown
}

/** The one error class: a stable code, a sentence, a fix where known, and the cause. */
export class WarrenError extends Error {
  readonly code: ErrorCode
  readonly fix: string | null
  readonly field: string | null
  readonly remedy: Remedy | null

  constructor(code: ErrorCode, message: string, options: WarrenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'WarrenError'
    this.code = code
    this.fix = options.fix ?? null
    this.field = options.field ?? null
    this.remedy = options.remedy ?? null
  }

  toFault(): Fault {
    return {
      code: this.code,
      message: this.message,
      fix: this.fix,
      field: this.field,
      remedy: this.remedy,
      detail: this.cause === undefined ? null : describeCause(this.cause),
    }
  }
}

/** Turns whatever was thrown into a fault; what is not ours becomes `internal`. */
export function toFault(error: unknown): Fault {
  if (error instanceof WarrenError) return error.toFault()
  return {
    code: 'internal',
    message: `Warren made a mistake: ${describeCause(error)}`,
    fix: 'Try again; if it stays, report it with the log.',
    field: null,
    remedy: null,
    detail: error instanceof Error ? (error.stack ?? null) : null,
  }
}

/** The inverse of {@link WarrenError.toFault}: a fault that came over a wire, thrown again on this side. */
export function fromFault(fault: Fault): WarrenError {
  return new WarrenError(fault.code, fault.message, {
    fix: fault.fix,
    field: fault.field,
    remedy: fault.remedy,
    ...(fault.detail === null ? {} : { cause: fault.detail }),
  })
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCodes, value)
}

/** Whether the supervisor may try again by itself after this fault. */
export function isTransient(fault: Pick<Fault, 'code'>): boolean {
  return errorCodes[fault.code].retry
}

function describeCause(cause: unknown): string {
  if (cause instanceof Error) return cause.message
  return typeof cause === 'string' ? cause : (JSON.stringify(cause) ?? 'unknown')
}
