/** How a server is dialled now: its ssh config read anew, its jump chain as OpenSSH walks it. */
import type { CommandOption, EnginePorts, ResolvedSshConfig, ServerPlan } from '@engine'
import { WarrenError } from '@shared/errors'
import { formatDestination, parseDestination } from '@shared/ssh-destination'
import { serverDraftSchema, type ServerSpec } from '@shared/specs'
import type { Catalog } from '../catalog'
import { commandLineOf, configuredOptions, fieldsOf, hopsOf, notesOf } from './_fields'
import { hopId, hopText, hostId, isHostRow, isListed } from './_names'
import type { Asker, Permissions } from './_permissions'
import type { ConfigReader } from './_reader'

export interface PlannerOptions {
  readonly catalog: Pick<Catalog, 'server' | 'servers' | 'route'>
  readonly reader: ConfigReader
  readonly permissions: Permissions
}

/** The servers of a way with what their configs say at this moment. Rejects as {@link EnginePorts.plan} says. */
export function createPlanner(options: PlannerOptions): EnginePorts['plan'] {
  return async (serverId, signal, ask) => {
    const target = options.catalog.server(serverId)
    const route = options.catalog.route(serverId)
    const asker = { serverId, server: target.name, login: formatDestination(target), signal, ask }
    if ([...route.hops, target].every(({ configHost }) => configHost === null)) {
      const [first = target] = route.hops
      if (first.proxyCommand !== null) await options.permissions.requireTaken(first.proxyCommand, asker)
      return route
    }
    const way = new Way(options, asker)
    const chain = await way.leadTo(target)
    const server = chain.at(-1)
    if (server === undefined) throw new WarrenError('internal', 'A way without a server')
    return { server, hops: chain.slice(0, -1) }
  }
}

/** The options that a server's own fields stand for on ssh's command line; a listed server has none. */
export function overridesOf(spec: ServerSpec): readonly CommandOption[] {
  const { username, port } = configDestination(spec)
  const listed: CommandOption[] = [
    ...(username === null ? [] : [{ flag: 'l', value: username } as const]),
    ...(port === null ? [] : [{ flag: 'p', value: String(port) } as const]),
  ]
  if (isListed(spec)) return listed
  const set = (keyword: string, value: string): CommandOption => ({ flag: 'o', value: `${keyword}=${value}` })
  return [
    ...(spec.username === null ? [] : [{ flag: 'l', value: spec.username } as const]),
    ...(spec.port === DEFAULT_PORT ? [] : [{ flag: 'p', value: String(spec.port) } as const]),
    ...listed,
    ...spec.identityFiles.map((file): CommandOption => ({ flag: 'i', value: file })),
    ...spec.certificateFiles.map((file) => set('CertificateFile', quoted(file))),
    ...(spec.identitiesOnly ? [set('IdentitiesOnly', 'yes')] : []),
    ...(spec.agent === null ? [] : [set('IdentityAgent', quoted(spec.agent))]),
    ...(spec.jump.length > 0 || spec.proxy !== null ? [set('ProxyJump', 'none')] : []),
    ...(spec.proxyCommand === null ? [] : [set('ProxyCommand', spec.proxyCommand)]),
    ...(spec.hostKeyPolicy === 'ask' ? [] : [set('StrictHostKeyChecking', strictness[spec.hostKeyPolicy])]),
    ...(spec.sourceAddress === null ? [] : [set('BindAddress', spec.sourceAddress)]),
  ]
}

/** The host that ssh is asked for, without user and port. */
export function configDestination({ configHost }: Pick<ServerSpec, 'configHost'>): ReturnType<typeof parseDestination> {
  return parseDestination(configHost ?? '')
}

// --- internal ---

const DEFAULT_PORT = 22
const strictness = { 'accept-new': 'accept-new', strict: 'yes' } as const

const bare = serverDraftSchema.parse({ name: 'hop', host: 'hop' })

/** ssh's `-J` overrides what the config of a later hop says about its own way. */
const reachedByHopBefore: readonly CommandOption[] = [{ flag: 'o', value: 'ProxyJump=none' }]

interface Step {
  readonly plan: ServerPlan
  readonly config: ResolvedSshConfig | null
}

class Way {
  private readonly seen = new Map<string, string>()

  constructor(
    private readonly options: PlannerOptions,
    private readonly asker: Asker,
  ) {}

  /** The chain up to and with `spec`: the first hop is reached by its own way, the others through the hop before them. */
  async leadTo(spec: ServerSpec): Promise<readonly ServerPlan[]> {
    this.enter(spec)
    const { plan, config } = await this.dialled(spec, [])
    const hops = config === null || hasOwnJump(spec) ? this.savedHops(spec) : this.configHops(config)
    const [first, ...others] = hops
    if (first === undefined) {
      await this.requireProxyCommand(spec, config)
      return [{ ...plan, jump: [] }]
    }
    const lead = await this.leadTo(first)
    const between: ServerPlan[] = []
    for (const hop of others) {
      this.enter(hop)
      between.push({ ...(await this.dialled(hop, reachedByHopBefore)).plan, proxyCommand: null, jump: [] })
    }
    return [...lead, ...between, { ...plan, proxyCommand: null, jump: hops.map(({ id }) => id) }]
  }

  private async dialled(spec: ServerSpec, more: readonly CommandOption[]): Promise<Step> {
    if (spec.configHost === null) return { plan: spec, config: null }
    const config = await this.read(spec, more)
    if (isHostRow(spec.id) && !config.hosts.some(({ name }) => name === spec.configHost)) throw hostGone(spec, config)
    const fields = fieldsOf(config, this.options.reader.variables)
    const notes = notesOf(config)
    return { plan: { ...spec, ...fields, config: configuredOptions(config), notes }, config }
  }

  private read(spec: ServerSpec, more: readonly CommandOption[]): Promise<ResolvedSshConfig> {
    const { reader, permissions } = this.options
    return reader.read({
      destination: configDestination(spec).host,
      options: [...more, ...overridesOf(spec)],
      exec: async (command, origin) => {
        await permissions.require({ command, shown: command, purpose: 'match-exec', origin }, this.asker)
        return reader.run(command, origin, this.asker.signal)
      },
    })
  }

  private async requireProxyCommand(spec: ServerSpec, config: ResolvedSshConfig | null): Promise<void> {
    const { permissions } = this.options
    const line = config === null ? null : commandLineOf(config)
    if (line !== null) {
      const { command, shown, file } = line
      const origin = { kind: 'file', file, line: line.line } as const
      await permissions.require({ command, shown, purpose: 'proxy-command', origin }, this.asker)
    } else if (spec.proxyCommand !== null) await permissions.requireTaken(spec.proxyCommand, this.asker)
  }

  private savedHops({ jump }: ServerSpec): readonly ServerSpec[] {
    return jump.map((id) => this.options.catalog.server(id))
  }

  /** A jump host that is a Host name of the config is that server; any other is one of its own. */
  private configHops(config: ResolvedSshConfig): readonly ServerSpec[] {
    const servers = this.options.catalog.servers()
    return hopsOf(config).map((hop) => {
      const isHost = hop.username === null && hop.port === null && config.hosts.some(({ name }) => name === hop.host)
      const id = isHost ? hostId(hop.host) : hopId(hop)
      return servers.find((server) => server.id === id) ?? bareHop(id, isHost ? hop.host : hopText(hop))
    })
  }

  private enter({ id, name }: ServerSpec): void {
    if (this.seen.has(id)) {
      const [start = name] = this.seen.values()
      throw new WarrenError(
        'ssh.jump-loop',
        `The jump chain leads through ${name} twice: ${[...this.seen.values(), name].join(' › ')}.`,
        {
          fix: `Edit the jump chain of ${start} or ${name}.`,
          field: 'jump',
        },
      )
    }
    this.seen.set(id, name)
  }
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

/** A chain that was given to this server itself wins over its config, as `-J` does. */
function hasOwnJump(spec: ServerSpec): boolean {
  return !isListed(spec) && (spec.jump.length > 0 || spec.proxy !== null)
}

/** A hop that the listing does not know yet; its config fills in the rest. */
function bareHop(id: string, text: string): ServerSpec {
  const { host } = parseDestination(text)
  const at = new Date(0).toISOString()
  return { ...bare, id, name: text.replace(/^ssh:\/\//, ''), host, configHost: text, createdAt: at, updatedAt: at }
}

function hostGone(spec: ServerSpec, config: ResolvedSshConfig): WarrenError {
  const [file = '~/.ssh/config'] = config.files
  return new WarrenError('config.host-gone', `The ssh config has no "Host ${spec.configHost ?? ''}" any more.`, {
    fix: `Write it into ${file} again, or give the forward another server.`,
    field: file,
  })
}
