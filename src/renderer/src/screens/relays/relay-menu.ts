/** The menu of a relay. */
import type { MenuEntry } from '../../components/menu'
import { favouriteEntry } from '../../listing/menu'
import { relayActions, relayWebAddress } from '../../stores/relay-actions'
import { getRelay } from '../../stores/relays'
import { editRelay, newRelay, showRelay } from '../../stores/ui'

/** For one relay. */
export function relayEntries(id: string): readonly MenuEntry[] {
  const view = getRelay(id)
  if (view === undefined) return []
  const { wanted, state } = view.snapshot
  return [
    {
      kind: 'item',
      label: wanted ? 'Stop' : 'Start',
      keys: 'Space',
      onSelect: () => void (wanted ? relayActions.stop([id]) : relayActions.start([id])),
    },
    ...(state === 'waiting'
      ? [{ kind: 'item' as const, label: 'Retry now', onSelect: () => void relayActions.retry([id]) }]
      : []),
    {
      kind: 'item',
      label: 'Details',
      keys: 'Enter',
      onSelect: () => {
        showRelay(id)
      },
    },
    { kind: 'separator' },
    { kind: 'item', label: 'Copy address', keys: 'C', onSelect: () => void relayActions.copyAddress(id) },
    {
      kind: 'item',
      label: 'Open in browser',
      keys: 'O',
      disabled: relayWebAddress(view) === null,
      onSelect: () => void relayActions.openAddress(id),
    },
    { kind: 'separator' },
    {
      kind: 'item',
      label: 'Edit',
      keys: 'E',
      onSelect: () => {
        editRelay(id)
      },
    },
    {
      kind: 'item',
      label: 'Duplicate',
      onSelect: () => {
        newRelay({ copyOf: id })
      },
    },
    favouriteEntry(relayActions, id, view.spec.favourite),
    { kind: 'separator' },
    { kind: 'item', label: 'Delete', keys: 'Del', danger: true, onSelect: () => void relayActions.remove([id]) },
  ]
}

/** Behind the button "New". */
export function newRelayEntries(): readonly MenuEntry[] {
  return [
    {
      kind: 'item',
      label: 'Connections',
      keys: 'TCP',
      onSelect: () => {
        newRelay({ protocol: 'tcp' })
      },
    },
    {
      kind: 'item',
      label: 'Datagrams',
      keys: 'UDP',
      onSelect: () => {
        newRelay({ protocol: 'udp' })
      },
    },
  ]
}
