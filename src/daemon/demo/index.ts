/** The demo: a server and three forwards that work without an account anywhere. */
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { LocalPorts } from '@engine'
import { toFault, WarrenError } from '@shared/errors'
import {
  forwardSpecSchema,
  serverSpecSchema,
  type ForwardDraft,
  type ForwardSpec,
  type ServerSpec,
} from '@shared/specs'
import type { Activity } from '../activity'
import type { Catalog } from '../catalog'
import type { Places } from '../places'
import { ensurePrivateFolder, type Store } from '../store/index'
import type { TrustedKeys } from '../trusted-keys'
import type { Warnings } from '../warnings'
import type { DemoHost } from './host'
import type { SampleServices } from './samples'

const LOOPBACK = '127.0.0.1'
const TAG = 'demo'
const PAGE_PORT_KEY = 'demo.page-port'
/** First wishes; the next free ports are taken where something listens there already. */
const WISHES = { server: 2022, page: 8090, web: 8080, remote: 8081, socks: 1080 }

const TRIES = 3

export interface Demo {
  /** Makes the demo server and its forwards unless they exist, and starts the server. */
  readonly start: () => Promise<{ readonly serverId: string; readonly forwardIds: readonly string[] }>
  /** Starts the demo server when it was made before; a failure becomes a warning. */
  readonly resume: () => Promise<void>
  readonly serverRemoved: (serverId: string) => void
  readonly close: () => Promise<void>
}

export interface DemoOptions {
  readonly places: Places
  readonly store: Store
  readonly catalog: Catalog
  readonly localPorts: LocalPorts
  readonly trusted: TrustedKeys
  readonly activity: Activity
  readonly warnings: Warnings
  readonly now: () => number
  readonly log: (message: string) => void
  /** What else there is to do once a server and forwards were added. */
  readonly onAdded: (forwards: readonly ForwardSpec[]) => void
}

export function createDemo(options: DemoOptions): Demo {
  const { catalog, store } = options
  let running: { host: DemoHost; samples: SampleServices; serverId: string } | null = null

  const close = async (): Promise<void> => {
    const { host, samples } = running ?? {}
    running = null
    await Promise.all([host?.close(), samples?.close()])
  }
  const run = async (server: ServerSpec, pagePort: number): Promise<void> => {
    if (running !== null) return
    const [{ listenDemo }, { createSamples }] = await Promise.all([import('./host'), import('./samples')])
    const key = await hostKey(options)
    const samples = createSamples(options.now)
    const host = await listenDemo({ port: server.port, hostKey: key.privateKey, samples, log: options.log })
    running = { host, samples, serverId: server.id }
    await samples.listen(pagePort).catch((error: unknown) => options.warnings.add(toFault(portGone(pagePort, error))))
    options.trusted.add({ host: `[${LOOPBACK}]:${server.port}`, keyType: key.keyType, key: key.publicKey })
  }
  /** Somebody may take a port between the look at it and the listening. */
  const runAnew = async (): Promise<Design> => {
    for (let tries = 1; ; tries += 1) {
      const made = await design(options)
      try {
        await run(made.server, made.pagePort)
        return made
      } catch (error) {
        if (!isPortTaken(error)) throw error
        if (tries === TRIES) throw portGone(made.server.port, error)
      }
    }
  }
  const saved = (): ServerSpec | undefined => catalog.servers().find(({ demo }) => demo)
  const pagePortOf = async (): Promise<number> => Number(await store.getMeta(PAGE_PORT_KEY)) || WISHES.page

  return {
    start: async () => {
      const existing = saved()
      if (existing !== undefined) {
        await run(existing, await pagePortOf())
        const own = catalog.forwards().filter(({ spec }) => spec.serverId === existing.id)
        return { serverId: existing.id, forwardIds: own.map(({ spec }) => spec.id) }
      }
      const made = await runAnew()
      await store.setMeta(PAGE_PORT_KEY, String(made.pagePort))
      await store.saveForwards(made.forwards, [made.server])
      catalog.putServer(made.server)
      for (const spec of made.forwards) catalog.putForward({ spec, wanted: false, lastUsed: null })
      options.activity.add({
        kind: 'added',
        serverId: made.server.id,
        subject: made.server.name,
        message: 'The demo server was made. Warren made its key, so it is trusted without a question.',
      })
      options.onAdded(made.forwards)
      return { serverId: made.server.id, forwardIds: made.forwards.map(({ id }) => id) }
    },
    resume: async () => {
      const server = saved()
      if (server === undefined) return
      try {
        await run(server, await pagePortOf())
      } catch (error) {
        options.warnings.add(toFault(portGone(server.port, error)))
      }
    },
    serverRemoved: (serverId) => {
      if (running?.serverId === serverId) void close()
    },
    close,
  }
}

interface Design {
  readonly server: ServerSpec
  readonly forwards: readonly ForwardSpec[]
  readonly pagePort: number
}

async function design(options: DemoOptions): Promise<Design> {
  const taken = new Set<number>()
  const free = (wish: number): Promise<number> => freePort(options.localPorts, wish, taken)
  const ports = {
    server: await free(WISHES.server),
    page: await free(WISHES.page),
    web: await free(WISHES.web),
    remote: await free(WISHES.remote),
    socks: await free(WISHES.socks),
  }
  const at = new Date(options.now()).toISOString()
  const stamps = { createdAt: at, updatedAt: at }
  const server = serverSpecSchema.parse({
    id: randomUUID(),
    name: options.catalog.freeName('server', 'demo'),
    host: LOOPBACK,
    port: ports.server,
    username: 'demo',
    // The keys of the person have no business here.
    agent: 'none',
    demo: true,
    ...stamps,
  })
  const drafts: Omit<ForwardDraft, 'serverId'>[] = [
    {
      name: 'demo web page',
      type: 'local',
      localPort: ports.web,
      remoteHost: 'web.demo',
      remotePort: 80,
      description: 'A page that only the demo server can see, on a port of this machine.',
    },
    {
      name: 'demo remote',
      type: 'remote',
      remotePort: ports.remote,
      localHost: LOOPBACK,
      localPort: ports.page,
      description: 'A page of this machine, on a port of the demo server.',
    },
    {
      name: 'demo SOCKS proxy',
      type: 'dynamic',
      bindPort: ports.socks,
      description: 'Set as the SOCKS proxy of a browser, it opens http://web.demo/.',
    },
  ]
  const forwards = drafts.map((draft) =>
    forwardSpecSchema.parse({
      ...draft,
      name: options.catalog.freeName('forward', draft.name),
      id: randomUUID(),
      serverId: server.id,
      tags: [TAG],
      ...stamps,
    }),
  )
  return { server, forwards, pagePort: ports.page }
}

async function freePort(localPorts: LocalPorts, wish: number, taken: Set<number>): Promise<number> {
  let port: number | null = wish
  while (port !== null && (taken.has(port) || !(await isFree(port)))) port = await localPorts.nextFree(LOOPBACK, port)
  if (port === null) throw new WarrenError('port.in-use', `No port above ${wish} is free.`)
  taken.add(port)
  return port
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

interface HostKey {
  readonly privateKey: string
  readonly keyType: string
  /** Base64 blob. */
  readonly publicKey: string
}

/** The demo server keeps its key, as a real server does. */
async function hostKey({ places }: DemoOptions): Promise<HostKey> {
  const { default: ssh2 } = await import('ssh2')
  ensurePrivateFolder(places.demo)
  const file = join(places.demo, 'host_key')
  let privateKey: string
  try {
    privateKey = readFileSync(file, 'utf8')
  } catch {
    privateKey = ssh2.utils.generateKeyPairSync('ed25519').private
    writeFileSync(file, privateKey, { mode: 0o600 })
  }
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) throw new WarrenError('internal', `${file} is not a private key.`, { cause: parsed })
  return { privateKey, keyType: parsed.type, publicKey: parsed.getPublicSSH().toString('base64') }
}

function portGone(port: number, cause: unknown): WarrenError {
  return new WarrenError('port.in-use', `The demo server cannot listen on port ${port}.`, {
    fix: 'End what listens there, or remove the demo server and make it again.',
    field: String(port),
    cause,
  })
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
