/** The ssh config of this machine: what it means, what it lists, how it dials, and the person's say over the commands in it. */
import type { CommandOption, EnginePorts, ResolvedSshConfig } from '@engine'
import { toFault } from '@shared/errors'
import type { AskedCommand, ResolvedConfig, ServerConfig } from '@shared/resolved-config'
import type { RpcParsed } from '@shared/rpc'
import type { ServerSpec } from '@shared/specs'
import { allowedOnly, createConfigListing, type ConfigListing } from './_listing'
import { commandLineOf } from './_fields'
import { createPermissions, type Permissions, type PermissionsOptions, type TakenCommand } from './_permissions'
import { configDestination, createPlanner, overridesOf, type PlannerOptions } from './_plan'
import { createConfigReader, type ConfigReader, type ConfigReaderOptions } from './_reader'
import { surveyConfig, type Survey } from './_survey'

export { readOnly, type ListingServices } from './_listing'
export { isForwardRow, isListed } from './_names'
export { importSurvey } from './_import'

export interface SshConfig {
  /** Throws `config.invalid`, `command.invalid`, or `cancelled` when the signal comes while a command runs. */
  readonly resolve: (request: RpcParsed<'config.resolve'>, signal: AbortSignal) => Promise<ResolvedConfig>
  /** What the config says of one server now. Runs only what was allowed before. */
  readonly describe: (spec: ServerSpec) => Promise<ServerConfig>
  /** Every host of a config, with its hops and forwards. Throws `config.invalid`. */
  readonly survey: (file: string | null) => Promise<Survey>
  /** From now on this command may run where this file asks for it. */
  readonly allow: Permissions['allow']
  /** A server of one's own is about to get these commands: they still need the person's word. */
  readonly take: (commands: readonly TakenCommand[]) => Promise<void>
  /** The ProxyCommand line that the config holds for a server now. */
  readonly commandOf: (spec: ServerSpec) => Promise<TakenCommand | null>
  readonly planner: (catalog: PlannerOptions['catalog']) => EnginePorts['plan']
  readonly listing: ConfigListing
}

export interface SshConfigOptions extends ConfigReaderOptions {
  readonly store: PermissionsOptions['store']
  readonly now: () => number
  readonly log: (message: string) => void
}

export function createSshConfig(options: SshConfigOptions): SshConfig {
  const reader = createConfigReader(options)
  const permissions = createPermissions(options)
  const listing = createConfigListing({ reader, permissions, log: options.log })
  return {
    listing,
    allow: permissions.allow,
    take: async (commands) => {
      for (const command of commands) await permissions.take(command)
    },
    commandOf: async (spec) => {
      const exec = allowedOnly(reader, permissions)
      const destination = configDestination(spec).host
      return commandLineOf(await reader.read({ destination, options: overridesOf(spec), exec, lookup: false }))
    },
    planner: (catalog) => createPlanner({ catalog, reader, permissions }),
    describe: (spec) => describe(spec, { reader, permissions, listing }),
    survey: (file) => surveyConfig({ reader, files: reader.files(), file, exec: allowedOnly(reader, permissions) }),
    resolve: async (request, signal) => {
      const asked = askedCommands()
      const resolved = await reader.read({
        destination: request.destination,
        options: commandOptions(request),
        exec: async (command, origin) => {
          const { file } = origin
          if (request.allowExec || (await permissions.isAllowed({ command, file })))
            return await reader.run(command, origin, signal)
          asked.add({ command, file, line: origin.line })
          return null
        },
      })
      return {
        lines: resolved.lines(),
        explained: resolved.explained(),
        unhonoured: resolved.unhonoured,
        execAsked: asked.all(),
      }
    },
  }
}

// --- internal ---

async function describe(
  spec: ServerSpec,
  { reader, permissions, listing }: { reader: ConfigReader; permissions: Permissions; listing: ConfigListing },
): Promise<ServerConfig> {
  const asked = askedCommands()
  const run = allowedOnly(reader, permissions)
  const what = { host: spec.configHost ?? '', origin: listing.originOf(spec.id) }
  try {
    const resolved: ResolvedSshConfig = await reader.read({
      destination: configDestination(spec).host,
      options: overridesOf(spec),
      exec: async (command, origin) => {
        const answer = await run(command, origin)
        if (answer === null) asked.add({ command, file: origin.file, line: origin.line })
        return answer
      },
    })
    const lines = resolved.explained().filter(({ origin }) => origin.kind !== 'default')
    return { ...what, lines, unhonoured: resolved.unhonoured, execAsked: asked.all(), fault: null }
  } catch (error) {
    return { ...what, lines: [], unhonoured: [], execAsked: asked.all(), fault: toFault(error) }
  }
}

/** Each command and line once, in the order of the config. */
function askedCommands(): { readonly add: (asked: AskedCommand) => void; readonly all: () => readonly AskedCommand[] } {
  const found = new Map<string, AskedCommand>()
  return {
    add: (asked) => found.set(JSON.stringify([asked.command, asked.file, asked.line]), asked),
    all: () => [...found.values()],
  }
}

function commandOptions({ file, username, port }: RpcParsed<'config.resolve'>): CommandOption[] {
  return [
    ...(file === null ? [] : [{ flag: 'F', value: file } as const]),
    ...(username === null ? [] : [{ flag: 'l', value: username } as const]),
    ...(port === null ? [] : [{ flag: 'p', value: String(port) } as const]),
  ]
}
