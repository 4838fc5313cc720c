/** Serves the control APIs: their settings, listening, keys, and who called. */
import type { RequestListener } from 'node:http'
import type { z } from 'zod'
import { apiNames, type ApiName, type apiEnableSchema, type ApiView, type AuditEntry } from '@shared/apis'
import { isExposed } from '@shared/endpoints'
import { toFault, WarrenError, type Fault } from '@shared/errors'
import type { Secrets } from '../secrets'
import type { Store } from '../store/index'
import type { Warnings } from '../warnings'
import { createAudit } from './_audit'
import { readCertificate } from './_certificate'
import { listen, type Listener } from './_listener'
import { apiSecretOwner, defaultSettings, loadSettings, saveSettings, type ApiSettings } from './_settings'
import type { ApiContext, ControlApi } from './types'

export interface ApiHost {
  readonly views: () => readonly ApiView[]
  /** Whether any is served: the daemon stays for it. */
  readonly isServing: () => boolean
  /** Sets what is given and starts it. A fault of the start is in the view; throws `api.no-key` before anything is changed. */
  readonly enable: (request: z.output<typeof apiEnableSchema>) => Promise<ApiView>
  readonly disable: (name: ApiName) => Promise<ApiView>
  /** Newest first. */
  readonly audit: (limit: number) => Promise<readonly AuditEntry[]>
  /** Starts those that are turned on. Called once. */
  readonly begin: () => Promise<void>
  /** The network changed: an address that was missing may be there. */
  readonly look: () => void
  /** Ends all, and saves what was written down. */
  readonly close: () => Promise<void>
}

export interface ApiHostOptions {
  readonly store: Store
  readonly secrets: Pick<Secrets, 'get' | 'set' | 'forget'>
  readonly warnings: Pick<Warnings, 'tolerate'>
  readonly now: () => number
  readonly log: (message: string) => void
  readonly factories: Readonly<Record<ApiName, (context: ApiContext) => ControlApi>>
  /** Why a port of this machine cannot be listened on; `null` when it could. */
  readonly portFault: (host: string, port: number) => Promise<Fault | null>
  /** A view is another. */
  readonly onChange: () => void
}

interface Served {
  readonly api: ControlApi
  readonly listener: Listener
}

interface Entry {
  readonly name: ApiName
  settings: ApiSettings
  key: string | null
  served: Served | null
  fault: Fault | null
}

/** Reads what is saved; serves nothing before {@link ApiHost.begin}. */
export async function openApiHost(options: ApiHostOptions): Promise<ApiHost> {
  const { store, secrets, warnings, now, log } = options
  const audit = createAudit({ store, warnings, now })
  const entries = await loadEntries(options)
  let tail: Promise<unknown> = Promise.resolve()
  let isClosed = false
  /** One change after another: two of the same API must not listen twice. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = tail.then(work)
    tail = mine.catch(() => undefined)
    return mine
  }
  const entryOf = (name: ApiName): Entry => entries[apiNames.indexOf(name)] ?? newEntry(name)
  const end = async (entry: Entry): Promise<void> => {
    const { served } = entry
    entry.served = null
    entry.fault = null
    served?.api.close()
    await served?.listener.close()
  }
  const start = async (entry: Entry): Promise<void> => {
    await end(entry)
    try {
      entry.served = await serve(entry, { ...options, audit: audit.add })
      log(`control API ${entry.name}: listens on port ${entry.served.listener.port}`)
    } catch (error) {
      entry.fault = toFault(error)
      log(`control API ${entry.name}: ${entry.fault.code}: ${entry.fault.message}`)
    }
    options.onChange()
  }
  const startAll = (which: (entry: Entry) => boolean): Promise<void> =>
    inTurn(async () => {
      if (isClosed) return
      for (const entry of entries) if (entry.settings.enabled && which(entry)) await start(entry)
    })
  return {
    views: () => entries.map(viewOf),
    isServing: () => entries.some(({ served }) => served !== null),
    enable: (request) =>
      inTurn(async () => {
        const entry = entryOf(request.name)
        const key = request.key === undefined ? entry.key : request.key
        if (request.name === 'x-port-forward' && key === null) throw noKey()
        const { settings } = entry
        const next: ApiSettings = {
          enabled: true,
          listen: request.listen ?? settings.listen,
          tls: request.tls === undefined ? settings.tls : request.tls,
        }
        if (request.key !== undefined) keepKey(secrets, request.name, request.key)
        await saveSettings(store, request.name, next)
        Object.assign(entry, { settings: next, key })
        await start(entry)
        return viewOf(entry)
      }),
    disable: (name) =>
      inTurn(async () => {
        const entry = entryOf(name)
        const next = { ...entry.settings, enabled: false }
        await saveSettings(store, name, next)
        entry.settings = next
        await end(entry)
        options.onChange()
        return viewOf(entry)
      }),
    audit: audit.list,
    begin: () => startAll(() => true),
    look: () => void startAll(({ served }) => served === null),
    close: async () => {
      isClosed = true
      await inTurn(async () => {
        await Promise.all(entries.map(end))
      })
      await audit.flush()
    },
  }
}

// --- internal ---

function newEntry(name: ApiName): Entry {
  return { name, settings: defaultSettings(name), key: null, served: null, fault: null }
}

async function loadEntries({ store, secrets, warnings }: ApiHostOptions): Promise<readonly Entry[]> {
  const settings = await loadSettings(store)
  return Promise.all(
    apiNames.map(async (name) => {
      // A secrets file that cannot be read is a warning, and an API without its key does not start.
      const key = await warnings.tolerate(() => secrets.get(apiSecretOwner(name), 'password', name))
      return { ...newEntry(name), settings: settings.get(name) ?? defaultSettings(name), key }
    }),
  )
}

function keepKey(secrets: ApiHostOptions['secrets'], name: ApiName, key: string | null): void {
  if (key === null) secrets.forget(apiSecretOwner(name))
  else secrets.set(apiSecretOwner(name), 'password', { value: key, keep: 'file' })
}

function viewOf({ name, settings, key, served, fault }: Entry): ApiView {
  const { enabled, tls } = settings
  return {
    ...{ name, enabled, tls, fault },
    state: served !== null ? 'running' : fault !== null ? 'failed' : 'stopped',
    listen: { ...settings.listen, ...(served === null ? {} : { port: served.listener.port }) },
    hasKey: key !== null,
    exposed: isExposed(settings.listen),
  }
}

type Serving = ApiHostOptions & {
  readonly audit: (api: ApiName, entry: Parameters<ApiContext['audit']>[0]) => void
}

/** Throws `api.no-key`, `api.certificate` or `port.…`. */
async function serve(entry: Entry, options: Serving): Promise<Served> {
  const { name, settings } = entry
  const { host, port } = settings.listen
  if (name === 'x-port-forward' && entry.key === null) throw noKey()
  const certificate = settings.tls === null ? null : readCertificate(settings.tls, options.now())
  const api = options.factories[name]({
    key: () => entry.key,
    audit: (call) => options.audit(name, call),
  })
  try {
    const listener = await listen({ host, port, certificate, onRequest: answerWith(api, options.log) })
    return { api, listener }
  } catch (error) {
    api.close()
    throw await listenFault(error, settings.listen, options)
  }
}

function answerWith(api: ControlApi, log: (message: string) => void): RequestListener {
  return (request, response) => {
    // A caller that went away is no fault; the answer has nobody to read it.
    response.on('error', () => undefined)
    response.setHeader('cache-control', 'no-store')
    response.setHeader('x-content-type-options', 'nosniff')
    api.handle(request, response).catch((error: unknown) => {
      log(`control API ${api.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
      response.end()
    })
  }
}

async function listenFault(
  error: unknown,
  { host, port }: ApiSettings['listen'],
  { portFault }: Pick<ApiHostOptions, 'portFault'>,
): Promise<WarrenError> {
  const found = await portFault(host, port)
  if (found !== null) {
    const { code, message, fix, remedy } = found
    const field = found.field === 'host' ? 'listen.host' : 'listen.port'
    return new WarrenError(code, message, { fix, remedy, field, cause: error })
  }
  return new WarrenError('port.address-unavailable', `Nothing can listen on ${host}, port ${port}.`, {
    fix: 'Try again, or use another address.',
    field: 'listen.host',
    cause: error,
  })
}

function noKey(): WarrenError {
  return new WarrenError('api.no-key', 'The X Port Forward API needs an auth key that callers must know.', {
    fix: 'Set one, and give it to your panel.',
    field: 'key',
  })
}
