/** The menu of a forward. */
import type { ForwardView } from '@shared/snapshots'
import type { MenuEntry } from '../../components/menu'
import { favouriteEntry } from '../../listing/menu'
import {
  copyAddress,
  copySshCommand,
  deleteForwards,
  forwardActions,
  isRemovable,
  openAddress,
  retryForwards,
  startForwards,
  startForwardsFor,
  stopForwards,
  webAddress,
} from '../../stores/forward-actions'
import { checkForward } from '../../stores/checks'
import { getForward } from '../../stores/forwards'
import { moveMenu, showConflictOf } from '../../stores/share-actions'
import { editForward, newForward, showDetail } from '../../stores/ui'

/** For one forward. */
export function forwardEntries(id: string): readonly MenuEntry[] {
  const view = getForward(id)
  if (view === undefined) return []
  const { wanted, state } = view.snapshot
  const { favourite } = view.spec
  return [
    {
      kind: 'item',
      label: wanted ? 'Stop' : 'Start',
      keys: 'Space',
      onSelect: () => void (wanted ? stopForwards([id]) : startForwards([id])),
    },
    ...(state === 'waiting'
      ? [{ kind: 'item' as const, label: 'Retry now', onSelect: () => void retryForwards([id]) }]
      : []),
    ...limitEntries(id, view.snapshot),
    {
      kind: 'item',
      label: 'Details',
      keys: 'Enter',
      onSelect: () => {
        showDetail(id)
      },
    },
    {
      kind: 'item',
      label: 'Check',
      keys: 'K',
      onSelect: () => {
        showDetail(id)
        void checkForward(id)
      },
    },
    { kind: 'separator' },
    { kind: 'item', label: 'Copy address', keys: 'C', onSelect: () => void copyAddress(id) },
    {
      kind: 'item',
      label: 'Open in browser',
      keys: 'O',
      disabled: webAddress(view) === null,
      onSelect: () => void openAddress(id),
    },
    { kind: 'item', label: 'Copy ssh command', onSelect: () => void copySshCommand(id) },
    { kind: 'separator' },
    {
      kind: 'item',
      label: 'Edit',
      keys: 'E',
      onSelect: () => {
        editForward(id)
      },
    },
    {
      kind: 'item',
      label: 'Duplicate',
      onSelect: () => {
        newForward({ copyOf: id })
      },
    },
    favouriteEntry(forwardActions, id, favourite),
    ...shareEntries(view),
    ...(isRemovable(view)
      ? [
          { kind: 'separator' as const },
          {
            kind: 'item' as const,
            label: 'Delete',
            keys: 'Del',
            danger: true,
            onSelect: () => void deleteForwards([id]),
          },
        ]
      : []),
  ]
}

// --- internal ---

/** Where it is kept, and the decision that waits for it. */
function shareEntries({ spec, cloud }: ForwardView): readonly MenuEntry[] {
  const decide: MenuEntry = {
    kind: 'item',
    label: 'Decide the conflict…',
    onSelect: () => {
      showConflictOf(spec.id)
    },
  }
  return [...moveMenu([spec.id]), ...(cloud?.state === 'conflict' ? [decide] : [])]
}

const MINUTE_SECONDS = 60
const HOUR_SECONDS = 60 * MINUTE_SECONDS
/** For how long a forward may be started from the menu. */
const limits = [
  { label: '30 min', seconds: 30 * MINUTE_SECONDS },
  { label: '2 h', seconds: 2 * HOUR_SECONDS },
  { label: '8 h', seconds: 8 * HOUR_SECONDS },
] as const

function limitEntries(id: string, { wanted, stopsAt }: ForwardView['snapshot']): readonly MenuEntry[] {
  return [
    { kind: 'heading', label: wanted ? 'Stop in…' : 'Start for…' },
    ...limits.map(({ label, seconds }) => ({
      kind: 'item' as const,
      label,
      onSelect: () => void startForwardsFor([id], seconds),
    })),
    ...(stopsAt === null
      ? []
      : [{ kind: 'item' as const, label: 'No limit', onSelect: () => void startForwardsFor([id], null) }]),
    { kind: 'separator' },
  ]
}
