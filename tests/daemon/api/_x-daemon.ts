/** A daemon with the real engine and store whose X Port Forward API is on, and ways to break what is behind it. */
import { request } from 'node:http'
import Database from 'libsql'
import { connectDaemon, resolvePlaces, type DaemonClient, type Places } from '@daemon/client'
import { createEngine, createLocalPorts, type Clock, type Engine } from '@engine'
import { HOUR_MS } from '../../../src/daemon/api/x-port-forward/_hours'
import { systemClock } from '../../../src/daemon/engine-ports'
import { startDaemon, type Daemon } from '../../../src/daemon/index'
import { signatureOf } from '../../../src/daemon/api/x-port-forward/_signature'

export const KEY = 'XPORTFORWARD'
export const SIGN = signatureOf(KEY)

/** How the engine behaves instead of what it does. */
export interface EngineFaults {
  start?: 'fails'
  stop?: 'fails' | 'hangs'
  remove?: 'fails'
}

export interface Answered {
  readonly status: number
  readonly type: string | undefined
  readonly text: string
}

export interface PanelAnswer {
  readonly code: number
  readonly message: string
  readonly data: '' | Readonly<Record<string, unknown>>
}

export interface XDaemon {
  readonly daemon: Daemon
  readonly client: DaemonClient
  readonly places: Places
  readonly port: number
  readonly faults: EngineFaults
  readonly log: string[]
  /** Sends a request target as it is. */
  readonly send: (target: string, options?: { method?: string; body?: string }) => Promise<Answered>
  /** As a panel: signed, `data` as JSON unless it is text. */
  readonly call: (action: string, data?: object | string) => Promise<PanelAnswer>
  /** Runs SQL beside the daemon. */
  readonly sql: (text: string) => void
  readonly stop: () => Promise<void>
}

export async function startXDaemon(home: string): Promise<XDaemon> {
  const places = resolvePlaces({}, home)
  const faults: EngineFaults = {}
  const log: string[] = []
  const localPorts = createLocalPorts()
  const daemon = await startDaemon({
    ...{ places, localPorts, nativeCrypto: false, clock: earlyInTheHour() },
    env: { HOME: home },
    createEngine: (ports) => breakable(createEngine(ports), faults),
    log: (message) => log.push(message),
  })
  const client = await connectDaemon({ home, client: 'test', start: false, env: {} })
  const view = await client.call('apis.enable', {
    name: 'x-port-forward',
    key: KEY,
    listen: { host: '127.0.0.1', port: 0 },
  })
  if (view.state !== 'running') throw new Error(`the API does not run: ${JSON.stringify(view.fault)}`)
  const { port } = view.listen
  const send: XDaemon['send'] = (target, options) => sendRaw(port, target, options)
  return {
    ...{ daemon, client, places, port, faults, log, send },
    call: async (action, data) => {
      const { text } = await send(targetOf(action, data))
      return JSON.parse(text) as PanelAnswer
    },
    sql: (text) => {
      const raw = new Database(places.database)
      try {
        raw.exec(text)
      } finally {
        raw.close()
      }
    },
    stop: async () => {
      client.close()
      await daemon.stop({ keepWanted: false })
    },
  }
}

/** The request target of a signed call. */
export function targetOf(action: string, data?: object | string, sign = SIGN): string {
  const query = new URLSearchParams({ sign, action })
  if (data !== undefined) query.set('action_data', typeof data === 'string' ? data : JSON.stringify(data))
  return `/?${query.toString()}`
}

// --- internal ---

/** At the end of an hour every forward gets a log: no test may happen to be in the middle of that. */
function earlyInTheHour(): Clock {
  const late = Date.now() % HOUR_MS
  return { ...systemClock, now: () => Date.now() - late }
}

function breakable(engine: Engine, faults: EngineFaults): Engine {
  const fails = (): Promise<never> => Promise.reject(new Error('injected: the engine does not follow'))
  return {
    ...engine,
    relays: {
      ...engine.relays,
      start: (id) => {
        if (faults.start === 'fails') throw new Error('injected: the engine does not follow')
        engine.relays.start(id)
      },
      stop: (id) => {
        if (faults.stop === 'hangs') return new Promise(() => undefined)
        return faults.stop === 'fails' ? fails() : engine.relays.stop(id)
      },
      remove: (id) => (faults.remove === 'fails' ? fails() : engine.relays.remove(id)),
    },
  }
}

function sendRaw(
  port: number,
  target: string,
  { method = 'GET', body = '' }: { readonly method?: string; readonly body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body) }
    const call = request({ host: '127.0.0.1', port, path: target, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], text })
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}
