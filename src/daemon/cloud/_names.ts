/** Names and ports that are given while the catalog does not know of them yet. */
import { listenEndpoint, type Endpoint } from '@shared/endpoints'
import type { Catalog } from '../catalog'
import { isPortFree } from '../port-check'
import { nameKey } from '../store/index'

const MAX_NAME = 100
const MAX_PORT = 65_535
const FIRST_FREE_PORT = 1024
/** Ports that the system is asked for, for one forward. */
const TRIES = 500

export interface NameGiver {
  /** These forwards lose the name they have. */
  readonly free: (forwardId: string) => void
  /** The wanted name when it is free for this forward, else with `suffix`, else with a number. */
  readonly give: (forwardId: string, wanted: string, suffix: string) => string
  /** A free name for a new server. */
  readonly giveServer: (wanted: string) => string
}

export function createNameGiver(catalog: Pick<Catalog, 'forwardsNamed' | 'servers'>): NameGiver {
  const freed = new Set<string>()
  const given = new Map<string, string>()
  let servers: Set<string> | null = null
  const isTaken = (name: string, forwardId: string): boolean => {
    const holder = given.get(nameKey(name))
    if (holder !== undefined) return holder !== forwardId
    return [...catalog.forwardsNamed(name)].some((id) => id !== forwardId && !freed.has(id))
  }
  return {
    free: (id) => freed.add(id),
    give: (forwardId, wanted, suffix) => {
      const name = firstFree(wanted, suffix, (one) => !isTaken(one, forwardId))
      given.set(nameKey(name), forwardId)
      return name
    },
    giveServer: (wanted) => {
      const taken = (servers ??= new Set(catalog.servers().map(({ name }) => nameKey(name))))
      const name = firstFree(wanted, null, (one) => !taken.has(nameKey(one)))
      taken.add(nameKey(name))
      return name
    },
  }
}

export interface PortGiver {
  /** Whether nothing here listens there, or would: forwards and relays that are stopped count too, but for `except`. */
  readonly isFree: (end: Endpoint, except: string) => Promise<boolean>
  /** The next free port behind; `null` when there is none near. */
  readonly next: (host: string, port: number) => Promise<number | null>
  /** From now on this forward listens there. */
  readonly take: (end: Endpoint, forwardId: string) => void
}

interface Held {
  readonly host: string
  readonly owner: string
}

export function createPortGiver(
  catalog: Pick<Catalog, 'forwards' | 'relays'>,
  isGone: (forwardId: string) => boolean,
): PortGiver {
  let held: Map<number, Held[]> | null = null
  const skips = new Map<string, Skips>()
  const put = (all: Map<number, Held[]>, end: Endpoint, about: { owner: string; count: number }): void => {
    if ('path' in end || end.port === 0) return
    for (let port = end.port; port < end.port + about.count; port += 1) {
      all.set(port, [...(all.get(port) ?? []), { host: normal(end.host), owner: about.owner }])
    }
  }
  const all = (): Map<number, Held[]> => {
    if (held !== null) return held
    held = new Map()
    for (const { spec } of catalog.forwards()) {
      if (spec.type === 'remote' || isGone(spec.id)) continue
      put(held, listenEndpoint(spec), { owner: spec.id, count: spec.portCount })
    }
    for (const { spec } of catalog.relays()) {
      const end = { host: spec.listenHost, port: spec.listenPort }
      if (spec.protocol === 'tcp') put(held, end, { owner: spec.id, count: spec.portCount })
    }
    return held
  }
  const isHeld = (host: string, port: number, except: string): boolean =>
    (all().get(port) ?? []).some((one) => one.owner !== except && meet(one.host, normal(host)))
  return {
    isFree: async (end, except) => {
      if ('path' in end || end.port === 0) return true
      return !isHeld(end.host, end.port, except) && (await isPortFree(end.host, end.port))
    },
    next: async (host, from) => {
      const skip = skips.get(normal(host)) ?? new Skips()
      skips.set(normal(host), skip)
      const behind = Math.max(FIRST_FREE_PORT, from + 1)
      let tries = 0
      for (const [first, last] of [
        [behind, MAX_PORT],
        [FIRST_FREE_PORT, behind - 1],
      ] as const) {
        for (let port = skip.from(first); port <= last && tries < TRIES; port = skip.from(port)) {
          // What is held here already costs a look only.
          if (!isHeld(host, port, '')) {
            tries += 1
            if (await isPortFree(host, port)) return port
          }
          skip.over(port)
        }
      }
      return null
    },
    take: (end, owner) => put(all(), end, { owner, count: 1 }),
  }
}

// --- internal ---

function firstFree(wanted: string, suffix: string | null, isFree: (name: string) => boolean): string {
  if (isFree(wanted)) return wanted
  if (suffix !== null) {
    const named = ` (${suffix.slice(0, 40)})`
    const candidate = `${wanted.slice(0, MAX_NAME - named.length)}${named}`
    if (isFree(candidate)) return candidate
  }
  for (let count = 2; ; count += 1) {
    const candidate = `${wanted.slice(0, MAX_NAME - 10)} ${count}`
    if (isFree(candidate)) return candidate
  }
}

/** Ports that need no second look, so that ten thousand searches do not go over the same ones each time. */
class Skips {
  private readonly behind = new Map<number, number>()

  over(port: number): void {
    this.behind.set(port, port + 1)
  }

  /** The first one from there on that was not skipped. */
  from(port: number): number {
    const path: number[] = []
    let at = port
    for (let next = this.behind.get(at); next !== undefined; next = this.behind.get(at)) {
      path.push(at)
      at = next
    }
    for (const passed of path) this.behind.set(passed, at)
    return at
  }
}

const EVERY = '*'

function normal(host: string): string {
  const lower = host.toLowerCase()
  if (lower === 'localhost') return '127.0.0.1'
  return lower === '0.0.0.0' || lower === '::' ? EVERY : lower
}

function meet(one: string, other: string): boolean {
  return one === other || one === EVERY || other === EVERY
}
