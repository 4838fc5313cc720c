/** Who may do what with which forward (seed-behaviour §C.5, "Warren decides": membership is checked on every route). */
import type { RouteContext, Services, Session } from './context'
import { notFound, Problem } from './problem'
import { scopeOf, type ForwardRow, type Owner, type Role } from './store'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export type Deed = 'read' | 'edit' | 'delete'

/** Texts of the document's server. */
const refusals = {
  edit: '使用者无权编辑团队数据',
  delete: '使用者无权删除团队数据',
  notMember: '您不是该团队成员',
} as const

export interface Granted {
  readonly row: ForwardRow
  /** `null`: one's own. */
  readonly role: Role | null
}

/**
 * A forward by its id, for `deed`. What a person may not see does not exist: 404. A member with the role `user` may read and run a
 * team's forwards, not change them: 403.
 */
export async function granted({ store }: Services, context: RouteContext, deed: Deed): Promise<Granted> {
  const { user } = context.get('session')
  const id = context.req.param('id') ?? ''
  const row = UUID.test(id) ? await store.forwards.get(id.toLowerCase()) : null
  if (row === null) throw notFound()
  if (row.namespace === null) {
    if (row.userId !== user.id) throw notFound()
    return { row, role: null }
  }
  const membership = await store.teams.membership(row.namespace, user.id)
  if (membership === null) throw notFound()
  if (deed !== 'read' && membership.role === 'user') throw new Problem(403, refusals[deed])
  return { row, role: membership.role }
}

/** Whose list a request is about. `null`, "null" and the empty string are one's own. */
export async function ownerOf({ store }: Services, context: RouteContext, deed: Deed): Promise<Owner> {
  const { user } = context.get('session')
  const namespace = context.req.query('namespace')
  if (namespace === undefined || namespace === '' || namespace === 'null') return { userId: user.id, namespace: null }
  const membership = UUID.test(namespace) ? await store.teams.membership(namespace.toLowerCase(), user.id) : null
  if (membership === null) throw new Problem(403, refusals.notMember)
  if (deed !== 'read' && membership.role === 'user') throw new Problem(403, refusals[deed])
  return { userId: user.id, namespace: membership.team.id }
}

/** The lists in which a sync without a namespace looks for what it names: one's own first, then those of teams one may edit. */
export async function editableScopes({ store }: Services, { user }: Session): Promise<readonly string[]> {
  const memberships = await store.teams.ofUser(user.id)
  const editable = memberships.filter(({ role }) => role !== 'user')
  return [
    scopeOf({ userId: user.id, namespace: null }),
    ...editable.map(({ team }) => scopeOf({ userId: user.id, namespace: team.id })),
  ]
}
