/** The ssh config of this machine, as the daemon sees it. */
import { hostname, userInfo } from 'node:os'
import {
  createSystemFiles,
  lookupHost,
  readSystemNames,
  resolveSshConfig,
  type CommandOption,
  type EnginePorts,
  type ResolvedSshConfig,
  type SshConfigEnvironment,
} from '@engine'
import { WarrenError } from '@shared/errors'
import type { ConfigOrigin } from '@shared/resolved-config'
import { runMatchExec } from './_match-exec'

export type SystemFiles = ReturnType<typeof createSystemFiles>

/** Decides a `Match exec`; `null` leaves it undecided, which is no match. */
export type Exec = (command: string, origin: Extract<ConfigOrigin, { kind: 'file' }>) => Promise<boolean | null>

export interface ReadRequest {
  readonly destination: string
  readonly options?: readonly CommandOption[] | undefined
  readonly exec: Exec
  /** Default: the files of this machine, read anew. */
  readonly files?: SystemFiles | undefined
  /** Whether names may be looked up for CanonicalizeHostname. Default true. */
  readonly lookup?: boolean | undefined
}

export interface ConfigReader {
  /** Throws `config.invalid`, or `command.invalid` for the destination and options. */
  readonly read: (request: ReadRequest) => Promise<ResolvedSshConfig>
  readonly files: () => SystemFiles
  /** Runs what was allowed, as ssh does. */
  readonly run: (command: string, origin: ConfigOrigin, signal: AbortSignal) => Promise<boolean>
  /** Environment variables, for `$NAME` of IdentityAgent. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

export interface ConfigReaderOptions {
  readonly env: NodeJS.ProcessEnv
  readonly person: Pick<EnginePorts['ssh']['environment'], 'homeDir' | 'username'>
}

/** Accounts and services hardly change, and a survey asks for them once a host. */
const NAMES_FRESH_MS = 5000

export function createConfigReader({ env, person }: ConfigReaderOptions): ConfigReader {
  let names: { readonly at: number; readonly read: ReturnType<typeof readSystemNames> } | null = null
  const environment = async (): Promise<SshConfigEnvironment> => {
    if (names === null || performance.now() - names.at > NAMES_FRESH_MS) {
      names = { at: performance.now(), read: readSystemNames() }
    }
    return {
      ...{ variables: env, home: person.homeDir, username: person.username, hostname: hostname() },
      ...{ uid: userInfo().uid, ...(await names.read) },
    }
  }
  const files = (): SystemFiles => createSystemFiles({ uid: userInfo().uid })
  return {
    files,
    variables: env,
    read: async ({ destination, options = [], exec, files: given, lookup = true }) => {
      refuseShellWords(destination, options)
      return resolveSshConfig({
        destination,
        options,
        environment: await environment(),
        ports: {
          ...(given ?? files()),
          exec: (command, origin) => (origin.kind === 'file' ? exec(command, origin) : Promise.resolve(null)),
          ...(lookup ? { lookup: lookupHost } : {}),
        },
      })
    },
    run: (command, origin, signal) => runMatchExec(command, { env, cwd: person.homeDir, origin, signal }),
  }
}

// --- internal ---

/** What ssh refuses of a typed host and user since 9.6 (valid_hostname and valid_ruser of its ssh.c): commands get them as tokens. */
const HOST_OF_SHELL = /^-|['`"$\\;&<>|(){}\s\u0000-\u001f\u007f]/
const USER_OF_SHELL = /^-|['`";&<>|(){}\u0000-\u001f\u007f]|\s-|\\$/

function refuseShellWords(destination: string, options: readonly CommandOption[]): void {
  const plain = destination.replace(/^ssh:\/\//i, '')
  const at = plain.lastIndexOf('@')
  const typed = at < 0 ? [] : [plain === destination ? plain.slice(0, at) : userOfUri(plain.slice(0, at))]
  if (HOST_OF_SHELL.test(plain.slice(at + 1))) throw refused('host', 'The host', plain.slice(at + 1))
  const users = options.flatMap((option) => (option.flag === 'l' ? [option.value] : []))
  for (const user of [...users, ...typed]) {
    if (USER_OF_SHELL.test(user)) throw refused('username', 'The user name', user)
  }
}

/** RFC 3986 userinfo, without the parameters after a semicolon. */
function userOfUri(text: string): string {
  const [name = ''] = text.split(';')
  try {
    return decodeURIComponent(name)
  } catch {
    // Not an address: the resolver says so.
    return ''
  }
}

function refused(field: 'host' | 'username', what: string, value: string): WarrenError {
  return new WarrenError('spec.invalid', `${what} "${value}" has signs that the shell of a command would act upon.`, {
    fix: 'Write it without quotes, dollar signs, brackets and the like.',
    field,
  })
}
