/** The list of forwards. */
import { formatEndpoint } from '@shared/endpoints'
import { targetWord } from '@shared/sentence'
import type { ForwardType } from '@shared/specs'
import type { MenuEntry } from '../../components/menu'
import { byTag, noGroups } from '../../listing/build-rows'
import type { Grouping, Listing } from '../../listing/listing'
import { cloudStore } from '../../stores/cloud'
import { forwardActions } from '../../stores/forward-actions'
import { forwardsStore, getForward } from '../../stores/forwards'
import { lists } from '../../stores/list'
import { selections } from '../../stores/selection'
import { changeSettings } from '../../stores/settings'
import { moveMenu } from '../../stores/share-actions'
import { closePane, editForward, newForward, showDetail, showServer, uiStore } from '../../stores/ui'
import { forwardEntries } from './forward-menu'
import { ForwardRow } from './forward-row'

const byServer: Grouping = {
  value: 'server',
  label: 'By server',
  titlesOf: ({ spec }) => [getForward(spec.id)?.snapshot.server ?? ''],
}
const bySpace: Grouping = {
  value: 'space',
  label: 'By team',
  titlesOf: ({ spec }) => [getForward(spec.id)?.cloud?.space ?? ''],
  none: 'on this machine only',
}
const groupings = { tag: byTag, server: byServer, space: bySpace, none: noGroups } as const

export const forwardsListing: Listing = {
  screen: 'forwards',
  title: 'Forwards',
  one: 'forward',
  views: forwardsStore,
  list: lists.forwards,
  selection: selections.forwards,
  actions: forwardActions,
  groupings: () => Object.values(groupings).filter((grouping) => grouping !== bySpace || isSignedIn()),
  groupingOf: (settings) => groupings[settings?.groupBy ?? 'tag'],
  setGrouping: (value) => {
    if (Object.hasOwn(groupings, value)) void changeSettings({ groupBy: value as keyof typeof groupings })
  },
  textOf: ({ spec }) => {
    const view = getForward(spec.id)
    if (view === undefined) return spec.name
    const { cloud, snapshot } = view
    const ends = [formatEndpoint(snapshot.listen, snapshot.portCount), targetWord(snapshot)]
    return [
      spec.name,
      ...spec.tags,
      snapshot.server,
      ...snapshot.via,
      ...ends,
      spec.description,
      cloud?.space ?? '',
    ].join('\n')
  },
  Row: ForwardRow,
  entriesOf: forwardEntries,
  entriesOfMany: moveMenu,
  newEntries,
  showDetail,
  showEditor: editForward,
  closePane,
  paneOf: () => {
    const { pane } = uiStore.getState()
    return pane === null ? null : pane.kind === 'editor' ? 'editor' : { detail: pane.forwardId }
  },
}

// --- internal ---

function isSignedIn(): boolean {
  const { view } = cloudStore.getState()
  return view !== null && view.account !== null
}

const kinds: readonly { readonly type: ForwardType; readonly label: string; readonly keys: string }[] = [
  { type: 'local', label: 'Reach a service', keys: '-L' },
  { type: 'remote', label: 'Offer a service', keys: '-R' },
  { type: 'dynamic', label: 'Browse through a server', keys: '-D' },
]

function newEntries(): readonly MenuEntry[] {
  return [
    ...kinds.map(({ type, label, keys }) => ({
      kind: 'item' as const,
      label,
      keys,
      onSelect: () => {
        newForward({ type })
      },
    })),
    { kind: 'separator' },
    {
      kind: 'item',
      label: 'Server',
      onSelect: () => {
        showServer('new')
      },
    },
  ]
}
