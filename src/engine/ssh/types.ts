/** The border between the SSH layer and the forward layer. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Endpoint } from '@shared/endpoints'
import type { Need, NeedAnswer } from '@shared/needs'
import type { LogEntry, SessionSnapshot } from '@shared/snapshots'
import type { HostKeyPolicy, ServerSpec } from '@shared/specs'
import type { EndReason } from '@shared/traffic'
import type { ConnectionLimits } from '../traffic'

/** How far a session has come; the supervisor shows it as the forward's state. */
export type SessionPhase = 'resolving' | 'connecting' | 'verifying' | 'authenticating' | 'ready'

/** Plain numbers, written by the splice and sampled by whoever looks. */
export interface TrafficCounter {
  /** Payload bytes that the client sent. */
  bytesUp: number
  /** Payload bytes that the client received. */
  bytesDown: number
}

/** What a need asks, without what the daemon adds (id, times). */
export type Question = DistributiveOmit<Need, 'id' | 'raisedAt' | 'expiresAt' | 'forwardIds'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** A host key that a person trusts in Warren. */
export interface HostKeyPin {
  /** `host` or `[host]:port`, lower case. */
  readonly host: string
  readonly keyType: string
  /** Public key blob, base64. */
  readonly key: string
}

/** `proxy`: the password of the proxy in front of a server; its subject is `user@host:port`. */
export type SecretKind = 'password' | 'passphrase' | 'proxy'

/** The world as the SSH layer needs it; the daemon supplies it, tests replace it. */
export interface SshPorts {
  /** Raises a need. Rejects with `need.unanswered`, `need.cancelled` or the signal's reason. */
  readonly ask: (question: Question, signal: AbortSignal) => Promise<NeedAnswer>
  /** Raises a need that nothing waits for. Rejects as {@link ask} does. */
  readonly offer: (question: Question, signal: AbortSignal) => Promise<NeedAnswer>
  readonly pins: {
    readonly find: (host: string) => readonly HostKeyPin[]
    readonly all: () => readonly HostKeyPin[]
    readonly add: (pin: HostKeyPin) => void
    readonly remove: (pin: HostKeyPin) => void
  }
  readonly secrets: {
    readonly get: (serverId: string, kind: SecretKind, subject: string) => Promise<string | null>
    /** The server accepted it: worth keeping in memory for reconnects. */
    readonly accepted: (serverId: string, kind: SecretKind, entry: { subject: string; value: string }) => void
    /** The server refused it: never offer it again. */
    readonly refused: (serverId: string, kind: SecretKind, subject: string) => void
    /** The text of a private key that others share for this server. Its passphrase has the subject `SHARED_KEY`. */
    readonly sharedKey?: ((serverId: string) => Promise<string | null>) | undefined
  }
  readonly log: (serverId: string, entry: Pick<LogEntry, 'level' | 'message' | 'code'>) => void
  readonly environment: {
    readonly homeDir: string
    readonly username: string
    /** `SSH_AUTH_SOCK`, or `null`. */
    readonly agentSocket: string | null
    /** Another variable of the environment, for `IdentityAgent $NAME`. */
    readonly variable?: ((name: string) => string | undefined) | undefined
    /** Those of the person, the one that is written first (ssh_config UserKnownHostsFile, its default). */
    readonly knownHostsFiles: readonly string[]
    /** Those of the system (ssh_config GlobalKnownHostsFile, its default). */
    readonly globalKnownHostsFiles?: readonly string[] | undefined
  }
}

/** What a person knows a key by that is shared with them, in place of a path. */
export const SHARED_KEY = 'the shared key'

/** A server as it is dialled now: what was written, and what its ssh config adds. */
export interface ServerPlan extends ServerSpec {
  readonly config?: ConfiguredOptions | undefined
  /** What its ssh config asks for and Warren does not do: lines for the log of a forward that starts. */
  readonly notes?: readonly string[] | undefined
}

/**
 * Options of ssh_config(5) that a server written in Warren does not have; absent means ssh's default.
 * Paths and values are expanded: no `~`, no `%` tokens.
 */
export interface ConfiguredOptions {
  // Trust
  readonly userKnownHostsFiles?: readonly string[] | undefined
  readonly globalKnownHostsFiles?: readonly string[] | undefined
  readonly hostKeyAlias?: string | undefined
  readonly strictHostKeyChecking?: 'yes' | 'ask' | 'accept-new' | 'no' | undefined
  readonly updateHostKeys?: 'yes' | 'ask' | 'no' | undefined
  readonly revokedHostKeys?: string | undefined
  /** Names are hashed in lines that the person has written to known_hosts. */
  readonly hashKnownHosts?: boolean | undefined
  readonly knownHostsCommand?: string | undefined
  readonly noHostAuthenticationForLocalhost?: boolean | undefined
  // Identity
  readonly preferredAuthentications?: readonly string[] | undefined
  readonly pubkeyAuthentication?: boolean | undefined
  readonly passwordAuthentication?: boolean | undefined
  readonly kbdInteractiveAuthentication?: boolean | undefined
  readonly numberOfPasswordPrompts?: number | undefined
  readonly pubkeyAcceptedAlgorithms?: readonly string[] | undefined
  // Reach
  readonly connectionAttempts?: number | undefined
  // Algorithms, as ssh -G lists them
  readonly kexAlgorithms?: readonly string[] | undefined
  readonly ciphers?: readonly string[] | undefined
  readonly macs?: readonly string[] | undefined
  readonly hostKeyAlgorithms?: readonly string[] | undefined
  readonly caSignatureAlgorithms?: readonly string[] | undefined
  readonly compression?: boolean | undefined
  /** Bytes and seconds after which the client asks for new keys (ssh_config RekeyLimit); 0 for never. */
  readonly rekeyLimit?: { readonly bytes: number; readonly seconds: number } | undefined
  // Forwards
  readonly gatewayPorts?: boolean | undefined
  readonly streamLocalBindUnlink?: boolean | undefined
  /** Permission bits taken away from a listening Unix socket (ssh_config StreamLocalBindMask). */
  readonly streamLocalBindMask?: number | undefined
}

/** A server and the servers it is reached through, resolved from ids. */
export interface ServerRoute {
  readonly server: ServerPlan
  /** First hop first; each is dialled through the one before. */
  readonly hops: readonly ServerPlan[]
}

/** One thing that a login came past; the words carry no secrets. Whoever listens takes the time of it. */
export type LoginEvent =
  /** The byte stream to the server is there. `at` is the address that answered, or `null` behind a hop, proxy or command. */
  | { readonly kind: 'connected'; readonly at: string | null }
  /** The server's identification string (RFC 4253 §4.2). */
  | { readonly kind: 'banner'; readonly text: string }
  | { readonly kind: 'key-exchange'; readonly algorithms: NonNullable<SessionSnapshot['algorithms']> }
  | {
      readonly kind: 'host-key'
      readonly keyType: string
      readonly fingerprint: string
      /** Where the trust is recorded, for people. */
      readonly trustedBy: string
    }
  | {
      readonly kind: 'auth'
      /** As in RFC 4252: `publickey`, `password`, `keyboard-interactive`, `none`. */
      readonly method: string
      /** What was offered, for people: "publickey ED25519 SHA256:… (/home/me/.ssh/id_ed25519)". */
      readonly offered: string
      readonly outcome: 'accepted' | 'partial' | 'refused'
      /** What the server would take next; empty when it let us in. */
      readonly accepts: readonly string[]
    }

export interface AcquireOptions {
  readonly hostKeyPolicy?: HostKeyPolicy | undefined
  readonly signal: AbortSignal
  readonly onPhase: (phase: SessionPhase) => void
}

/** One live SSH connection, held by a lease. */
export interface SshSession {
  readonly id: string
  /** Opens a channel to `target` as the server sees it (RFC 4254 §7.2, and OpenSSH's streamlocal). */
  readonly openChannel: (target: Endpoint, origin: OpenOrigin) => Promise<SshChannel>
  /**
   * Opens a channel to `target` and joins it with `socket`: the hot path. Resolves when both are closed.
   * Rejects (and leaves the socket to the caller) only when the channel cannot be opened.
   */
  readonly forwardSocket: (socket: Socket, options: ForwardSocketOptions) => Promise<SpliceResult>
  /** The same for an end that is no stream, with callbacks: at thousands of connections per second promises count. */
  readonly forwardClient: (client: ClientEnd, options: ForwardClientOptions) => void
  /** Asks the server to listen (RFC 4254 §7.1, streamlocal-forward). Rejects with `forward.refused` or `forward.remote-port-in-use`. */
  readonly listenRemote: (at: Endpoint, onChannel: (channel: IncomingChannel) => void) => Promise<RemoteListener>
  /** Settles when the session ends for whatever reason; never rejects. */
  readonly closed: Promise<SessionEnd>
  /** Is the peer alive? Sends a keepalive now; resolves false (and ends the session) when it is not answered in time. */
  readonly probe: (timeoutMs: number) => Promise<boolean>
  readonly snapshot: () => SessionSnapshot
}

export interface OpenOrigin {
  readonly host: string
  readonly port: number
}

export interface ForwardSocketOptions {
  readonly target: Endpoint
  readonly counter: TrafficCounter
  /** What may pass and when; `up` is what the socket sends. */
  readonly limits?: ConnectionLimits | undefined
  /** Bytes that were read from the socket before (a SOCKS client may talk early). */
  readonly head?: Buffer | undefined
  /** Called once, when the server accepted the channel and before any byte flows down. */
  readonly onOpen?: (() => void) | undefined
}

export interface ForwardClientOptions extends ForwardSocketOptions {
  /** The channel cannot be opened; the client is left to the caller. */
  readonly onRefused: (error: Error) => void
  /** Both sides are closed. */
  readonly onClosed: (result: SpliceResult) => void
}

/** A socket as the splice drives it: Node's own, or a bare handle. */
export interface ClientEnd {
  /** Who is told; set before the first `resume`. */
  sink: ClientSink | null
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly localPort: number | undefined
  /** It is gone in both directions. */
  readonly closed: boolean
  /** What is written still goes somewhere. */
  readonly writable: boolean
  /** The kernel has not taken all that was written; the sink hears when it has. */
  readonly backedUp: boolean
  /** Something that was written has not been taken yet: its memory must not change. */
  readonly holding: boolean
  /** It begins paused. */
  readonly pause: () => void
  readonly resume: () => void
  /** Queues a chunk, which must not change from now on; {@link flush} sends what is queued. */
  readonly write: (data: Buffer) => void
  readonly flush: () => void
  /** Ends our direction. */
  readonly end: () => void
  /** Ends our direction, then closes without waiting for the other. */
  readonly closeWhenSent: () => void
  /** Closes at once; the peer learns that it was no orderly end. */
  readonly reset: () => void
  /** Forgets the sink: somebody else goes on with the socket. */
  readonly release: () => void
}

export interface ClientSink {
  /** `data` may be overwritten after the call. */
  readonly onClientData: (data: Buffer) => void
  /** The client sends nothing more. */
  readonly onClientEnd: () => void
  readonly onClientDrain: () => void
  readonly onClientClose: (error: Error | null) => void
}

export interface SpliceResult {
  /** Why it ended; `null` for an orderly end of both directions. */
  readonly error: Error | null
  /** `closed`, or `reset` (one side broke off), or `stopped` (the session went away under it). */
  readonly reason: EndReason
}

/** A channel as a Duplex, for what is not the hot path (jump hops, SOCKS on remote dynamic). */
export type SshChannel = Duplex

/** A connection that came in at a remote listener and waits for a decision. */
export interface IncomingChannel {
  readonly origin: OpenOrigin | null
  /** Accepts and joins it with a connected socket. Resolves when both are closed. */
  readonly spliceTo: (socket: Socket, counter: TrafficCounter, limits?: ConnectionLimits) => Promise<SpliceResult>
  readonly accept: () => SshChannel
  /** Refuses it (RFC 4254 §5.1 SSH_OPEN_CONNECT_FAILED). */
  readonly refuse: () => void
}

export interface RemoteListener {
  /** What the server bound; the port is the chosen one when 0 was asked. */
  readonly bound: Endpoint
  readonly close: () => Promise<void>
}

export interface SessionEnd {
  /** `null` when Warren closed it. */
  readonly error: Error | null
}

export interface SessionLease {
  readonly session: SshSession
  /** Idempotent. The session closes {@link SESSION_LINGER_MS} after the last release. */
  readonly release: () => void
}

/** One session per server, shared, ref-counted. */
export interface SessionPool {
  /** Joins a live or connecting session, or dials one. A failing dial rejects for every caller that joined it. */
  readonly acquire: (route: ServerRoute, options: AcquireOptions) => Promise<SessionLease>
  /** A lease on the session of this way when one is up; never dials. */
  readonly live: (route: ServerRoute) => SessionLease | null
  readonly sessions: () => readonly SessionSnapshot[]
  readonly onChange: (listener: () => void) => () => void
  /** Probes every session now; dead ones end with `ssh.keepalive-timeout`. */
  readonly probeAll: () => Promise<void>
  readonly close: () => Promise<void>
}
