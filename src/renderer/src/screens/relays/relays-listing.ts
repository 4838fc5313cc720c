/** The list of relays. */
import { formatEndpoint } from '@shared/endpoints'
import { byTag, noGroups } from '../../listing/build-rows'
import type { Grouping, Listing } from '../../listing/listing'
import { lists } from '../../stores/list'
import { relayActions } from '../../stores/relay-actions'
import { getRelay, relaysStore } from '../../stores/relays'
import { selections } from '../../stores/selection'
import { changeSettings } from '../../stores/settings'
import { closeRelayPane, editRelay, showRelay, uiStore } from '../../stores/ui'
import { newRelayEntries, relayEntries } from './relay-menu'
import { RelayRow } from './relay-row'

const byProtocol: Grouping = {
  value: 'protocol',
  label: 'By protocol',
  titlesOf: ({ spec }) => [getRelay(spec.id)?.spec.protocol.toUpperCase() ?? ''],
}
const groupings = { tag: byTag, protocol: byProtocol, none: noGroups } as const

export const relaysListing: Listing = {
  screen: 'relays',
  title: 'Relays',
  one: 'relay',
  views: relaysStore,
  list: lists.relays,
  selection: selections.relays,
  actions: relayActions,
  groupings: () => Object.values(groupings),
  groupingOf: (settings) => groupings[settings?.groupRelaysBy ?? 'tag'],
  setGrouping: (value) => {
    if (Object.hasOwn(groupings, value)) void changeSettings({ groupRelaysBy: value as keyof typeof groupings })
  },
  textOf: ({ spec }) => {
    const view = getRelay(spec.id)
    if (view === undefined) return spec.name
    const { listen, targets, portCount } = view.snapshot
    const ends = [listen, ...targets.map(({ target }) => target)].map((end) => formatEndpoint(end, portCount))
    return [spec.name, ...spec.tags, view.spec.protocol, ...ends, spec.description].join('\n')
  },
  Row: RelayRow,
  entriesOf: relayEntries,
  newEntries: newRelayEntries,
  showDetail: showRelay,
  showEditor: editRelay,
  closePane: closeRelayPane,
  paneOf: () => {
    const { relayPane } = uiStore.getState()
    return relayPane === null ? null : relayPane.kind === 'editor' ? 'editor' : { detail: relayPane.relayId }
  },
}
