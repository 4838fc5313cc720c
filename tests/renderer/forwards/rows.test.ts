import { describe, expect, it } from 'vitest'
import { buildRows, byTag, noGroups, type Row, type Rows } from '../../../src/renderer/src/listing/build-rows'
import { forwardsListing } from '../../../src/renderer/src/screens/forwards/forwards-listing'
import { setForwards } from '../../../src/renderer/src/stores/forwards'
import type { ListState } from '../../../src/renderer/src/stores/list'
import { makeForward, manyForwards, sampleForwards } from '../harness/_data'

const everything: ListState = { search: '', tag: null, filter: 'all', folded: new Set() }
const byId = (views: ReturnType<typeof sampleForwards>) => new Map(views.map((view) => [view.spec.id, view]))
const titles = (rows: readonly Row[]) => rows.map((row) => (row.kind === 'group' ? `# ${row.title}` : row.id))

/** As the list does it, with what a forward is searched for. */
function rowsOf(
  views: ReturnType<typeof sampleForwards>,
  options: Partial<Parameters<typeof buildRows>[0]> = {},
): Rows {
  setForwards(views)
  const { textOf } = forwardsListing
  return buildRows({ byId: byId(views), list: everything, grouping: noGroups, textOf, ...options })
}

describe('buildRows()', () => {
  it('sorts by name as people count', () => {
    const views = ['web-10', 'web-9', 'Api'].map((name) => makeForward(name))
    const { rows } = rowsOf(views, { grouping: noGroups })
    expect(titles(rows)).toEqual(['forward-Api', 'forward-web-9', 'forward-web-10'])
  })

  it('shows a forward in the group of each of its tags, and those without one last', () => {
    const views = [makeForward('a', { spec: { tags: ['x', 'y'] } }), makeForward('b')]
    const { rows } = rowsOf(views, { grouping: byTag })
    expect(titles(rows)).toEqual(['# x', 'forward-a', '# y', 'forward-a', '# without a tag', 'forward-b'])
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
  })

  it('makes no groups where nothing has a tag', () => {
    const { rows } = rowsOf([makeForward('a')], { grouping: byTag })
    expect(titles(rows)).toEqual(['forward-a'])
  })

  it('counts all members of a group, whatever the list is narrowed to', () => {
    const views = [
      makeForward('a', { state: 'running', spec: { tags: ['x'] } }),
      makeForward('b', { state: 'failed', spec: { tags: ['x'] } }),
    ]
    const { rows } = rowsOf(views, { list: { ...everything, filter: 'failed' }, grouping: byTag })
    expect(rows).toMatchObject([{ title: 'x', running: 1, ids: ['forward-a', 'forward-b'] }, { id: 'forward-b' }])
  })

  it('finds every word in name, tag, server or address', () => {
    const list = { ...everything, search: 'staging 8443' }
    const { rows, counts } = rowsOf(sampleForwards(), { list, grouping: noGroups })
    expect(titles(rows)).toEqual(['forward-admin'])
    expect(counts).toMatchObject({ all: 1, 'needs-you': 1, failed: 0 })
  })

  it('leaves out what is folded', () => {
    const list = { ...everything, folded: new Set(['tag:team-0']) }
    const { rows } = rowsOf(manyForwards(24), { list, grouping: byTag })
    expect(rows[0]).toMatchObject({ kind: 'group', folded: true })
    expect(rows[1]).toMatchObject({ kind: 'group', title: 'team-1' })
  })
})
