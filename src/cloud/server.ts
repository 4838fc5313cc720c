/** The server with its socket: opens the store, listens, and ends in order. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createApp } from './app'
import { createPasswords, type PasswordCost } from './auth/passwords'
import { createTokens } from './auth/tokens'
import { ConfigFault, type CloudConfig } from './config'
import type { Log, Services } from './context'
import { createHeard } from './heard'
import { createLimits, type LimitSettings } from './limits'
import { createListener, type Listener, type RequestTimes } from './listener'
import { createMetrics } from './metrics'
import { holdFolder, LEASE_MS, openStore, type CloudStore, type StoreOptions } from './store'

export interface CloudServer {
  /** `http://127.0.0.1:3000` */
  readonly url: string
  readonly services: Services
  /** Lets requests that began end, closes streams and the store. Idempotent. */
  readonly stop: () => Promise<void>
}

export interface ServerOptions {
  readonly log: Log
  readonly now?: () => number
  readonly limits?: LimitSettings
  readonly times?: RequestTimes
  /** Of what a new password is hashed with: for tests that are about something else. */
  readonly passwordCost?: PasswordCost
}

/** The message says what to do. */
class CannotListen extends Error {}

const SECRET_BYTES = 48
const MIN_SECRET = 32
const PURGE_MS = 3_600_000
/** After so long a stop cuts off what still runs. */
const STOP_MS = 10_000
const SWEEP_MS = 50
const LAPSE_MS = 60_000
const FIRST_INVITE_DAYS = 7

/** Rejects with the database's or the socket's error, or because another server has the folder, having left nothing open. */
export async function startServer(config: CloudConfig, options: ServerOptions): Promise<CloudServer> {
  const { log, now = Date.now, times } = options
  const store = await openHeld(config, { now, log: (message) => log('warn', message) })
  try {
    const services = await compose(config, store, options)
    const listener = createListener(createApp(services.open), { ...services.open, ...(times && { times }) })
    await listen(listener.server, config)
    const url = services.listens(listener.server)
    log('info', 'listening', { url, database: config.databaseUrl === null ? 'sqlite' : 'postgresql' })
    await inviteFirst(services.open).catch(async (error: unknown) => {
      services.begin()
      await closed(listener)
      throw error
    })
    const purge = setInterval(() => void store.purge().catch(() => undefined), PURGE_MS)
    const began = performance.now()
    const lapse = setInterval(() => {
      // A server that was away itself has heard of nobody: it listens first.
      if (performance.now() - began > LEASE_MS) void store.activity.lapse().catch(() => undefined)
    }, LAPSE_MS)
    let stopping: Promise<void> | undefined
    const stop = async (): Promise<void> => {
      clearInterval(purge)
      clearInterval(lapse)
      services.begin()
      await closed(listener)
      await store.close()
      log('info', 'stopped')
    }
    return { url, services: services.open, stop: () => (stopping ??= stop()) }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The key that signs tokens: of the environment, or made once and kept beside the data. */
export async function signingSecret(config: CloudConfig, store: Pick<CloudStore, 'settle'>): Promise<string> {
  if (config.secret !== null) return config.secret
  const fresh = randomBytes(SECRET_BYTES).toString('base64url')
  // Several instances must agree: the database decides which one it is.
  if (config.databaseUrl !== null) return store.settle('signing-key', fresh)
  const file = join(config.data, 'signing-key')
  try {
    writeFileSync(file, fresh, { mode: 0o600, flag: 'wx' })
    return fresh
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const kept = readFileSync(file, 'utf8').trim()
    if (kept.length < MIN_SECRET)
      throw new ConfigFault(`${file} is no signing key. Delete it: everybody logs in again then.`)
    return kept
  }
}

// --- internal ---

/** The store of a server: nobody else serves its SQLite file until it is closed. */
async function openHeld(config: CloudConfig, options: StoreOptions): Promise<CloudStore> {
  const release = await holdFolder(config)
  try {
    const store = await openStore(config, options)
    return { ...store, close: () => store.close().finally(release) }
  } catch (error) {
    release()
    throw error
  }
}

function sentenceOf(code: string | undefined, where: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `${where} is in use by another program. Stop it, or set PORT to another one.`
    case 'EACCES':
      return `This account may not listen on ${where}. Set PORT to 1024 or above.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${where} is not an address of this machine. Set HOST to one that is.`
    default:
      return `It cannot listen on ${where} (${code ?? 'unknown'}).`
  }
}

interface Composed {
  readonly open: Services
  /** The socket is there; returns where it listens. */
  readonly listens: (server: Server) => string
  /** The end has begun. */
  readonly begin: () => void
}

async function compose(
  config: CloudConfig,
  store: CloudStore,
  { log, now = Date.now, limits, passwordCost }: ServerOptions,
): Promise<Composed> {
  const { tokenSeconds: seconds, identityProvider: provider } = config
  const listeners = new Set<() => void>()
  let isStopping = false
  let url = config.url ?? `http://${config.host}:${config.port}`
  const open: Services = {
    ...{ config, store, now, log },
    passwords: createPasswords(passwordCost),
    tokens: createTokens({ secret: await signingSecret(config, store), seconds, provider, now }),
    limits: createLimits(store.pool, limits),
    metrics: createMetrics(),
    heard: createHeard({ store, now }),
    publicUrl: () => config.url ?? url,
    isStopping: () => isStopping,
    onStopping: (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
  return {
    open,
    listens: (server) => {
      const { address, port, family } = server.address() as AddressInfo
      url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
      return url
    },
    begin: () => {
      isStopping = true
      for (const listener of listeners) listener()
    },
  }
}

function listen(server: Server, { host, port }: CloudConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new CannotListen(sentenceOf(error.code, `${host}:${port}`), { cause: error }))
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      server.on('error', () => undefined)
      resolve()
    })
  })
}

function closed({ server, closeIdle }: Listener): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections()
    }, STOP_MS)
    // A connection whose stream ended just now is kept for the next request, which nobody wants to wait for.
    const sweep = setInterval(closeIdle, SWEEP_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
    closeIdle()
  })
}

/** Without an account nobody can invite anybody: the log has a link that makes the first one. */
async function inviteFirst({ store, config, publicUrl, log }: Services): Promise<void> {
  if (config.registration === 'open' || (await store.users.count()) > 0) return
  const { token } = await store.teams.invite({ teamId: null, role: null, by: null, days: FIRST_INVITE_DAYS })
  log('info', 'make the first account with this link, once', { link: `${publicUrl()}/invite#${token}` })
}
