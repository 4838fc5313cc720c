/** From forwards to the rows on screen: narrowed, sorted, grouped. Pure, so that a thousand can be tested and timed. */
import { formatEndpoint } from '@shared/endpoints'
import { carries, targetWord } from '@shared/sentence'
import type { Settings } from '@shared/settings'
import type { ForwardView } from '@shared/snapshots'
import { filterOf, type ListState, type SummaryFilter } from '../../stores/list'

export type GroupBy = Settings['groupBy']

export interface GroupRow {
  readonly kind: 'group'
  readonly key: string
  readonly title: string
  /** Every member, whatever the list is narrowed to. */
  readonly ids: readonly string[]
  readonly running: number
  readonly folded: boolean
}
export interface ForwardRow {
  readonly kind: 'forward'
  /** Unique on screen: a forward with two tags stands in two groups. */
  readonly key: string
  readonly id: string
}
export type Row = GroupRow | ForwardRow

export interface Rows {
  readonly rows: readonly Row[]
  /** Forwards on screen or folded away, each once, in order. */
  readonly ids: readonly string[]
  readonly counts: Readonly<Record<SummaryFilter, number>>
  readonly tags: readonly string[]
}

export interface RowsInput {
  readonly byId: ReadonlyMap<string, ForwardView>
  readonly list: ListState
  readonly groupBy: GroupBy
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
const NO_TAG = 'without a tag'

export function buildRows({ byId, list, groupBy }: RowsInput): Rows {
  const all = [...byId.values()].sort((a, b) => collator.compare(a.spec.name, b.spec.name))
  const words = list.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const found = all.filter(
    (view) =>
      (list.tag === null || view.spec.tags.includes(list.tag)) && words.every((word) => text(view).includes(word)),
  )
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
    rows: group(shown, { all, groupBy, folded: list.folded }),
    ids: shown.map((view) => view.spec.id),
    counts,
    tags: [...new Set(all.flatMap((view) => view.spec.tags))].sort((a, b) => collator.compare(a, b)),
  }
}

// --- internal ---

function group(
  shown: readonly ForwardView[],
  options: { readonly all: readonly ForwardView[]; readonly groupBy: GroupBy; readonly folded: ReadonlySet<string> },
): readonly Row[] {
  const { all, groupBy, folded } = options
  const flat = (): readonly Row[] => shown.map((view) => ({ kind: 'forward', key: view.spec.id, id: view.spec.id }))
  if (groupBy === 'none' || (groupBy === 'tag' && all.every((view) => view.spec.tags.length === 0))) return flat()
  const members = collect(all, groupBy)
  const visible = collect(shown, groupBy)
  const titles = [...visible.keys()].sort((a, b) => Number(a === '') - Number(b === '') || collator.compare(a, b))
  const rows: Row[] = []
  for (const title of titles) {
    const key = `${groupBy}:${title}`
    const whole = members.get(title) ?? []
    rows.push({
      kind: 'group',
      key,
      title: title === '' ? NO_TAG : title,
      ids: whole.map((view) => view.spec.id),
      running: whole.filter((view) => carries(view.snapshot.state)).length,
      folded: folded.has(key),
    })
    if (folded.has(key)) continue
    for (const { spec } of visible.get(title) ?? [])
      rows.push({ kind: 'forward', key: `${key}/${spec.id}`, id: spec.id })
  }
  return rows
}

function collect(views: readonly ForwardView[], groupBy: Exclude<GroupBy, 'none'>): Map<string, ForwardView[]> {
  const groups = new Map<string, ForwardView[]>()
  for (const view of views) {
    const titles = groupBy === 'server' ? [view.snapshot.server] : view.spec.tags.length === 0 ? [''] : view.spec.tags
    for (const title of titles) {
      const members = groups.get(title)
      if (members === undefined) groups.set(title, [view])
      else members.push(view)
    }
  }
  return groups
}

function text({ spec, snapshot }: ForwardView): string {
  return [
    spec.name,
    ...spec.tags,
    snapshot.server,
    ...snapshot.via,
    formatEndpoint(snapshot.listen, snapshot.portCount),
    targetWord(snapshot),
    spec.description,
  ]
    .join('\n')
    .toLowerCase()
}
