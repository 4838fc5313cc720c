/** The daemon put together: store, engine, RPC, and its life from start to end. */
import type { Clock, Engine, EnginePorts, LocalPorts } from '@engine'
import type { Need } from '@shared/needs'
import { needSentence } from '@shared/sentence'
import { createActivity } from './activity'
import { bringBack } from './bring-back'
import { createCatalog } from './catalog'
import { createCloud, type Cloud } from './cloud'
import { openControl } from './control'
import { createDemo } from './demo/index'
import { createEnginePorts, engineEnvironment, systemClock } from './engine-ports'
import { withBooks } from './engine-with-books'
import { createForwardWatch, type ForwardWatch } from './forward-watch'
import { forgetForwards } from './handlers/forwards'
import { createHandlers } from './handlers/index'
import { stopForwards } from './handlers/run'
import { refreshDependents } from './handlers/servers'
import { keepHouse } from './housekeeping'
import { createHub } from './hub'
import { createIdleExit, IDLE_EXIT_MS } from './lifecycle'
import { createJournal, type Journal } from './journal'
import { createLogs } from './logs'
import { createNeeds } from './needs'
import { createNetworkWatch } from './network-watch'
import type { Places } from './places'
import { moveProxyPasswords } from './proxy-passwords'
import { createRelayWatch } from './relay-watch'
import { listenRpc } from './rpc/server'
import { createSampler } from './sampler'
import { createSecrets } from './secrets'
import type { Services } from './services'
import { createSshConfig } from './ssh-config'
import { addToXForwards, openStore, takeLock, type Store } from './store/index'
import { shutDown } from './shut-down'
import { createTimed } from './timed'
import { openBooks } from './traffic'
import { createTrustedKeys } from './trusted-keys'
import { createTurns } from './turns'
import { createWarnings } from './warnings'

/** How long a start waits for the ssh config. */
const FIRST_LOOK_MS = 1500

export interface DaemonOptions {
  readonly places: Places
  readonly env: NodeJS.ProcessEnv
  readonly createEngine: (ports: EnginePorts) => Engine
  readonly localPorts: LocalPorts
  readonly nativeCrypto: boolean
  readonly log: (message: string) => void
  readonly clock?: Clock | undefined
  readonly idleExitMs?: number | undefined
  /** The end has begun, whoever asked for it. */
  readonly onStopping?: (() => void) | undefined
}

export interface Daemon {
  /** Settles when the daemon has ended, whoever ended it. */
  readonly ended: Promise<void>
  /** Ends it; with `keepWanted` what ran comes back with the next daemon. */
  readonly stop: (options: { readonly keepWanted: boolean }) => Promise<void>
}

/**
 * Starts the daemon of one data folder; resolves when it answers.
 *
 * Rejects with `store.locked`, `store.newer`, `store.full` or `store.unwritable`, having left nothing behind.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { places, log } = options
  const { store, lock } = await openLocked(options)
  const closers: (() => void | Promise<void>)[] = [() => lock.release(), () => store.close()]
  const closeAll = async (): Promise<void> => {
    for (const close of closers.reverse()) {
      // Each closes whatever the one before it did.
      await Promise.resolve()
        .then(close)
        .catch((error: unknown) => log(`closing: ${String(error)}`))
    }
  }
  try {
    const { services, journal, life } = await compose(options, store, closers)
    let stopping: Promise<void> | null = null
    const ended = new Promise<void>((resolve) => {
      life.stop = (how) => {
        if (stopping === null) options.onStopping?.()
        stopping ??= shutDown(services, journal, how).then(closeAll).finally(resolve)
        return stopping
      }
    })
    await readSshConfig(services)
    const server = await listenRpc(places, {
      handlers: createHandlers(services),
      onGreeted: (peer) => services.hub.attach(peer),
      isStopping: () => stopping !== null,
      log,
    })
    closers.push(() => server.close())
    life.begin()
    return { ended, stop: (how) => life.stop(how) }
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function openLocked(
  options: DaemonOptions,
): Promise<{ store: Store; lock: Awaited<ReturnType<typeof takeLock>> }> {
  const lock = await takeLock(options.places)
  try {
    return { store: openStore(options.places), lock }
  } catch (error) {
    lock.release()
    throw error
  }
}

interface Life {
  stop: (how: { readonly keepWanted: boolean }) => Promise<void>
  /** What is left to do once clients can reach the daemon: bring back what was wanted, watch the network, count down. */
  readonly begin: () => void
}

async function compose(
  options: DaemonOptions,
  store: Store,
  closers: (() => void | Promise<void>)[],
): Promise<{ services: Services; journal: Journal; life: Life }> {
  const { places, log, localPorts } = options
  const clock = options.clock ?? systemClock
  const { now } = clock
  const content = await store.load()
  const secrets = createSecrets(places.secrets)
  const servers = await moveProxyPasswords(content.servers, { store, secrets })
  const catalog = createCatalog({ ...content, servers })
  const hub = createHub()
  const warnings = createWarnings(log)
  for (const warning of store.warnings) warnings.add(warning)
  const activity = createActivity({ store, hub, warnings, now, secrets: secrets.values })
  const logs = createLogs({
    folder: places.logs,
    now,
    secrets: secrets.values,
    onAdded: (forwardId, entries) => {
      for (const peer of hub.subscribers('logs')) {
        const { forwardId: only } = peer.subscription()
        if (only === null || only === forwardId) peer.send('logs.added', { forwardId, entries })
      }
    },
  })
  const tellNeed = (need: Need): void => {
    const [forwardId = null] = need.forwardIds
    const message =
      need.kind === 'host-key'
        ? `${need.login} shows a key that is not known yet.`
        : need.kind === 'host-key-rotation' || need.kind === 'allow-command'
          ? `${needSentence(need)}.`
          : `${need.login} asks.`
    activity.add({ kind: 'needs-you', forwardId, serverId: need.serverId, subject: need.server, message })
  }
  const needs = createNeeds({
    now,
    after: clock.after,
    onRaised: tellNeed,
    onChange: (open) => hub.publish('needs.changed', { needs: open }),
  })
  const person = engineEnvironment(options.env)
  const [knownHostsFile = ''] = person.knownHostsFiles
  const trusted = createTrustedKeys({ loaded: content.trustedKeys, store, activity, warnings, now, knownHostsFile })
  let watch: ForwardWatch | null = null
  const active = (): ReadonlySet<string> => watch?.active() ?? new Set()
  const sshConfig = createSshConfig({ env: options.env, person, store, now, log })
  const plan = sshConfig.planner(catalog)
  const ports = createEnginePorts({ env: options.env, clock, catalog, needs, secrets, logs, trusted, plan, active })
  const hooks = [{ flush: addToXForwards }]
  const books = await openBooks({ store, home: places.home, clock, warnings, activity, log, hooks })
  closers.push(() => books.close())
  const isSaved = (id: string): boolean => !catalog.isAdHoc(id)
  const engine = withBooks(options.createEngine({ ...ports, traffic: books.port }), books, isSaved)
  books.attach(engine)
  const onOver = (ids: readonly string[]): Promise<void> => stopForwards(services, ids)
  const timed = createTimed({ clock, store, warnings, isSaved, onOver })
  const inTurn = createTurns()
  let cloud: Cloud | null = null
  const cloudOf: Cloud['viewOf'] = (id) => cloud?.viewOf(id) ?? null
  watch = createForwardWatch({ engine, catalog, hub, activity, timed, cloudOf, now })
  const relays = createRelayWatch({ engine, catalog, hub, activity, now })
  for (const { spec } of catalog.forwards()) engine.define(spec)
  for (const { spec } of catalog.relays()) engine.relays.define(spec)
  const sampler = createSampler({ engine, hub, watch, relays })
  const onAdded = (forwards: readonly { readonly id: string }[]): void => {
    for (const spec of forwards) {
      engine.define(catalog.forward(spec.id).spec)
      watch.touch(spec.id)
    }
    hub.publish('servers.changed', { servers: catalog.servers() })
  }
  const demo = createDemo({ places, store, catalog, localPorts, trusted, activity, warnings, now, log, onAdded })
  const onNetworkChange = (): void => {
    log('the network or the clock changed: looking at every session')
    engine.networkChanged()
    timed.look()
    books.look()
    apis.look()
    cloud?.networkChanged()
  }
  const network = createNetworkWatch({ onChange: onNetworkChange })
  const journal = createJournal({ store, activity, warnings })
  const onServing = (): void => idle.update()
  const { apis, report } = await openControl({
    ...{ store, secrets, warnings, hub, books, engine, relays, places, clock, log, onServing },
    services: () => services,
  })
  cloud = await createCloud({
    services: { catalog, store, engine, watch, hub, activity, warnings, secrets, inTurn, now },
    ...{ home: places.home, clock, log, onWork: () => onActive() },
    forget: (ids) => forgetForwards(services, ids),
  })
  const idle = createIdleExit({
    idleMs: options.idleExitMs ?? IDLE_EXIT_MS,
    after: clock.after,
    isIdle: () => {
      const users = watch.active().size + relays.active().size + hub.peers().length
      return users === 0 && !apis.isServing() && cloud?.isBusy() !== true
    },
    onIdle: () => {
      log('nothing runs and nobody is attached: leaving')
      void life.stop({ keepWanted: false })
    },
  })
  const services: Services = {
    ...{
      places,
      store,
      catalog,
      engine,
      localPorts,
      hub,
      watch,
      relays,
      books,
      apis,
      report,
      cloud,
      timed,
      needs,
      secrets,
      logs,
      activity,
      trusted,
      sshConfig,
      warnings,
      demo,
    },
    inTurn,
    now,
    startedAt: new Date(now()).toISOString(),
    nativeCrypto: options.nativeCrypto,
    // The answer to the request that stops must get out first.
    stop: (how) => setTimeout(() => void life.stop(how), 50),
  }
  hub.onChange(idle.update)
  const onActive = (): void => {
    idle.update()
    network.setActive(active().size + relays.active().size > 0 || cloud?.isSignedIn() === true)
  }
  watch.onActive(() => {
    onActive()
    sshConfig.listing.tidy()
  })
  relays.onActive(onActive)
  const stopHousekeeping = keepHouse(services)
  closers.push(
    () => logs.flush(),
    () => store.backUp(),
    () => activity.settled(),
    () => cloud?.close(),
    () => demo.close(),
    () => engine.close(),
    () => Promise.all([apis.close(), report.close()]).then(() => undefined),
    () => {
      sshConfig.listing.close()
      stopHousekeeping()
      idle.close()
      timed.close()
      network.setActive(false)
      sampler.close()
      watch.close()
      relays.close()
      needs.close()
    },
  )
  const life: Life = {
    stop: () => Promise.resolve(),
    begin: () => {
      idle.update()
      // What was wanted first: a panel that asks finds it running.
      void bringBack(services, journal, content.unreadable).then(() =>
        Promise.all([report.begin(), apis.begin(), services.cloud.begin().finally(onActive)]),
      )
    },
  }
  return { services, journal, life }
}

/** The first client finds the hosts of the config already, unless it is so large that they come a little later. */
async function readSshConfig(services: Services): Promise<void> {
  const first = services.sshConfig.listing.begin({
    ...services,
    onServerChanged: (id) => refreshDependents(services, id),
    forget: (ids) => forgetForwards(services, ids),
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FIRST_LOOK_MS)
  })
  await Promise.race([first, late])
  clearTimeout(timer)
}
