/** What a person does with forwards. Each works for one or many; faults become toasts. */
import type { Remedy } from '@shared/errors'
import { plural } from '@shared/format'
import type { ForwardView } from '@shared/snapshots'
import { showToast } from '../components/toasts'
import { removalMeaning } from '../sharing/words'
import { valueOf } from './call'
import { forwards, getForward, getForwards, mergeForwards } from './forwards'
import { compareHostKeys } from './key-conflict'
import { getServer, serversStore } from './servers'
import { editForward, showServer } from './ui'
import { copyText, viewActions, webAddressOf } from './view-actions'

const actions = viewActions<ForwardView>('forward', forwards, {
  start: (ids) => window.api.daemon['forwards.start']({ ids }),
  stop: (ids) => window.api.daemon['forwards.stop']({ ids }),
  retry: (ids) => window.api.daemon['forwards.retry']({ ids }),
  remove: (ids) => window.api.daemon['forwards.remove']({ ids }),
  restore: (ids) => window.api.daemon['forwards.restore']({ ids }),
  setFavourite: (id, favourite) => window.api.daemon['forwards.update']({ id, patch: { favourite } }),
  webAddress,
  removal: (views) => removalMeaning(views.map(({ cloud }) => cloud)),
})
export const forwardActions = { ...actions, remove: removeOwn }
export const {
  start: startForwards,
  stop: stopForwards,
  retry: retryForwards,
  remove: deleteForwards,
  setFavourite,
  copyAddress,
  openAddress,
  tryAgain,
} = forwardActions

/** They stop by themselves after so many seconds; `null` takes the limit of those that run away. */
export async function startForwardsFor(ids: readonly string[], forSeconds: number | null): Promise<void> {
  const limit = forSeconds === null ? {} : { forSeconds }
  const views = await valueOf(window.api.daemon['forwards.start']({ ids: [...ids], ...limit }))
  if (views !== null) mergeForwards(views)
}

/** The end as a web address, or `null` where a browser has nothing to open: a proxy, a Unix socket, the server's side. */
export function webAddress({ spec, snapshot }: ForwardView): string | null {
  return snapshot.type === 'local' ? webAddressOf(snapshot.listen, spec.remotePort) : null
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

/** Whether a person may delete it: neither a line of the ssh config nor what others may change alone. */
export function isRemovable({ spec, cloud }: Pick<ForwardView, 'spec' | 'cloud'>): boolean {
  return spec.configLine === null && cloud?.editable !== false
}

// --- internal ---

/** Deletes all but what belongs to a team in which this account may change nothing, and says so. */
async function removeOwn(ids: readonly string[]): Promise<void> {
  const kept = getForwards(ids).filter(({ cloud }) => cloud?.editable === false)
  const [first] = kept
  if (first !== undefined) {
    const who = kept.length === 1 ? first.spec.name : plural(kept.length, 'forward')
    const space = kept.every(({ cloud }) => cloud?.space === first.cloud?.space) ? first.cloud?.space : 'a team'
    showToast({
      tone: 'fault',
      text: `${who} cannot be deleted: ${kept.length === 1 ? 'it belongs' : 'they belong'} to ${space ?? 'a team'}, where your role is User.`,
      more: 'An owner or a developer of the team can delete it.',
    })
  }
  const rest = ids.filter((id) => !kept.some(({ spec }) => spec.id === id))
  if (rest.length > 0) await actions.remove(rest)
}

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
