/**
 * The tray's menu as data: a pure function of what is true, so that it can be compared, tested and rebuilt only when its words
 * change. On Linux a click on the icon may do nothing, so everything the tray can do is in here.
 */
import type { Endpoint } from '@shared/endpoints'
import type { Need } from '@shared/needs'
import { carries, closingLine, needActions, summaryLine } from '@shared/sentence'
import { startingStates, type ForwardView } from '@shared/snapshots'
import type { World } from './world'

export type TrayAction =
  | { readonly do: 'start' | 'stop' | 'retry'; readonly ids: readonly string[] }
  | { readonly do: 'open' | 'copy'; readonly endpoint: Endpoint }
  | { readonly do: 'show'; readonly id: string | null }
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
  const wanted = forwards.filter(({ snapshot }) => snapshot.wanted)
  const sections = [
    [text(firstLine(world, forwards))],
    linkItems(world),
    needItems(world.needs),
    favouriteItems(forwards),
    tagItems(forwards),
    otherItems(forwards),
    [
      action('Stop all', { do: 'stop', ids: ids(wanted) }, wanted.length > 0),
      action('Open Warren', { do: 'show', id: null }),
      action('Settings', { do: 'settings' }),
      action(quitLabel(wanted.length), { do: 'quit' }),
    ],
  ]
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, index) => (index === 0 ? section : [separator, ...section]))
}

/** What the icon says from afar. */
export function trayIcon(world: World): TrayIcon {
  const snapshots = [...world.forwards.values()].map(({ snapshot }) => snapshot)
  const hasTrouble = snapshots.some(({ state, wanted }) => state === 'needs-you' || (state === 'failed' && wanted))
  if (hasTrouble || world.needs.length > 0 || isCutOff(world)) return 'attention'
  return snapshots.some(({ state }) => carries(state)) ? 'running' : 'idle'
}

/** The first line, also the icon's tooltip. */
export function trayTitle(world: World): string {
  return firstLine(world, [...world.forwards.values()])
}

/** ✓ running, – on its way, ! failed or waiting for a person. */
export function mark({ snapshot }: ForwardView): string {
  const { state } = snapshot
  if (carries(state)) return '✓'
  if (startingStates.has(state) || state === 'waiting') return '–'
  return state === 'failed' || state === 'needs-you' ? '!' : NO_MARK
}

// --- internal ---

const separator: TrayItem = { kind: 'separator' }

function firstLine(world: World, forwards: readonly ForwardView[]): string {
  switch (world.link.state) {
    case 'connecting':
      return 'Connecting…'
    case 'lost':
      return 'The background process is not running'
    case 'other-version':
      return 'Another version of Warren is running'
    case 'connected':
      return summaryLine(
        forwards.map(({ snapshot }) => snapshot),
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

function favouriteItems(forwards: readonly ForwardView[]): readonly TrayItem[] {
  return capped(
    forwards.filter(({ spec }) => spec.favourite),
    forwardItem,
  )
}

function tagItems(forwards: readonly ForwardView[]): readonly TrayItem[] {
  const tags = [...new Set(forwards.flatMap(({ spec }) => spec.tags))].sort(compareText)
  return capped(tags, (tag) => {
    const members = forwards.filter(({ spec }) => spec.tags.includes(tag))
    const running = members.filter(({ snapshot }) => carries(snapshot.state)).length
    return submenu(`${tag} (${running} of ${members.length})`, groupItems(members))
  })
}

/** Recent, and the ones that neither a star nor a tag shows. */
function otherItems(forwards: readonly ForwardView[]): readonly TrayItem[] {
  const recent = forwards
    .filter(({ spec, lastUsed }) => lastUsed !== null && !spec.favourite)
    .sort((one, other) => compareText(other.lastUsed ?? '', one.lastUsed ?? ''))
    .slice(0, MAX_RECENT)
  const shown = new Set(recent)
  const rest = forwards.filter((view) => !view.spec.favourite && view.spec.tags.length === 0 && !shown.has(view))
  return [
    ...(recent.length > 0 ? [submenu('Recent', recent.map(forwardItem))] : []),
    ...(rest.length > 0 ? [submenu('Others', groupItems(rest))] : []),
  ]
}

function groupItems(members: readonly ForwardView[]): readonly TrayItem[] {
  const stopped = members.filter(({ snapshot }) => !snapshot.wanted)
  const wanted = members.filter(({ snapshot }) => snapshot.wanted)
  return [
    action('Start all', { do: 'start', ids: ids(stopped) }, stopped.length > 0),
    action('Stop all', { do: 'stop', ids: ids(wanted) }, wanted.length > 0),
    separator,
    ...capped(members, forwardItem),
  ]
}

function forwardItem(view: ForwardView): TrayItem {
  const { id, wanted, state, reason, listen, via } = view.snapshot
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
function canOpen({ spec, snapshot }: ForwardView): boolean {
  return spec.type === 'local' && carries(snapshot.state) && !('path' in snapshot.listen)
}

function quitLabel(wanted: number): string {
  const closing = closingLine(wanted)
  return closing === '' ? 'Quit' : `Quit (${closing})`
}

function capped<T>(all: readonly T[], toItem: (one: T) => TrayItem): readonly TrayItem[] {
  const items = all.slice(0, MAX_ITEMS).map(toItem)
  const more = all.length - items.length
  return more === 0 ? items : [...items, action(`${more} more in Warren…`, { do: 'show', id: null })]
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

function ids(views: readonly ForwardView[]): readonly string[] {
  return views.map(({ spec }) => spec.id)
}

function byName(one: ForwardView, other: ForwardView): number {
  return compareText(one.spec.name, other.spec.name)
}

function compareText(one: string, other: string): number {
  return one.localeCompare(other, undefined, { numeric: true })
}
