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
    read: async ({ destination, options, exec, files: given, lookup = true }) =>
      resolveSshConfig({
        destination,
        options,
        environment: await environment(),
        ports: {
          ...(given ?? files()),
          exec: (command, origin) => (origin.kind === 'file' ? exec(command, origin) : Promise.resolve(null)),
          ...(lookup ? { lookup: lookupHost } : {}),
        },
      }),
    run: (command, origin, signal) => runMatchExec(command, { env, cwd: person.homeDir, origin, signal }),
  }
}
