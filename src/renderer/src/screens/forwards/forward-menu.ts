/** The menus of a row and of a group. */
import { plural } from '@shared/format'
import type { ForwardView } from '@shared/snapshots'
import type { MenuEntry } from '../../components/menu'
import {
  copyAddress,
  copySshCommand,
  deleteForwards,
  openAddress,
  retryForwards,
  setFavourite,
  startForwards,
  startForwardsFor,
  stopForwards,
  webAddress,
} from '../../stores/forward-actions'
import { checkForward } from '../../stores/checks'
import { getForward, getForwards } from '../../stores/forwards'
import { commandKey } from '../../stores/link'
import { chooseAll } from '../../stores/selection'
import { editForward, newForward, showDetail } from '../../stores/ui'
import { currentRows } from './current-rows'
import { idsFor } from './targets'

/** For one forward; for all that are chosen when it is one of several. */
export function forwardEntries(id: string): readonly MenuEntry[] {
  const ids = idsFor(id)
  return ids.length > 1 ? manyEntries(ids) : oneEntries(id)
}

export function groupEntries(title: string, ids: readonly string[]): readonly MenuEntry[] {
  return [
    { kind: 'item', label: 'Start all', onSelect: () => void startForwards(ids) },
    { kind: 'item', label: 'Stop all', onSelect: () => void stopForwards(ids) },
    { kind: 'separator' },
    {
      kind: 'item',
      label: `Choose all of ${title}`,
      onSelect: () => {
        chooseAll(ids)
      },
    },
    { kind: 'item', label: 'Delete all', danger: true, onSelect: () => void deleteForwards(ids) },
  ]
}

// --- internal ---

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

function oneEntries(id: string): readonly MenuEntry[] {
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
    {
      kind: 'item',
      label: favourite ? 'Remove from favourites' : 'Add to favourites',
      onSelect: () => void setFavourite(id, !favourite),
    },
    ...(view.spec.configLine === null
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

function manyEntries(ids: readonly string[]): readonly MenuEntry[] {
  const running = getForwards(ids).filter((view) => view.snapshot.wanted).length
  return [
    { kind: 'heading', label: `${plural(ids.length, 'forward')} chosen` },
    { kind: 'item', label: 'Start', disabled: running === ids.length, onSelect: () => void startForwards(ids) },
    { kind: 'item', label: 'Stop', disabled: running === 0, onSelect: () => void stopForwards(ids) },
    { kind: 'separator' },
    {
      kind: 'item',
      label: 'Choose none',
      keys: 'Esc',
      onSelect: () => {
        chooseAll([])
      },
    },
    { kind: 'item', label: 'Choose all', keys: commandKey('A'), onSelect: chooseEvery },
    { kind: 'separator' },
    { kind: 'item', label: 'Delete', keys: 'Del', danger: true, onSelect: () => void deleteForwards(ids) },
  ]
}

function chooseEvery(): void {
  chooseAll(currentRows().ids)
}
