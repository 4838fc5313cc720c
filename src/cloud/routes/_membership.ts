/** Whether the caller is in the team of the path, and may do what the route does. */
import type { RouteContext, Services } from '../context'
import { Problem } from '../problem'
import { roles, type Membership, type Role } from '../store'

export const TEAM_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The caller's membership. A team that one is not in does not exist: 404. Throws 403 for a lower role than `least`. */
export async function memberOf({ store }: Services, context: RouteContext, least: Role = 'user'): Promise<Membership> {
  const id = context.req.param('id') ?? ''
  const found = TEAM_ID.test(id) ? await store.teams.membership(id.toLowerCase(), context.get('session').user.id) : null
  if (found === null) throw new Problem(404, 'Team not found')
  if (roles.indexOf(found.role) > roles.indexOf(least)) {
    throw new Problem(403, `Only ${least === 'owner' ? 'an owner' : 'an owner or a developer'} may do this`)
  }
  return found
}
