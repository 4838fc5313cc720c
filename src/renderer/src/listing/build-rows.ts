/** From views to the rows on screen: narrowed, sorted, grouped. Pure, so that a thousand can be tested and timed. */
import { carries } from '@shared/sentence'
import { filterOf, type ListState, type SummaryFilter } from '../stores/list'
import type { ListedView } from '../stores/views'
import type { Grouping } from './listing'

export interface GroupRow {
  readonly kind: 'group'
  readonly key: string
  readonly title: string
  /** Every member, whatever the list is narrowed to. */
  readonly ids: readonly string[]
  readonly running: number
  readonly folded: boolean
}
export interface ViewRow {
  readonly kind: 'view'
  /** Unique on screen: what has two tags stands in two groups. */
  readonly key: string
  readonly id: string
}
export type Row = GroupRow | ViewRow

export interface Rows {
  readonly rows: readonly Row[]
  /** Views on screen or folded away, each once, in order. */
  readonly ids: readonly string[]
  readonly counts: Readonly<Record<SummaryFilter, number>>
  readonly tags: readonly string[]
}

export interface RowsInput {
  readonly byId: ReadonlyMap<string, ListedView>
  readonly list: ListState
  readonly grouping: Grouping
  readonly textOf: (view: ListedView) => string
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
const NO_TAG = 'without a tag'

/** By tag; what has none comes last, and where nothing has one there are no groups. */
export const byTag: Grouping = {
  value: 'tag',
  label: 'By tag',
  titlesOf: ({ spec }) => (spec.tags.length === 0 ? [''] : spec.tags),
}
export const noGroups: Grouping = { value: 'none', label: 'No groups', titlesOf: null }

export function buildRows({ byId, list, grouping, textOf }: RowsInput): Rows {
  const all = [...byId.values()].sort((a, b) => collator.compare(a.spec.name, b.spec.name))
  const words = list.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const matches = (view: ListedView): boolean => {
    if (list.tag !== null && !view.spec.tags.includes(list.tag)) return false
    if (words.length === 0) return true
    const text = textOf(view).toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const found = all.filter(matches)
  const counts: Record<SummaryFilter, number> = {
    all: found.length,
    running: 0,
    trying: 0,
    'needs-you': 0,
    failed: 0,
    stopped: 0,
  }
  for (const view of found) counts[filterOf(view.snapshot.state)]++
  const shown = list.filter === 'all' ? found : found.filter((view) => filterOf(view.snapshot.state) === list.filter)
  return {
    rows: group(shown, { all, grouping, folded: list.folded }),
    ids: shown.map((view) => view.spec.id),
    counts,
    tags: [...new Set(all.flatMap((view) => view.spec.tags))].sort((a, b) => collator.compare(a, b)),
  }
}

// --- internal ---

function group(
  shown: readonly ListedView[],
  options: { readonly all: readonly ListedView[]; readonly grouping: Grouping; readonly folded: ReadonlySet<string> },
): readonly Row[] {
  const { all, folded } = options
  const { titlesOf, value, none = NO_TAG } = options.grouping
  const members = titlesOf === null ? new Map<string, ListedView[]>() : collect(all, titlesOf)
  if (titlesOf === null || (members.size === 1 && members.has(''))) {
    return shown.map(({ spec }) => ({ kind: 'view', key: spec.id, id: spec.id }))
  }
  const visible = collect(shown, titlesOf)
  const titles = [...visible.keys()].sort((a, b) => Number(a === '') - Number(b === '') || collator.compare(a, b))
  const rows: Row[] = []
  for (const title of titles) {
    const key = `${value}:${title}`
    const whole = members.get(title) ?? []
    rows.push({
      kind: 'group',
      key,
      title: title === '' ? none : title,
      ids: whole.map((view) => view.spec.id),
      running: whole.filter((view) => carries(view.snapshot.state)).length,
      folded: folded.has(key),
    })
    if (folded.has(key)) continue
    for (const { spec } of visible.get(title) ?? []) rows.push({ kind: 'view', key: `${key}/${spec.id}`, id: spec.id })
  }
  return rows
}

function collect(
  views: readonly ListedView[],
  titlesOf: (view: ListedView) => readonly string[],
): Map<string, ListedView[]> {
  const groups = new Map<string, ListedView[]>()
  for (const view of views) {
    for (const title of titlesOf(view)) {
      const members = groups.get(title)
      if (members === undefined) groups.set(title, [view])
      else members.push(view)
    }
  }
  return groups
}
