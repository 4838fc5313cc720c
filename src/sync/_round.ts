/** One round with the server: of every namespace what is there is taken, and what waits is sent. */
import type { Context } from './_context'
import { pull } from './_pull'
import { push } from './_push'
import { CloudError } from './client'
import type { Namespace, TeamMembership } from './types'

/** `all`: the teams are asked for too. */
export type Scope = 'all' | ReadonlySet<Namespace>

export interface Round {
  readonly run: (scope: Scope) => Promise<void>
  readonly teams: () => readonly TeamMembership[]
  /** What has a stream or is asked in turn. */
  readonly namespaces: () => readonly Namespace[]
}

export interface RoundOptions {
  readonly context: Context
  readonly onTeams: (teams: readonly TeamMembership[]) => void
}

export function createRound({ context, onTeams }: RoundOptions): Round {
  const { client, replica, log } = context
  let teams: readonly TeamMembership[] = []
  let namespaces: readonly Namespace[] = [null]

  const lookAtTeams = async (): Promise<void> => {
    const known = await replica.transact((state) => ({ changes: {}, result: state.namespaces() }))
    // A server that tells of no teams leaves none: what is kept here of one stays.
    if (!client.extensions().has('teams')) {
      namespaces = [null, ...known]
      return
    }
    teams = (await client.teams.mine()).map(({ id, name, role }) => ({ id, name, role }))
    namespaces = [null, ...teams.map(({ id }) => id)]
    for (const id of known.filter((one) => !namespaces.includes(one))) {
      log('warning', `The team ${id} is not yours any more: its forwards leave this machine.`)
      await replica.transact(() => ({ changes: { forgetNamespace: id }, result: null }))
    }
    onTeams(teams)
  }

  const one = async (namespace: Namespace): Promise<void> => {
    await pull(context, namespace)
    await push(context, namespace)
  }

  return {
    teams: () => teams,
    namespaces: () => namespaces,
    run: async (scope) => {
      const failed: unknown[] = []
      const attempt = async (namespace: Namespace): Promise<void> => {
        try {
          await one(namespace)
        } catch (error) {
          if (!isOfOneList(error)) throw error
          // Out of the team since it was looked at: the next round knows.
          const isOut = namespace !== null && ['cloud.forbidden', 'cloud.not-found'].includes(error.code)
          if (isOut) log('warning', `The team ${namespace} does not let us in: ${error.message}`)
          else failed.push(error)
        }
      }
      if (scope === 'all' || scope.has(null)) await attempt(null)
      if (scope === 'all') await lookAtTeams()
      for (const namespace of namespaces) {
        if (namespace !== null && (scope === 'all' || scope.has(namespace))) await attempt(namespace)
      }
      if (failed.length > 0) throw failed[0]
    },
  }
}

// --- internal ---

/** The server is there and answers; another list may be well. */
function isOfOneList(error: unknown): error is CloudError {
  return error instanceof CloudError && error.status !== null && !WHOLE.includes(error.code)
}
const WHOLE: readonly string[] = ['cloud.login-needed', 'cloud.busy', 'cloud.redirected']
