/** What `warren api` does. */
import { formatAgo } from '@shared/format'
import {
  apiEnableSchema,
  apiNameSchema,
  apiNames,
  reportSettingsSchema,
  type ApiEnable,
  type ApiName,
  type ApiView,
  type ReportState,
} from '@shared/apis'
import { formatEndpoint } from '@shared/endpoints'
import { WarrenError, type Fault } from '@shared/errors'
import { checked } from '../checked'
import type { Context } from '../context'
import { DONE, FAILED } from '../exit-codes'
import { absolutePath } from '../paths'
import { publicReason } from '../report'
import { printable, table } from '../table'
import { parseCount, usageError } from '../usage'

export interface ApiEnableOptions {
  readonly listen?: string
  readonly keyStdin?: boolean
  /** False: `--no-key`. */
  readonly key?: boolean
  readonly tlsCert?: string
  readonly tlsKey?: string
  /** False: `--no-tls`. */
  readonly tls?: boolean
}

export interface ApiReportOptions {
  readonly every?: string
  readonly now?: boolean
}

export async function apiLs(context: Context): Promise<number> {
  const client = await context.daemon()
  const apis = await client.call('apis.list', {})
  if (context.json) {
    context.document(apis.map(publicApi))
    return DONE
  }
  const rows = apis.map((api) => [api.name, api.state, addressOf(api), notes(api)])
  const lines = table(rows)
  apis.forEach(({ fault }, at) => {
    context.terminal.out(`${lines[at] ?? ''}\n`)
    if (fault !== null) printFault(context, fault)
  })
  return DONE
}

export async function apiEnable(context: Context, name: string, options: ApiEnableOptions): Promise<number> {
  const request = readEnable(context, readName(name), options)
  const key = options.keyStdin === true ? { key: await readKey(context) } : {}
  const params = checked(apiEnableSchema, { ...request, ...key })
  const client = await context.daemon()
  const api = await client.call('apis.enable', params)
  if (options.keyStdin === true) {
    const { resolvePlaces } = await import('@daemon/client')
    const where = resolvePlaces(context.env, context.home).secrets
    context.terminal.err(`The key is kept in ${where}, readable by you alone.\n`)
  }
  if (context.json) context.document(publicApi(api))
  else if (api.fault === null) context.terminal.out(`${api.name} listens on ${addressOf(api)}\n`)
  if (api.exposed && api.state === 'running') warnExposed(context, api)
  if (api.fault === null) return DONE
  context.terminal.err(`warren: ${api.fault.message}\n`)
  if (api.fault.fix !== null) context.terminal.err(`        ${api.fault.fix}\n`)
  return FAILED
}

export async function apiDisable(context: Context, name: string): Promise<number> {
  const which = readName(name)
  const client = await context.daemon()
  const api = await client.call('apis.disable', { name: which })
  if (context.json) context.document(publicApi(api))
  else context.terminal.out(`${api.name} is off\n`)
  return DONE
}

export async function apiReport(context: Context, url: string | undefined, options: ApiReportOptions): Promise<number> {
  const sets = url !== undefined || options.every !== undefined
  const seconds = options.every === undefined ? undefined : parseCount('--every', options.every, MAX_INTERVAL)
  // What is no address is refused before a daemon is asked.
  if (url !== undefined) checked(reportSettingsSchema, { url: addressOrNone(url) })
  const client = await context.daemon()
  let state = await client.call('apis.report', {})
  if (sets) {
    const settings = checked(reportSettingsSchema, {
      url: url === undefined ? state.url : addressOrNone(url),
      intervalSeconds: seconds ?? state.intervalSeconds,
    })
    state = await client.call('apis.setReport', settings)
  }
  if (options.now === true) state = await client.call('apis.reportNow', {})
  if (context.json) context.document(publicReport(state))
  else printReport(context, state)
  return options.now === true && state.fault !== null ? FAILED : DONE
}

export async function apiAudit(context: Context, options: { readonly limit?: string }): Promise<number> {
  const limit = options.limit === undefined ? DEFAULT_AUDIT : parseCount('--limit', options.limit, MAX_AUDIT)
  const client = await context.daemon()
  const calls = await client.call('apis.audit', { limit })
  if (context.json) {
    context.document(calls)
    return DONE
  }
  if (calls.length === 0) context.terminal.err('Nobody called yet.\n')
  const rows = calls.map(({ at, api, caller, action, subject, result }) =>
    [at, api, caller, action, subject, result].map(printable),
  )
  for (const line of table(rows)) context.terminal.out(`${line}\n`)
  return DONE
}

// --- internal ---

const MAX_INTERVAL = 86_400
const DEFAULT_AUDIT = 50
const MAX_AUDIT = 1000
/** Of the contract, but not of this version. */
const later: ReadonlySet<string> = new Set(['port-mapper', 'openidcs'])

function readName(text: string): ApiName {
  const name = apiNameSchema.safeParse(text)
  if (name.success) return name.data
  const message = later.has(text)
    ? `This version of Warren does not have the control API ${text}.`
    : `There is no control API "${text}".`
  throw new WarrenError('api.unknown', message, { fix: `There are ${apiNames.join(' and ')}.` })
}

function readEnable({ cwd }: Context, name: ApiName, options: ApiEnableOptions): ApiEnable {
  const { listen, tlsCert, tlsKey } = options
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw usageError('Give --tls-cert and --tls-key together.')
  if (tlsCert === '' || tlsKey === '') throw usageError('--tls-cert and --tls-key need a file.')
  if (tlsCert !== undefined && options.tls === false) throw usageError('Give --tls-cert or --no-tls, not both.')
  if (options.key === false && options.keyStdin === true) throw usageError('Give --key-stdin or --no-key, not both.')
  if (options.key === false && name !== 'metrics') throw usageError(`${name} needs a key.`)
  return {
    name,
    ...(listen === undefined ? {} : { listen: readListen(listen) }),
    ...(options.key === false ? { key: null } : {}),
    ...(options.tls === false ? { tls: null } : {}),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { tls: { certificateFile: absolutePath(tlsCert, cwd), keyFile: absolutePath(tlsKey, cwd) } }),
  }
}

function readListen(text: string): NonNullable<ApiEnable['listen']> {
  const [, bracketed, plain, port] = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text.trim()) ?? []
  if (port === undefined || Number(port) > 65_535) {
    throw usageError(`--listen needs ADDR:PORT, not "${text}".`, 'Such as 127.0.0.1:2333, *:2333 or [::1]:2333.')
  }
  const host = bracketed ?? plain
  return { host: host === undefined ? '127.0.0.1' : host === '' ? '*' : host, port: Number(port) }
}

async function readKey({ terminal }: Context): Promise<string> {
  // The end of the line is the shell's, not the key's.
  const key = (await terminal.readInput()).replace(/\r?\n$/, '')
  if (key === '') throw usageError('Standard input holds no key.', 'Pipe it in: printf %s "$KEY" | warren api enable …')
  return key
}

function addressOrNone(url: string): string | null {
  return url === 'none' || url === '' ? null : url
}

function publicApi({ fault, ...api }: ApiView): unknown {
  return { ...api, fault: fault === null ? null : publicReason(fault) }
}

function publicReport({ fault, ...state }: ReportState): unknown {
  return { ...state, fault: fault === null ? null : publicReason(fault) }
}

function addressOf({ listen, tls, name }: ApiView): string {
  const path = name === 'metrics' ? '/metrics' : '/'
  const host = listen.host === '*' ? '0.0.0.0' : listen.host
  return `http${tls === null ? '' : 's'}://${formatEndpoint({ host, port: listen.port })}${path}`
}

function notes({ enabled, hasKey, exposed, name }: ApiView): string {
  if (!enabled) return 'off'
  return [
    ...(hasKey ? ['with a key'] : name === 'metrics' ? ['without a token'] : ['no key']),
    ...(exposed ? ['reachable from the network'] : []),
  ].join(' · ')
}

function warnExposed({ terminal }: Context, { hasKey, tls }: ApiView): void {
  const who = hasKey ? 'who knows the key' : 'who can reach it'
  const plain = tls === null ? ', and what is said is not encrypted' : ''
  terminal.err(`warren: it is reachable from the network: everybody ${who} may use it${plain}.\n`)
}

function printFault({ terminal }: Context, { message, fix }: Fault): void {
  terminal.out(`    ${printable([message, fix ?? ''].join(' ').trim())}\n`)
}

function printReport(context: Context, { url, intervalSeconds, waiting, lastSuccess, fault }: ReportState): void {
  const rows = [
    ['reports to', url === null ? 'nowhere' : printable(url)],
    ['every', `${intervalSeconds} s`],
    ['waiting', `${waiting} ${waiting === 1 ? 'row' : 'rows'}`],
    ['last taken', lastSuccess === null ? 'never' : formatAgo(lastSuccess, context.now())],
  ]
  for (const line of table(rows)) context.terminal.out(`${line}\n`)
  if (fault !== null) printFault(context, fault)
}
