/** What an ssh config lists: its hosts, their hops and their forward lines. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConfigForward, ResolvedSshConfig } from '@engine'
import { toFault, WarrenError, type Fault } from '@shared/errors'
import type { ConfigOrigin } from '@shared/resolved-config'
import { parseDestination, type Destination } from '@shared/ssh-destination'
import { commandLineOf, fieldsOf, hopsOf, type ConfigFields } from './_fields'
import { hopId, hopText, hostId } from './_names'
import type { TakenCommand } from './_permissions'
import type { Exec, ConfigReader, SystemFiles } from './_reader'

/** A server that the config speaks of. */
export interface SurveyedServer {
  readonly id: string
  readonly name: string
  readonly configHost: string
  /** `null` for a hop without a Host line. */
  readonly origin: ConfigOrigin | null
  /** `null` when this host alone cannot be resolved. */
  readonly fields: ConfigFields | null
  readonly fault: Fault | null
  /** The line that its ProxyCommand stands in. */
  readonly command: TakenCommand | null
  /** Ids, first hop first. */
  readonly jump: readonly string[]
  readonly forwards: readonly ConfigForward[]
  readonly gatewayPorts: boolean
  readonly unhonoured: ResolvedSshConfig['unhonoured']
}

export interface Survey {
  readonly servers: readonly SurveyedServer[]
}

export interface SurveyOptions {
  readonly reader: ConfigReader
  readonly files: SystemFiles
  /** As `ssh -F`; `null` for the usual files. */
  readonly file: string | null
  readonly exec: Exec
  /** The files are read for the first time; the hosts follow. */
  readonly onRead?: (() => Promise<void>) | undefined
}

/** Throws `config.invalid` when ssh would refuse the files as a whole. No name is looked up. */
export async function surveyConfig(options: SurveyOptions): Promise<Survey> {
  const { hosts } = await read(options, parseDestination('localhost'))
  await options.onRead?.()
  const found = new Map<string, SurveyedServer>()
  const names = new Set(hosts.map(({ name }) => name))
  const open: { hop: Destination; origin: ConfigOrigin | null }[] = hosts.map(({ name, origin }) => ({
    hop: { username: null, host: name, port: null },
    origin,
  }))
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { hop, origin } = next
    const isHost = isHostName(names, hop)
    const id = isHost ? hostId(hop.host) : hopId(hop)
    if (found.has(id)) continue
    const what = { id, name: hopText(hop).replace(/^ssh:\/\//, ''), configHost: hopText(hop), origin }
    try {
      const config = await read(options, hop)
      const hops = hopsOf(config)
      const jump = hops.map((each) => (isHostName(names, each) ? hostId(each.host) : hopId(each)))
      found.set(id, { ...what, ...surveyed(config, options), jump, forwards: isHost ? config.forwards : [] })
      open.push(...hops.map((each) => ({ hop: each, origin: null })))
    } catch (error) {
      if (!(error instanceof WarrenError)) throw error
      found.set(id, { ...what, ...unresolved, fault: toFault(error) })
    }
    // A config of hundreds of hosts must not hold up the forwards that run.
    await nextTurn()
  }
  return { servers: [...found.values()] }
}

// --- internal ---

const unresolved = { fields: null, command: null, jump: [], forwards: [], gatewayPorts: false, unhonoured: [] } as const

function surveyed(
  config: ResolvedSshConfig,
  { reader }: SurveyOptions,
): Pick<SurveyedServer, 'fields' | 'fault' | 'command' | 'gatewayPorts' | 'unhonoured'> {
  return {
    fields: fieldsOf(config, reader.variables),
    fault: null,
    command: commandLineOf(config),
    gatewayPorts: config.options.get('gatewayports')?.[0]?.value === 'yes',
    unhonoured: config.unhonoured,
  }
}

function read({ reader, files, file, exec }: SurveyOptions, to: Destination): Promise<ResolvedSshConfig> {
  return reader.read({
    destination: to.host,
    options: [
      ...(file === null ? [] : [{ flag: 'F', value: file } as const]),
      ...(to.username === null ? [] : [{ flag: 'l', value: to.username } as const]),
      ...(to.port === null ? [] : [{ flag: 'p', value: String(to.port) } as const]),
    ],
    exec,
    files,
    lookup: false,
  })
}

function isHostName(names: ReadonlySet<string>, { username, port, host }: Destination): boolean {
  return username === null && port === null && names.has(host)
}
