/** What a person does with forwards. Each works for one or many; faults become toasts. */
import type { Remedy } from '@shared/errors'
import { formatEndpoint } from '@shared/endpoints'
import { plural } from '@shared/format'
import { carries } from '@shared/sentence'
import type { ForwardView } from '@shared/snapshots'
import { confirmAction } from '../components/confirm'
import { showToast } from '../components/toasts'
import { valueOf, worked } from './call'
import { getForward, getForwards, mergeForwards } from './forwards'
import { compareHostKeys } from './key-conflict'
import { rateHistory } from './rates'
import { getServer, serversStore } from './servers'
import { editForward, showServer } from './ui'
import { offerUndo } from './undo'

export async function startForwards(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const views = await valueOf(window.api.daemon['forwards.start']({ ids: [...ids] }))
  if (views !== null) mergeForwards(views)
}

/** They stop by themselves after so many seconds; `null` takes the limit of those that run away. */
export async function startForwardsFor(ids: readonly string[], forSeconds: number | null): Promise<void> {
  const limit = forSeconds === null ? {} : { forSeconds }
  const views = await valueOf(window.api.daemon['forwards.start']({ ids: [...ids], ...limit }))
  if (views !== null) mergeForwards(views)
}

/** Asks first when that would cut live connections. */
export async function stopForwards(ids: readonly string[]): Promise<void> {
  if (ids.length === 0 || !(await mayCut(ids, 'Stop'))) return
  const views = await valueOf(window.api.daemon['forwards.stop']({ ids: [...ids] }))
  if (views !== null) mergeForwards(views)
}

export async function toggleForward(id: string): Promise<void> {
  const view = getForward(id)
  if (view === undefined) return
  await (view.snapshot.wanted ? stopForwards([id]) : startForwards([id]))
}

export async function retryForwards(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const views = await valueOf(window.api.daemon['forwards.retry']({ ids: [...ids] }))
  if (views !== null) mergeForwards(views)
}

/** Deletes at once and offers to undo it; asks first only when live connections would be cut. */
export async function deleteForwards(ids: readonly string[]): Promise<void> {
  const views = getForwards(ids)
  if (views.length === 0 || !(await mayCut(ids, 'Delete'))) return
  if (!(await worked(window.api.daemon['forwards.remove']({ ids: [...ids] })))) return
  mergeForwards([], ids)
  const wanted = views.filter((view) => view.snapshot.wanted).map((view) => view.spec.id)
  const only = views.length === 1 ? views[0] : undefined
  offerUndo(
    only === undefined ? `${plural(views.length, 'forward')} deleted.` : `${only.spec.name} deleted.`,
    async () => {
      const restored = await valueOf(window.api.daemon['forwards.restore']({ ids: [...ids] }))
      if (restored === null) return
      mergeForwards(restored)
      await startForwards(wanted)
    },
  )
}

export async function setFavourite(id: string, favourite: boolean): Promise<void> {
  const view = await valueOf(window.api.daemon['forwards.update']({ id, patch: { favourite } }))
  if (view !== null) mergeForwards([view])
}

export async function copyAddress(id: string): Promise<void> {
  const view = getForward(id)
  if (view === undefined) return
  await copyText(formatEndpoint(view.snapshot.listen), 'Address copied')
}

/** The end as a web address, or `null` where a browser has nothing to open: a proxy, a Unix socket, the server's side. */
export function webAddress(view: ForwardView): string | null {
  const { listen, type } = view.snapshot
  if (type !== 'local' || 'path' in listen || listen.port === 0) return null
  const anywhere = listen.host === '*' || listen.host === '0.0.0.0' || listen.host === '::'
  const target = view.spec.remotePort
  const scheme = target === 443 || target === 8443 ? 'https' : 'http'
  return `${scheme}://${formatEndpoint(anywhere ? { host: '127.0.0.1', port: listen.port } : listen)}/`
}

export async function openAddress(id: string): Promise<void> {
  const view = getForward(id)
  const address = view === undefined ? null : webAddress(view)
  if (view === undefined || address === null) return
  if (!carries(view.snapshot.state)) {
    showToast({
      text: `${view.spec.name} is not running, so a browser would find nothing there.`,
      action: {
        label: 'Start',
        run: () => {
          void startForwards([id])
        },
      },
    })
    return
  }
  await worked(window.api.app['app.openExternal'](address))
}

export async function copySshCommand(id: string): Promise<void> {
  const view = getForward(id)
  const server = view === undefined ? undefined : getServer(view.spec.serverId)
  if (view === undefined || server === undefined) return
  const { toSshCommand } = await import('@shared/ssh-command')
  const { list } = serversStore.getState()
  const hops = server.jump.map((hop) => list.find((other) => other.id === hop)).filter((hop) => hop !== undefined)
  await copyText(toSshCommand(view.spec, { server, hops }, view.snapshot.listen), 'Command copied')
}

export async function copyText(text: string, said: string): Promise<void> {
  if (await worked(window.api.app['app.copy'](text))) showToast({ text: `${said}.` })
}

/** Does what the button of a fault says. */
export async function applyRemedy(forwardId: string, remedy: Remedy): Promise<void> {
  switch (remedy.action) {
    case 'use-port':
      await moveToPort(forwardId, remedy.port)
      return
    case 'edit-server':
      showServer(remedy.serverId)
      return
    case 'edit-forward':
      editForward(forwardId)
      return
    case 'compare-host-keys':
      compareHostKeys(forwardId, remedy.conflict)
      return
    case 'retry':
      await tryAgain(forwardId)
  }
}

/** Ends a wait early, or starts anew what gave up. */
export async function tryAgain(id: string): Promise<void> {
  await (getForward(id)?.snapshot.state === 'waiting' ? retryForwards([id]) : startForwards([id]))
}

// --- internal ---

/** Puts the listening end on another port and starts. */
async function moveToPort(id: string, port: number): Promise<void> {
  const spec = getForward(id)?.spec
  if (spec === undefined) return
  const patch = patchPort(spec, port)
  const view = await valueOf(window.api.daemon['forwards.update']({ id, patch }))
  if (view === null) return
  mergeForwards([view])
  await startForwards([id])
}

function patchPort(
  spec: ForwardView['spec'],
  port: number,
): { remotePort: number } | { bindPort: number } | { localPort: number } {
  if (spec.type === 'remote') return { remotePort: port }
  return spec.bindPort !== null || spec.type === 'dynamic' ? { bindPort: port } : { localPort: port }
}

async function mayCut(ids: readonly string[], verb: 'Stop' | 'Delete'): Promise<boolean> {
  const busy = getForwards(ids)
    .map((view) => ({ name: view.spec.name, live: liveConnections(view) }))
    .filter(({ live }) => live > 0)
  const live = busy.reduce((sum, each) => sum + each.live, 0)
  if (live === 0) return true
  const [first] = busy
  const where = busy.length === 1 && first !== undefined ? first.name : plural(busy.length, 'forward')
  return confirmAction({
    title: ids.length === 1 ? `${verb} ${where}?` : `${verb} ${plural(ids.length, 'forward')}?`,
    body: `This ends ${plural(live, 'live connection')} through ${where}.`,
    action: `${verb} and end ${live === 1 ? 'it' : 'them'}`,
    cancel: verb === 'Stop' ? 'Keep running' : 'Keep',
  })
}

/** The newest figure there is: a sample is a second old at most, a view as old as the last change of state. */
export function liveConnections(view: ForwardView): number {
  if (!carries(view.snapshot.state)) return view.snapshot.connections
  return rateHistory(view.spec.id)?.sample?.connections ?? view.snapshot.connections
}
