/**
 * The tray's menu as data: a pure function of what is true, so that it can be compared, tested and rebuilt only when its words
 * change. On Linux a click on the icon may do nothing, so everything the tray can do is in here.
 */
import { PERSONAL, type CloudView } from '@shared/cloud-views'
import type { Endpoint } from '@shared/endpoints'
import { plural } from '@shared/format'
import type { Need } from '@shared/needs'
import type { RelayView } from '@shared/relay-snapshots'
import { carries, closingLine, needActions, summaryLine } from '@shared/sentence'
import { startingStates, type ForwardView } from '@shared/snapshots'
import type { World } from './world'

/** What the menu lists: both are started and stopped alike. `ids` may be of either. */
type Entry = ForwardView | RelayView

export type TrayAction =
  | { readonly do: 'start' | 'stop' | 'retry'; readonly ids: readonly string[] }
  | { readonly do: 'open' | 'copy'; readonly endpoint: Endpoint }
  | { readonly do: 'show'; readonly id: string | null }
  | { readonly do: 'relays' }
  /** `inbox`, or `null` for the account. */
  | { readonly do: 'cloud'; readonly id: 'inbox' | null }
  | { readonly do: 'settings' | 'quit' | 'replace-daemon' }

export type TrayItem =
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction; readonly enabled: boolean }
  | { readonly kind: 'submenu'; readonly label: string; readonly items: readonly TrayItem[] }
  | { readonly kind: 'separator' }

export type TrayIcon = 'idle' | 'running' | 'attention'

/** A menu longer than a screen cannot be used: the rest is in the window. */
const MAX_ITEMS = 20
const MAX_RECENT = 5
const MAX_LABEL = 70
/** As wide as a mark, so that names line up. */
const NO_MARK = '\u2003'

export function trayMenu(world: World): readonly TrayItem[] {
  const forwards = [...world.forwards.values()].sort(byName)
  const relays = [...world.relays.values()].sort(byName)
  const all = entries(world)
  const wanted = all.filter(({ snapshot }) => snapshot.wanted)
  const sections = [
    [text(firstLine(world))],
    linkItems(world),
    needItems(world.needs),
    accountItems(world.cloud),
    favouriteItems(all),
    tagItems(all.filter((view) => teamOf(view) === null)),
    teamItems(forwards),
    otherItems(forwards, all),
    relayItems(relays),
    [
      action('Stop all', { do: 'stop', ids: ids(wanted) }, wanted.length > 0),
      action('Open Warren', { do: 'show', id: null }),
      action('Settings', { do: 'settings' }),
      action(quitLabel(world), { do: 'quit' }),
    ],
  ]
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, index) => (index === 0 ? section : [separator, ...section]))
}

/** What the icon says from afar. */
export function trayIcon(world: World): TrayIcon {
  const snapshots = entries(world).map(({ snapshot }) => snapshot)
  const hasTrouble = snapshots.some(({ state, wanted }) => state === 'needs-you' || (state === 'failed' && wanted))
  if (hasTrouble || world.needs.length > 0 || isCutOff(world) || accountItems(world.cloud).length > 0)
    return 'attention'
  return snapshots.some(({ state }) => carries(state)) ? 'running' : 'idle'
}

/** The first line, also the icon's tooltip. */
export function trayTitle(world: World): string {
  return firstLine(world)
}

/** ✓ running, – on its way, ! failed or waiting for a person. */
export function mark({ snapshot }: Entry): string {
  const { state } = snapshot
  if (carries(state)) return '✓'
  if (startingStates.has(state) || state === 'waiting') return '–'
  return state === 'failed' || state === 'needs-you' ? '!' : NO_MARK
}

// --- internal ---

const separator: TrayItem = { kind: 'separator' }

function entries(world: World): readonly Entry[] {
  return [...world.forwards.values(), ...world.relays.values()].sort(byName)
}

function firstLine(world: World): string {
  switch (world.link.state) {
    case 'connecting':
      return 'Connecting…'
    case 'lost':
      return 'The background process is not running'
    case 'other-version':
      return 'Another version of Warren is running'
    case 'connected':
      return summaryLine(
        entries(world).map(({ snapshot }) => snapshot),
        world.rate,
      )
  }
}

function isCutOff({ link }: World): boolean {
  return link.state === 'lost' || link.state === 'other-version'
}

function linkItems({ link }: World): readonly TrayItem[] {
  if (link.state === 'lost') return [text(link.fault.message)]
  if (link.state === 'other-version') return [action('Restart it as this version', { do: 'replace-daemon' })]
  return []
}

function needItems(needs: readonly Need[]): readonly TrayItem[] {
  return capped(needs, (need) =>
    action(`${need.server}: ${needActions[need.kind]}…`, { do: 'show', id: need.forwardIds[0] ?? null }),
  )
}

/** What of the account waits for a person; that it is offline heals by itself and is no matter for a menu. */
function accountItems(cloud: CloudView | null): readonly TrayItem[] {
  if (cloud === null || cloud.account === null) return []
  return [
    ...(cloud.state === 'login-needed' ? [action('Sign in to the cloud again…', { do: 'cloud', id: null })] : []),
    ...(cloud.conflicts > 0
      ? [action(`Decide ${plural(cloud.conflicts, 'conflict')} of shared forwards…`, { do: 'cloud', id: 'inbox' })]
      : []),
  ]
}

function favouriteItems(all: readonly Entry[]): readonly TrayItem[] {
  return capped(
    all.filter(({ spec }) => spec.favourite),
    entryItem,
  )
}

function tagItems(all: readonly Entry[]): readonly TrayItem[] {
  const tags = [...new Set(all.flatMap(({ spec }) => spec.tags))].sort(compareText)
  return capped(tags, (tag) => {
    const members = all.filter(({ spec }) => spec.tags.includes(tag))
    return submenu(`${tag} ${runningOf(members)}`, groupItems(members))
  })
}

/** The team that a forward belongs to; `null` for what is the person's own, on this machine or in the account. */
function teamOf(view: Entry): { readonly id: string; readonly name: string } | null {
  const cloud = 'cloud' in view ? view.cloud : null
  return cloud === null || cloud.namespace === PERSONAL ? null : { id: cloud.namespace, name: cloud.space }
}

/** A submenu for each team, by its id: two may have one name. */
function teamItems(forwards: readonly ForwardView[]): readonly TrayItem[] {
  const teams = new Map<string, { readonly name: string; readonly members: ForwardView[] }>()
  for (const view of forwards) {
    const team = teamOf(view)
    if (team === null) continue
    const known = teams.get(team.id)
    if (known === undefined) teams.set(team.id, { name: team.name, members: [view] })
    else known.members.push(view)
  }
  const sorted = [...teams.values()].sort((one, other) => compareText(one.name, other.name))
  return capped(sorted, ({ name, members }) => submenu(`${name} ${runningOf(members)}`, groupItems(members)))
}

function runningOf(members: readonly Entry[]): string {
  return `(${members.filter(({ snapshot }) => carries(snapshot.state)).length} of ${members.length})`
}

/** Recent, and the forwards that neither a star, a tag nor a team shows; relays have a submenu of their own. */
function otherItems(forwards: readonly ForwardView[], all: readonly Entry[]): readonly TrayItem[] {
  const recent = all
    .filter(({ spec, lastUsed }) => lastUsed !== null && !spec.favourite)
    .sort((one, other) => compareText(other.lastUsed ?? '', one.lastUsed ?? ''))
    .slice(0, MAX_RECENT)
  const shown = new Set<Entry>(recent)
  const rest = forwards.filter(
    (view) => !view.spec.favourite && view.spec.tags.length === 0 && teamOf(view) === null && !shown.has(view),
  )
  return [
    ...(recent.length > 0 ? [submenu('Recent', recent.map(entryItem))] : []),
    ...(rest.length > 0 ? [submenu('Others', groupItems(rest))] : []),
  ]
}

function relayItems(relays: readonly RelayView[]): readonly TrayItem[] {
  if (relays.length === 0) return []
  return [submenu(`Relays ${runningOf(relays)}`, groupItems(relays, { do: 'relays' }))]
}

function groupItems(members: readonly Entry[], rest?: TrayAction): readonly TrayItem[] {
  const stopped = members.filter(({ snapshot }) => !snapshot.wanted)
  const wanted = members.filter(({ snapshot }) => snapshot.wanted)
  return [
    action('Start all', { do: 'start', ids: ids(stopped) }, stopped.length > 0),
    action('Stop all', { do: 'stop', ids: ids(wanted) }, wanted.length > 0),
    separator,
    ...capped(members, entryItem, rest),
  ]
}

function entryItem(view: Entry): TrayItem {
  const { id, wanted, state, reason, listen } = view.snapshot
  const via = 'via' in view.snapshot ? view.snapshot.via : []
  const one = [id]
  const items: TrayItem[] = []
  if (reason !== null && !carries(state)) items.push(text(reason.message))
  if (via.length > 0) items.push(text(`via ${via.join(' › ')}`))
  if (items.length > 0) items.push(separator)
  items.push(
    wanted ? action('Stop', { do: 'stop', ids: one }) : action('Start', { do: 'start', ids: one }),
    ...(wanted && (state === 'failed' || state === 'waiting') ? [action('Try again', { do: 'retry', ids: one })] : []),
    action('Open in the browser', { do: 'open', endpoint: listen }, canOpen(view)),
    action('Copy address', { do: 'copy', endpoint: listen }),
    action('Show in Warren', { do: 'show', id }),
  )
  return submenu(`${mark(view)} ${view.spec.name}`, items)
}

/** Only what listens here over TCP and carries bytes has an address that a browser can open. */
function canOpen({ spec, snapshot }: Entry): boolean {
  const isTcpHere = 'protocol' in spec ? spec.protocol === 'tcp' : spec.type === 'local'
  return isTcpHere && carries(snapshot.state) && !('path' in snapshot.listen)
}

function quitLabel({ forwards, relays }: World): string {
  const wanted = (views: Iterable<Entry>): number => [...views].filter(({ snapshot }) => snapshot.wanted).length
  const closing = closingLine(wanted(forwards.values()), wanted(relays.values()))
  return closing === '' ? 'Quit' : `Quit (${closing})`
}

function capped<T>(
  all: readonly T[],
  toItem: (one: T) => TrayItem,
  rest: TrayAction = { do: 'show', id: null },
): readonly TrayItem[] {
  const items = all.slice(0, MAX_ITEMS).map(toItem)
  const more = all.length - items.length
  return more === 0 ? items : [...items, action(`${more} more in Warren…`, rest)]
}

function text(label: string): TrayItem {
  return { kind: 'text', label: shorten(label) }
}

function action(label: string, what: TrayAction, enabled = true): TrayItem {
  return { kind: 'action', label: shorten(label), action: what, enabled }
}

function submenu(label: string, items: readonly TrayItem[]): TrayItem {
  return { kind: 'submenu', label: shorten(label), items }
}

function shorten(label: string): string {
  const characters = [...label]
  return characters.length <= MAX_LABEL ? label : `${characters.slice(0, MAX_LABEL - 1).join('')}…`
}

function ids(views: readonly Entry[]): readonly string[] {
  return views.map(({ spec }) => spec.id)
}

function byName(one: Entry, other: Entry): number {
  return compareText(one.spec.name, other.spec.name)
}

function compareText(one: string, other: string): number {
  return one.localeCompare(other, undefined, { numeric: true })
}
