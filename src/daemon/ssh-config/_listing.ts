/** Keeps the hosts and forward lines of the ssh config among the servers and forwards, as the files change. */
import { WarrenError, toFault, type Fault } from '@shared/errors'
import { plural } from '@shared/format'
import { originText, type ConfigOrigin } from '@shared/resolved-config'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import type { Services } from '../services'
import { nameKey } from '../store/index'
import { isForwardRow, isHostRow, isListed } from './_names'
import type { Permissions } from './_permissions'
import type { ConfigReader, Exec, SystemFiles } from './_reader'
import { forwardRows, isSame, nameGiver, serverRow } from './_rows'
import { surveyConfig, type Survey, type SurveyedServer } from './_survey'
import { createConfigWatch } from './_watch'

const SETTING = 'config.listing'
/** A command that was allowed once may hang today; the listing goes on without it. */
const EXEC_TIMEOUT_MS = 5000

export type ListingServices = Pick<
  Services,
  'store' | 'catalog' | 'engine' | 'hub' | 'watch' | 'activity' | 'warnings' | 'inTurn' | 'now'
> & {
  /** What a changed server means to its forwards. */
  readonly onServerChanged: (id: string) => void
  /** Takes forwards out of engine and catalog. */
  readonly forget: (ids: readonly string[]) => Promise<void>
}

export interface ConfigListing {
  /** Reads the config for the first time and watches it from then on. */
  readonly begin: (services: ListingServices) => Promise<void>
  /** Reads it again now. */
  readonly refresh: () => Promise<void>
  /** Something was stopped or removed: what stayed for its sake alone may go. */
  readonly tidy: () => void
  readonly isOn: () => boolean
  readonly setOn: (on: boolean) => Promise<void>
  /** Where a server's Host line or a forward's line stands; `null` when the config has it no more, or it is none of the config's. */
  readonly originOf: (id: string) => ConfigOrigin | null
  readonly close: () => void
}

export interface ListingOptions {
  readonly reader: ConfigReader
  readonly permissions: Permissions
  readonly log: (message: string) => void
}

export function createConfigListing({ reader, permissions, log }: ListingOptions): ConfigListing {
  const origins = new Map<string, ConfigOrigin | null>()
  let services: ListingServices | null = null
  let on = true
  let said = ''
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  const watch = createConfigWatch({ onChange: () => void refresh(), log })

  const look = async (): Promise<Survey | Fault> => {
    const seen = recorded(reader.files())
    // Before the hosts are gone through, so that a change meanwhile is noticed; and after, for files that only some of them read.
    const onRead = (): Promise<void> => watch.set({ files: [...seen.read], patterns: [...seen.patterns] })
    const exec = allowedOnly(reader, permissions)
    try {
      return await surveyConfig({ reader, files: seen.files, file: null, exec, onRead })
    } catch (error) {
      return toFault(error)
    } finally {
      await onRead()
    }
  }
  const once = async (): Promise<void> => {
    if (services === null) return
    const to = services
    const survey = on ? await look() : { servers: [] }
    if ('code' in survey) {
      tell(to, [survey])
      return
    }
    tell(
      to,
      survey.servers.flatMap(({ fault }) => (fault === null ? [] : [fault])),
    )
    await to.inTurn(() => apply(to, survey, origins))
  }
  const tell = (to: ListingServices, faults: readonly Fault[]): void => {
    to.warnings.clear('config.invalid')
    for (const fault of faults) to.warnings.add({ ...fault, code: 'config.invalid' })
    const text = faults.map(({ message }) => message).join('\n')
    const [first] = faults
    if (first !== undefined && text !== said) {
      to.activity.add({ kind: 'daemon', subject: 'ssh config', message: first.message, code: first.code })
    }
    said = text
  }
  const refresh = (): Promise<void> => {
    if (running !== null) {
      // What runs may have read already what has changed now.
      next ??= running.then(() => {
        next = null
        return refresh()
      })
      return next
    }
    running = once()
      .catch((error: unknown) => {
        log(`reading the ssh config: ${String(error instanceof Error ? error.stack : error)}`)
      })
      .finally(() => {
        running = null
      })
    return running
  }
  return {
    begin: async (given) => {
      services = given
      on = (await given.store.getMeta(SETTING)) !== 'off'
      await refresh()
    },
    refresh,
    tidy: () => {
      if (services !== null && isUntidy(services.catalog, origins)) void refresh()
    },
    isOn: () => on,
    setOn: async (wanted) => {
      await services?.store.setMeta(SETTING, wanted ? 'on' : 'off')
      on = wanted
      await refresh()
    },
    originOf: (id) => origins.get(id) ?? null,
    close: () => {
      services = null
      watch.close()
    },
  }
}

/** A `Match exec` for looking around: only what was allowed runs, once a look, and not for long. */
export function allowedOnly(reader: ConfigReader, permissions: Permissions): Exec {
  const answers = new Map<string, Promise<boolean | null>>()
  return (command, origin) => {
    const key = JSON.stringify([command, origin.file])
    const decide = async (): Promise<boolean | null> => {
      if (!(await permissions.isAllowed({ command, file: origin.file }))) return null
      return reader.run(command, origin, AbortSignal.timeout(EXEC_TIMEOUT_MS)).catch(() => null)
    }
    const answer = answers.get(key) ?? decide()
    answers.set(key, answer)
    return answer
  }
}

/** What stands in the config is changed there. */
export function readOnly(name: string, origin: ConfigOrigin | null): WarrenError {
  const where = origin === null ? 'the ssh config' : originText(origin)
  return new WarrenError('config.read-only', `${name} is written in ${where} and cannot be changed here.`, {
    fix: origin === null ? 'Make your own copy of it.' : `Change it in ${where}, or make your own copy.`,
    field: 'id',
  })
}

// --- internal ---

/** The same file is read for every host: once is enough, and what was read is what must be watched. */
function recorded(files: SystemFiles): { files: SystemFiles; read: Set<string>; patterns: Set<string> } {
  const read = new Set<string>()
  const patterns = new Set<string>()
  const texts = new Map<string, ReturnType<SystemFiles['readFile']>>()
  const globs = new Map<string, ReturnType<SystemFiles['glob']>>()
  const kept = <T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> => {
    const value = map.get(key) ?? make()
    map.set(key, value)
    return value
  }
  return {
    read,
    patterns,
    files: {
      exists: files.exists,
      readFile: (path) => {
        read.add(path)
        return kept(texts, path, () => files.readFile(path))
      },
      glob: (pattern) => {
        patterns.add(pattern)
        return kept(globs, pattern, () => files.glob(pattern))
      },
    },
  }
}

/** Whether there are rows that the config has no more. */
function isUntidy(catalog: ListingServices['catalog'], origins: ReadonlyMap<string, unknown>): boolean {
  return (
    catalog.servers().some((server) => isListed(server) && !origins.has(server.id)) ||
    catalog.forwards().some(({ spec, wanted }) => isForwardRow(spec.id) && !wanted && !origins.has(spec.id))
  )
}

interface Change {
  readonly servers: readonly ServerSpec[]
  readonly forwards: readonly ForwardSpec[]
  readonly goneServers: readonly ServerSpec[]
  readonly goneForwards: readonly ForwardSpec[]
}

async function apply(to: ListingServices, survey: Survey, origins: Map<string, ConfigOrigin | null>): Promise<void> {
  const { store, catalog, engine, hub, watch, activity, now } = to
  const change = await changeOf(to, survey)
  origins.clear()
  for (const { id, origin } of survey.servers) origins.set(id, origin)
  for (const [id, origin] of change.lines) origins.set(id, origin)
  const { servers, forwards, goneServers, goneForwards } = change
  if (servers.length + forwards.length + goneServers.length + goneForwards.length === 0) return
  const at = new Date(now()).toISOString()
  const lost = goneForwards.map(({ id }) => id)
  if (lost.length > 0) {
    await store.deleteForwards(lost, at)
    await to.forget(lost)
  }
  for (const { id } of goneServers) {
    await store.deleteServer(id, at)
    catalog.dropServer(id)
  }
  if (servers.length + forwards.length > 0) await store.saveForwards(forwards, servers)
  const known = new Set(catalog.servers().map(({ id }) => id))
  for (const server of servers) catalog.putServer(server)
  for (const spec of forwards) {
    const before = catalog.hasForward(spec.id) ? catalog.forward(spec.id) : { wanted: false, lastUsed: null }
    catalog.putForward({ ...before, spec })
    engine.define(spec)
    watch.touch(spec.id)
  }
  for (const { id } of servers) if (known.has(id)) to.onServerChanged(id)
  hub.publish('servers.changed', { servers: catalog.servers() })
  const message = summary(change, known)
  if (message !== null) activity.add({ kind: 'changed', subject: 'ssh config', message })
}

async function changeOf(
  { store, catalog, engine, now }: ListingServices,
  { servers: surveyed }: Survey,
): Promise<Change & { readonly lines: ReadonlyMap<string, ConfigOrigin> }> {
  const at = new Date(now()).toISOString()
  const servers = catalog.servers()
  const forwards = catalog.forwards().filter(({ spec }) => isForwardRow(spec.id))
  const serverName = nameGiver((name) => servers.some((one) => nameKey(one.name) === nameKey(name)))
  const rows = new Map<string, { row: ServerSpec; found: SurveyedServer }>()
  for (const found of surveyed) {
    const row = serverRow(found, { before: (id) => servers.find((one) => one.id === id), freeName: serverName, at })
    if (row !== null) rows.set(row.id, { row, found })
  }
  const forwardName = nameGiver((name) => catalog.isNameTaken('forward', name))
  const remembered = await rememberedForwards({ store, catalog }, { rows: [...rows.values()], at })
  const lines = [...rows.values()].flatMap(({ row, found }) =>
    forwardRows(found, row, {
      before: (id) => remembered(id, forwardName),
      freeName: forwardName,
      at,
    }),
  )
  const wanted = lines.map(({ spec }) => spec)
  const wantedIds = new Set(wanted.map(({ id }) => id))
  // A line that is gone does not cut a forward that runs: it goes when it has been stopped.
  const goneForwards = forwards.filter(
    ({ spec, wanted: was }) => !wantedIds.has(spec.id) && !was && !engine.snapshot(spec.id).wanted,
  )
  const staying = catalog.forwards().filter((record) => !goneForwards.includes(record))
  const missing = servers.filter((server) => isListed(server) && !rows.has(server.id))
  const goneServers = unused(missing, {
    forwards: staying.map(({ spec }) => spec),
    servers: servers.filter((server) => !missing.includes(server)),
  })
  return {
    servers: [...rows.values()].map(({ row }) => row).filter((row) => isNews(row, servers)),
    forwards: wanted.filter((spec) => !catalog.hasForward(spec.id) || isNews(spec, [catalog.forward(spec.id).spec])),
    goneServers,
    goneForwards: goneForwards.map(({ spec }) => spec),
    lines: new Map(lines.map(({ spec, origin }) => [spec.id, origin])),
  }
}

/** What the person said about a forward holds when its line comes back. */
async function rememberedForwards(
  { store, catalog }: Pick<ListingServices, 'store' | 'catalog'>,
  { rows, at }: { readonly rows: readonly { row: ServerSpec; found: SurveyedServer }[]; readonly at: string },
): Promise<(id: string, freeName: (wanted: string) => string) => ForwardSpec | undefined> {
  const context = { before: () => undefined, freeName: (name: string) => name, at }
  const ids = rows.flatMap(({ row, found }) => forwardRows(found, row, context).map(({ spec }) => spec.id))
  const unknown = ids.filter((id) => !catalog.hasForward(id))
  const buried = unknown.length === 0 ? [] : await store.deletedForwards(unknown)
  return (id, freeName) => {
    if (catalog.hasForward(id)) return catalog.forward(id).spec
    const old = buried.find((spec) => spec.id === id)
    return old === undefined ? undefined : { ...old, name: freeName(old.name) }
  }
}

/** Servers that neither a forward nor the way to another server needs. */
function unused(
  missing: readonly ServerSpec[],
  by: { readonly forwards: readonly ForwardSpec[]; readonly servers: readonly ServerSpec[] },
): readonly ServerSpec[] {
  const needed = new Set([...by.forwards.map(({ serverId }) => serverId), ...by.servers.flatMap(({ jump }) => jump)])
  for (let before = -1; before !== needed.size;) {
    before = needed.size
    for (const { id, jump } of missing) if (needed.has(id)) for (const hop of jump) needed.add(hop)
  }
  return missing.filter(({ id }) => !needed.has(id))
}

function isNews<T extends { readonly id: string; readonly updatedAt: string }>(row: T, known: readonly T[]): boolean {
  const old = known.find(({ id }) => id === row.id)
  return old === undefined || !isSame(old, row)
}

function summary({ servers, forwards, goneServers }: Change, known: ReadonlySet<string>): string | null {
  const fresh = servers.filter(({ id }) => isHostRow(id) && !known.has(id)).length
  const changed = servers.filter(({ id }) => isHostRow(id) && known.has(id)).length
  const gone = goneServers.filter(({ id }) => isHostRow(id)).length
  const parts = [
    ...(fresh > 0 ? [`${plural(fresh, 'server')} came`] : []),
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(gone > 0 ? [`${gone} went`] : []),
    ...(forwards.length > 0 ? [`${plural(forwards.length, 'forward')} of it were read`] : []),
  ]
  return parts.length === 0 ? null : `The ssh config was read: ${parts.join(', ')}.`
}
