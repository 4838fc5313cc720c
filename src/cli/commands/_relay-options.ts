/** What `relay add` and `relay edit` say about a relay. */
import type { Command } from 'commander'
import { MAX_RELAY_PORTS, type RelayPatch, type RelaySpec, type RelayTarget } from '@shared/relays'
import { parsePortRange, type PortRange } from '@shared/port-range'
import { collect, usageError } from '../usage'
import { defineLimitOptions, type LimitOptions } from './_limit-options'

export interface RelayOptions extends LimitOptions {
  readonly roundRobin?: boolean
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly sendProxy?: string
  readonly acceptProxy?: boolean
  readonly connectTimeout?: string
  readonly idle?: string
  readonly tag?: readonly string[]
  readonly autoStart?: boolean
}

export function defineRelayOptions(command: Command): Command {
  command
    .option('--round-robin', 'each connection to the next target in turn')
    .option('--no-round-robin', 'to the first target that answers (the default)')
    .option(
      '--allow <range>',
      'an address or range that may connect, and no other; may be given several times',
      collect,
    )
    .option('--deny <range>', 'an address or range that may not; may be given several times', collect)
    .option('--send-proxy <version>', 'begin with a PROXY protocol header: v1, v2 or none')
    .option('--accept-proxy', 'clients begin with a PROXY protocol header')
    .option('--no-accept-proxy', 'they do not (the default)')
    .option('--connect-timeout <seconds>', 'until a target counts as not answering (default 10)')
    .option('--idle <seconds>', 'end what is quiet for so long; "none": never (UDP: 60 s)')
    .option('--tag <tag>', 'a tag; may be given several times', collect)
    .option('--auto-start', 'start it when the daemon starts')
    .option('--no-auto-start', 'do not (the default)')
  return defineLimitOptions(command)
}

/** The fields that the options speak of, limits apart; what is not named stays out. */
export function readRelayOptions(options: RelayOptions): RelayPatch {
  const { roundRobin, allow, deny, sendProxy, acceptProxy, connectTimeout, idle, tag, autoStart } = options
  const list = (words: readonly string[]): string[] => words.filter((word) => word !== '')
  return {
    ...(roundRobin === undefined ? {} : { balance: roundRobin ? 'round-robin' : 'failover' }),
    ...(allow === undefined ? {} : { allow: list(allow) }),
    ...(deny === undefined ? {} : { deny: list(deny) }),
    ...(sendProxy === undefined ? {} : { sendProxy: readVersion(sendProxy) }),
    ...(acceptProxy === undefined ? {} : { acceptProxy }),
    ...(connectTimeout === undefined ? {} : { connectTimeoutSeconds: seconds('--connect-timeout', connectTimeout) }),
    ...(idle === undefined ? {} : { idleSeconds: idle === 'none' ? null : seconds('--idle', idle) }),
    ...(tag === undefined ? {} : { tags: list(tag) }),
    ...(autoStart === undefined ? {} : { autoStart }),
  }
}

/** `[host:]port[-port]`; `*` is every address, no host is this machine alone. */
export function readListen(text: string): Pick<RelaySpec, 'listenHost' | 'listenPort' | 'portCount'> {
  const { host, range } = readEnd(text, 'LISTEN', '[host:]port[-port]')
  if (range.count > MAX_RELAY_PORTS) throw usageError(`LISTEN has ${range.count} ports; at most ${MAX_RELAY_PORTS} go.`)
  return { listenHost: host ?? '127.0.0.1', listenPort: range.port, portCount: range.count }
}

/** `host:port`, or `host:port-port` with as many ports as there are to listen on. */
export function readTargets(texts: readonly string[], portCount: number): RelayTarget[] {
  return texts.map((text) => {
    const { host, range } = readEnd(text, 'TARGET', 'host:port')
    if (host === null || host === '*') throw usageError(`TARGET needs host:port, not "${text}".`)
    if (range.count > 1 && range.count !== portCount) {
      throw usageError(
        `${range.count} ports of the target do not go with ${portCount === 1 ? 'one port' : `${portCount} ports`} to listen on.`,
        'Give as many ports at both ends, such as 8000-8009 and web:9000-9009.',
      )
    }
    return { host, port: range.port }
  })
}

// --- internal ---

function readEnd(
  text: string,
  what: string,
  shape: string,
): { readonly host: string | null; readonly range: PortRange } {
  const [, bracketed, plain, ports] = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?([^:]+)$/.exec(text.trim()) ?? []
  const range = ports === undefined ? null : parsePortRange(ports)
  const host = bracketed ?? plain
  if (range === null || range.port + range.count - 1 > MAX_PORT) {
    throw usageError(`${what} needs ${shape}, not "${text}".`, 'IPv6 addresses go in brackets: [::1]:8080.')
  }
  // As in ssh, an empty host means every address.
  return { host: host === undefined ? null : host === '' ? '*' : host, range }
}

function readVersion(text: string): 'v1' | 'v2' | null {
  if (text === 'v1' || text === 'v2') return text
  if (text === 'none') return null
  throw usageError(`--send-proxy needs v1, v2 or none, not "${text}".`)
}

function seconds(option: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw usageError(`${option} needs a whole number of seconds, not "${text}".`)
  return Number(text)
}

const MAX_PORT = 65_535
