/** What a person does with forwards and relays alike. Each works for one or many; faults become toasts. */
import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import { plural } from '@shared/format'
import type { Result } from '@shared/result'
import { carries } from '@shared/sentence'
import { confirmAction } from '../components/confirm'
import { showToast } from '../components/toasts'
import { valueOf, worked } from './call'
import { rateHistory } from './rates'
import { offerUndo } from './undo'
import type { ListedView, Views } from './views'

/** The daemon's requests about one kind of views. */
export interface ViewRequests<V> {
  readonly start: (ids: string[]) => Promise<Result<readonly V[]>>
  readonly stop: (ids: string[]) => Promise<Result<readonly V[]>>
  readonly retry: (ids: string[]) => Promise<Result<readonly V[]>>
  readonly remove: (ids: string[]) => Promise<Result<null>>
  readonly restore: (ids: string[]) => Promise<Result<readonly V[]>>
  readonly setFavourite: (id: string, favourite: boolean) => Promise<Result<V>>
  /** What a browser would open, or `null`. */
  readonly webAddress: (view: V) => string | null
  /** What deleting these means for other people, asked about first; `null` where nobody else loses anything. */
  readonly removal?: (views: readonly V[]) => string | null
}

export interface ViewActions {
  readonly start: (ids: readonly string[]) => Promise<void>
  /** Asks first when that would cut live connections. */
  readonly stop: (ids: readonly string[]) => Promise<void>
  readonly toggle: (id: string) => Promise<void>
  readonly retry: (ids: readonly string[]) => Promise<void>
  /** Ends a wait early, or starts anew what gave up. */
  readonly tryAgain: (id: string) => Promise<void>
  /** Deletes at once and offers to undo it; asks first only when live connections would be cut. */
  readonly remove: (ids: readonly string[]) => Promise<void>
  readonly setFavourite: (id: string, favourite: boolean) => Promise<void>
  readonly copyAddress: (id: string) => Promise<void>
  readonly openAddress: (id: string) => Promise<void>
}

/** `one`: "forward", "relay". */
export function viewActions<V extends ListedView>(one: string, views: Views<V>, ask: ViewRequests<V>): ViewActions {
  const take = async (call: Promise<Result<readonly V[]>>): Promise<void> => {
    const changed = await valueOf(call)
    if (changed !== null) views.merge(changed)
  }
  const mayCut = (ids: readonly string[], verb: 'Stop' | 'Delete'): Promise<boolean> => {
    const chosen = views.pick(ids)
    const forOthers = verb === 'Delete' ? (ask.removal?.(chosen) ?? null) : null
    return mayEnd(chosen, { one, verb, count: ids.length, forOthers })
  }

  const start = async (ids: readonly string[]): Promise<void> => {
    if (ids.length > 0) await take(ask.start([...ids]))
  }
  const stop = async (ids: readonly string[]): Promise<void> => {
    if (ids.length > 0 && (await mayCut(ids, 'Stop'))) await take(ask.stop([...ids]))
  }
  const retry = async (ids: readonly string[]): Promise<void> => {
    if (ids.length > 0) await take(ask.retry([...ids]))
  }
  const remove = async (ids: readonly string[]): Promise<void> => {
    const gone = views.pick(ids)
    if (gone.length === 0 || !(await mayCut(ids, 'Delete'))) return
    if (!(await worked(ask.remove([...ids])))) return
    views.merge([], ids)
    const wanted = gone.filter((view) => view.snapshot.wanted).map((view) => view.spec.id)
    const only = gone.length === 1 ? gone[0] : undefined
    offerUndo(only === undefined ? `${plural(gone.length, one)} deleted.` : `${only.spec.name} deleted.`, async () => {
      const restored = await valueOf(ask.restore([...ids]))
      if (restored === null) return
      views.merge(restored)
      await start(wanted)
    })
  }
  return {
    start,
    stop,
    retry,
    remove,
    toggle: async (id) => {
      const view = views.get(id)
      if (view !== undefined) await (view.snapshot.wanted ? stop([id]) : start([id]))
    },
    tryAgain: (id) => (views.get(id)?.snapshot.state === 'waiting' ? retry([id]) : start([id])),
    setFavourite: async (id, favourite) => {
      const view = await valueOf(ask.setFavourite(id, favourite))
      if (view !== null) views.merge([view])
    },
    copyAddress: async (id) => {
      const view = views.get(id)
      if (view !== undefined) await copyText(formatEndpoint(view.snapshot.listen), 'Address copied')
    },
    openAddress: async (id) => {
      const view = views.get(id)
      const address = view === undefined ? null : ask.webAddress(view)
      if (view === undefined || address === null) return
      if (carries(view.snapshot.state)) {
        await worked(window.api.app['app.openExternal'](address))
        return
      }
      showToast({
        text: `${view.spec.name} is not running, so a browser would find nothing there.`,
        action: { label: 'Start', run: () => void start([id]) },
      })
    },
  }
}

/** The listening end as a web address; `null` for a Unix socket and a port that is not chosen yet. */
export function webAddressOf(listen: Endpoint, targetPort: number | null): string | null {
  if ('path' in listen || listen.port === 0) return null
  const anywhere = listen.host === '*' || listen.host === '0.0.0.0' || listen.host === '::'
  const scheme = targetPort === 443 || targetPort === 8443 ? 'https' : 'http'
  return `${scheme}://${formatEndpoint(anywhere ? { host: '127.0.0.1', port: listen.port } : listen)}/`
}

export async function copyText(text: string, said: string): Promise<void> {
  if (await worked(window.api.app['app.copy'](text))) showToast({ text: `${said}.` })
}

/** The newest figure there is: a sample is a second old at most, a view as old as the last change of state. */
export function liveConnections(view: ListedView): number {
  if (!carries(view.snapshot.state)) return view.snapshot.connections
  return rateHistory(view.spec.id)?.sample?.connections ?? view.snapshot.connections
}

/** What stands in the way, or `null`: a running one has no reason to show, and a stopped one's is past. */
export function troubleOf({ state, reason }: ListedView['snapshot']): Fault | null {
  return state === 'running' || state === 'stopped' ? null : reason
}

// --- internal ---

interface Ending {
  readonly one: string
  readonly verb: 'Stop' | 'Delete'
  readonly count: number
  /** What it means for other people. */
  readonly forOthers: string | null
}

async function mayEnd(views: readonly ListedView[], { one, verb, count, forOthers }: Ending): Promise<boolean> {
  const busy = views
    .map((view) => ({ name: view.spec.name, live: liveConnections(view) }))
    .filter(({ live }) => live > 0)
  const live = busy.reduce((sum, each) => sum + each.live, 0)
  if (live === 0 && forOthers === null) return true
  const [first] = busy.length > 0 ? busy : views.map(({ spec }) => ({ name: spec.name }))
  const name = first?.name ?? ''
  const where = busy.length === 1 ? name : plural(busy.length, one)
  const ends = live === 0 ? null : `This ends ${plural(live, 'live connection')} through ${where}.`
  const them = live === 1 ? 'it' : 'them'
  return confirmAction({
    title: count === 1 ? `${verb} ${name}?` : `${verb} ${plural(count, one)}?`,
    body: [forOthers, ends].filter((part) => part !== null).join(' '),
    action: forOthers !== null ? `${verb} for everybody` : `${verb} and end ${them}`,
    cancel: verb === 'Stop' ? 'Keep running' : 'Keep',
  })
}
