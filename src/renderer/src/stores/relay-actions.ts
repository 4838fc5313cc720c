/** What a person does with relays. Each works for one or many; faults become toasts. */
import type { Remedy } from '@shared/errors'
import type { RelayView } from '@shared/relay-snapshots'
import type { RelayPatch } from '@shared/relays'
import type { Result } from '@shared/result'
import { settle, valueOf } from './call'
import { mergeRelays, relays } from './relays'
import { editRelay, showServer } from './ui'
import { viewActions, webAddressOf } from './view-actions'

export const relayActions = viewActions<RelayView>('relay', relays, {
  start: (ids) => window.api.daemon['relays.start']({ ids }),
  stop: (ids) => window.api.daemon['relays.stop']({ ids }),
  retry: (ids) => window.api.daemon['relays.retry']({ ids }),
  remove: (ids) => window.api.daemon['relays.remove']({ ids }),
  restore: (ids) => window.api.daemon['relays.restore']({ ids }),
  setFavourite: (id, favourite) => window.api.daemon['relays.update']({ id, patch: { favourite } }),
  webAddress: relayWebAddress,
})
export const { start: startRelays } = relayActions

/** What a browser would open, or `null`: only a TCP relay can carry a page. */
export function relayWebAddress({ spec, snapshot }: RelayView): string | null {
  return spec.protocol === 'tcp' ? webAddressOf(snapshot.listen, spec.targets[0]?.port ?? null) : null
}

/** Saves some fields at once; a fault is the caller's to show. */
export async function updateRelay(id: string, patch: RelayPatch): Promise<Result<RelayView>> {
  const result = await settle(window.api.daemon['relays.update']({ id, patch }))
  if (result.ok) mergeRelays([result.value])
  return result
}

/** Does what the button of a fault says. */
export async function applyRelayRemedy(id: string, remedy: Remedy): Promise<void> {
  switch (remedy.action) {
    case 'use-port': {
      const view = await valueOf(window.api.daemon['relays.update']({ id, patch: { listenPort: remedy.port } }))
      if (view === null) return
      mergeRelays([view])
      await startRelays([id])
      return
    }
    case 'edit-forward':
    case 'compare-host-keys':
      editRelay(id)
      return
    case 'edit-server':
      showServer(remedy.serverId)
      return
    case 'retry':
      await relayActions.tryAgain(id)
  }
}
