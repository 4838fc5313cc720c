/** What the ssh config resolver takes in and gives back. */
import type { ConfigOrigin, UnhonouredOption } from '@shared/resolved-config'

export type Origin = ConfigOrigin

/** One value of one option, in the spelling of `ssh -G`. */
export interface OptionValue {
  readonly value: string
  readonly origin: Origin
}

export type ReadResult =
  /** `trusted` is false when somebody else could have written the file (ssh refuses such files: "Bad owner or permissions"). */
  | { readonly kind: 'text'; readonly text: string; readonly trusted: boolean }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** How the resolver sees the world; it touches nothing else. */
export interface SshConfigPorts {
  readonly readFile: (path: string) => Promise<ReadResult>
  /** glob(3) without its `~`: the paths that match, sorted by bytes. */
  readonly glob: (pattern: string) => Promise<readonly string[]>
  /**
   * Decides a `Match exec`: true means the command ended with status 0, `null` that it may not run; the line is then no match,
   * negated or not. The resolver never runs a command itself.
   */
  readonly exec: (command: string, origin: Origin) => Promise<boolean | null>
  /** Whether a file exists; ssh leaves out a `-i` file that does not. Absent: all do. */
  readonly exists?: ((path: string) => Promise<boolean>) | undefined
  /** Resolves a name for CanonicalizeHostname. Absent: no name resolves. */
  readonly lookup?: ((name: string, family: AddressFamily) => Promise<LookupResult | null>) | undefined
}

export type AddressFamily = 'any' | 'inet' | 'inet6'

export interface LookupResult {
  readonly canonicalName: string | null
}

/** Facts about this machine and the person, which ssh takes from the system. */
export interface SshConfigEnvironment {
  /** Environment variables, for `${NAME}`. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly username: string
  readonly uid: number
  readonly hostname: string
  /** Home directories by user, for `~user`. */
  readonly homes?: ReadonlyMap<string, string> | undefined
  /** TCP ports by service name, for `Port ssh`. */
  readonly services?: ReadonlyMap<string, number> | undefined
  /** Where the system's own files are: `ssh_config` and what it includes. Default `/etc/ssh`. */
  readonly systemFolder?: string | undefined
}

/** Options of the ssh command line that shape the config; order counts, the first to set a value wins. */
export type CommandOption =
  { readonly flag: CommandFlag; readonly value: string } | { readonly flag: CommandSwitch; readonly value?: undefined }

export type CommandFlag = 'b' | 'B' | 'c' | 'D' | 'F' | 'i' | 'J' | 'L' | 'l' | 'm' | 'o' | 'p' | 'R' | 'S' | 'W'
export type CommandSwitch = '4' | '6' | 'A' | 'a' | 'C' | 'f' | 'g' | 'N' | 'n' | 'T' | 'X' | 'x' | 'Y'

/**
 * Which ssh to be equal to. `9.2` refuses what OpenSSH 9.2 refuses; `newest` also reads the keywords and Match criteria that
 * later releases added (Tag, `Match tagged`, `Match localnetwork` and so on), so that a config written for them still works.
 */
export type SshRelease = '9.2' | 'newest'

export interface ResolveRequest {
  /** `host`, `user@host` or `ssh://user@host:port`. */
  readonly destination: string
  readonly options?: readonly CommandOption[] | undefined
  /** Options after the destination: ssh reads those too, but `user@` has won by then. */
  readonly laterOptions?: readonly CommandOption[] | undefined
  readonly environment: SshConfigEnvironment
  readonly ports: SshConfigPorts
  /** Default `newest`. */
  readonly release?: SshRelease | undefined
}

/** A Host name of a config without wildcards: something a person can connect to. */
export interface ConfigHost {
  readonly name: string
  readonly origin: Origin
}

export type Support = 'honoured' | 'harmless' | 'unsupported'

/** A LocalForward, RemoteForward or DynamicForward line. */
export interface ConfigForward {
  readonly type: 'local' | 'remote' | 'dynamic'
  readonly listen: ForwardEnd
  /** `null` for a dynamic forward, and for a RemoteForward without a target (SOCKS for the server's side). */
  readonly target: ForwardEnd | null
  readonly origin: Origin
}

export type ForwardEnd =
  | { readonly kind: 'tcp'; readonly host: string | null; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

export interface ResolvedSshConfig {
  /** Every option by its lower-case name, in the order of `ssh -G`. */
  readonly options: ReadonlyMap<string, readonly OptionValue[]>
  readonly forwards: readonly ConfigForward[]
  readonly unhonoured: readonly UnhonouredOption[]
  readonly hosts: readonly ConfigHost[]
  /** The files that were read, and the patterns of Include lines: watch both to notice a change. */
  readonly files: readonly string[]
  readonly includes: readonly string[]
  /** The text of `ssh -G`, line by line. */
  readonly lines: () => string[]
  /** The lines with the origin of each. */
  readonly explained: () => readonly { readonly line: string; readonly origin: Origin }[]
  /** Replaces `%` tokens, and for files `~` and `${NAME}`, as ssh does when it uses the option. */
  readonly expand: (keyword: string, value: string) => string
}
