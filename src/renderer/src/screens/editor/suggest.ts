/** What Warren fills in by itself until a person types: a name and a port to listen on. */
import { formatPortRange, parsePortRange } from '@shared/port-range'
import { MAX_PORT } from '@shared/specs'
import type { ForwardForm } from './form'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|)$/i
const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]+)$/i
/** Below this a port needs rights most people do not have. */
const FIRST_FREE_PORT = 1024
const PRIVILEGED_OFFSET = 8000
const MAX_NAME = 100

const services: Readonly<Record<number, string>> = {
  22: 'ssh',
  80: 'web',
  443: 'web',
  1433: 'mssql',
  1521: 'oracle',
  2375: 'docker',
  3000: 'web',
  3306: 'mysql',
  3389: 'desktop',
  5000: 'web',
  5432: 'postgres',
  5672: 'rabbitmq',
  5900: 'vnc',
  6379: 'redis',
  6443: 'kubernetes',
  8000: 'web',
  8080: 'web',
  8443: 'web',
  9000: 'web',
  9090: 'metrics',
  9200: 'search',
  27_017: 'mongo',
}

type Typed = Pick<ForwardForm, 'type' | 'anything' | 'targetHost' | 'targetPort'>

interface Context {
  readonly serverName: string | null
  readonly takenNames: ReadonlySet<string>
}

/** A name from the target: `db.internal:5432` is `db`, `localhost:5432` is `postgres`; empty while nothing is known. */
export function suggestName(form: Typed, context: Context): string {
  const base = baseName(form, context.serverName)
  return base === '' ? '' : freeName(base.slice(0, MAX_NAME - 4), context.takenNames)
}

/** `db`, or `db-2` where `db` is taken. Names are compared without case, as the CLI does. */
export function freeName(base: string, taken: ReadonlySet<string>): string {
  const isTaken = (name: string): boolean => taken.has(name.toLowerCase())
  if (!isTaken(base)) return base
  for (let count = 2; ; count += 1) {
    const name = `${base}-${count}`
    if (!isTaken(name)) return name
  }
}

/** The same port as the target's where it may be used without rights, otherwise one people know (80 → 8080). */
export function suggestListenPort(form: Pick<Typed, 'type' | 'targetPort'>): string {
  if (form.type === 'dynamic') return ''
  const text = form.targetPort.trim()
  const range = parsePortRange(text)
  if (range === null || range.port === 0 || range.port + range.count - 1 > MAX_PORT) return ''
  return formatPortRange(range.port < FIRST_FREE_PORT ? range.port + PRIVILEGED_OFFSET : range.port, range.count)
}

/** `db:5432` and `http://db:8080/x` in one field are a host and a port; `null` when the text is only a host. */
export function splitHostPort(text: string): { readonly host: string; readonly port: string } | null {
  const trimmed = text.trim()
  const url = /^(https?):\/\/(\[[^\]]+\]|[^/:?#\s]+)(?::(\d{1,5}))?(?:[/?#].*)?$/i.exec(trimmed)
  if (url !== null) {
    const [, scheme = '', host = '', port = scheme.toLowerCase() === 'https' ? '443' : '80'] = url
    return { host: unbracket(host), port }
  }
  const pair = /^(\[[^\]]+\]|[^/:\s]+):(\d{1,5})$/.exec(trimmed)
  if (pair === null) return null
  const [, host = '', port = ''] = pair
  return { host: unbracket(host), port }
}

// --- internal ---

function baseName(form: Typed, serverName: string | null): string {
  const server = serverName === null ? '' : clean(serverName)
  if (form.type === 'dynamic' || (form.type === 'remote' && form.anything))
    return server === '' ? '' : `${server}-socks`
  const host = form.targetHost.trim()
  const port = parsePortRange(form.targetPort)?.port ?? NaN
  const service = services[port]
  if (host.startsWith('/'))
    return clean(
      host
        .split('/')
        .at(-1)
        ?.replace(/\.sock(et)?$/, '') ?? '',
    )
  if (LOOPBACK.test(host)) {
    if (service !== undefined) return service
    if (!Number.isInteger(port) || port === 0) return ''
    return server === '' ? `port-${port}` : `${server}-${port}`
  }
  if (ADDRESS.test(host)) return service === undefined ? clean(host) : `${service}-${clean(host)}`
  return clean(host.split('.')[0] ?? '')
}

function clean(text: string): string {
  return text.trim().replace(/[\s,]+/g, '-')
}

function unbracket(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
