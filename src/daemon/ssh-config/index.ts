/** The ssh config of this machine, read as the daemon sees it, with the person's say over the commands in it. */
import { createHash } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import {
  createSystemFiles,
  lookupHost,
  readSystemNames,
  resolveSshConfig,
  type CommandOption,
  type EnginePorts,
  type SshConfigEnvironment,
} from '@engine'
import type { AskedCommand, ConfigOrigin, ResolvedConfig } from '@shared/resolved-config'
import type { RpcParsed } from '@shared/rpc'
import { runMatchExec } from './_match-exec'
import type { Store } from './store/index'

export interface SshConfig {
  /** Throws `config.invalid`, `command.invalid`, or `cancelled` when the signal comes while a command runs. */
  readonly resolve: (request: RpcParsed<'config.resolve'>, signal: AbortSignal) => Promise<ResolvedConfig>
  /** From now on this command may run where this file asks for it. */
  readonly allow: (asked: Pick<AskedCommand, 'command' | 'file'>) => Promise<void>
}

export interface SshConfigOptions {
  readonly env: NodeJS.ProcessEnv
  readonly person: Pick<EnginePorts['ssh']['environment'], 'homeDir' | 'username'>
  readonly store: Pick<Store, 'allowCommand' | 'isCommandAllowed'>
  readonly now: () => number
}

export function createSshConfig(options: SshConfigOptions): SshConfig {
  const { env, person, store, now } = options
  return {
    resolve: async (request, signal) => {
      const environment: SshConfigEnvironment = {
        ...{ variables: env, home: person.homeDir, username: person.username, hostname: hostname() },
        ...{ uid: userInfo().uid, ...(await readSystemNames()) },
      }
      const asked = new Map<string, AskedCommand>()
      const exec = async (command: string, origin: ConfigOrigin): Promise<boolean | null> => {
        const file = origin.kind === 'file' ? origin.file : ''
        if (!request.allowExec && !(await store.isCommandAllowed(keyOf({ command, file })))) {
          const line = origin.kind === 'file' ? origin.line : 0
          asked.set(JSON.stringify([command, file, line]), { command, file, line })
          return null
        }
        return await runMatchExec(command, { env, cwd: person.homeDir, origin, signal })
      }
      const resolved = await resolveSshConfig({
        destination: request.destination,
        options: commandOptions(request),
        environment,
        ports: { ...createSystemFiles(environment), exec, lookup: lookupHost },
      })
      return {
        lines: resolved.lines(),
        explained: resolved.explained(),
        unhonoured: resolved.unhonoured,
        execAsked: [...asked.values()],
      }
    },
    allow: async ({ command, file }) => {
      const allowedAt = new Date(now()).toISOString()
      await store.allowCommand({ key: keyOf({ command, file }), command, file, allowedAt })
    },
  }
}

/** The same command in another file is another matter: that file may be somebody else's. */
function keyOf({ command, file }: Pick<AskedCommand, 'command' | 'file'>): string {
  return createHash('sha256')
    .update(JSON.stringify([command, file]))
    .digest('hex')
}

function commandOptions({ file, username, port }: RpcParsed<'config.resolve'>): CommandOption[] {
  return [
    ...(file === null ? [] : [{ flag: 'F', value: file } as const]),
    ...(username === null ? [] : [{ flag: 'l', value: username } as const]),
    ...(port === null ? [] : [{ flag: 'p', value: String(port) } as const]),
  ]
}
