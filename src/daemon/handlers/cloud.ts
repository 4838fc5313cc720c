/** The cloud: account, teams, sharing, conflicts. */
import type { RpcMethod } from '@shared/rpc'
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'

type Part = Pick<Handlers, Extract<RpcMethod, `cloud.${string}`>>

export function cloudHandlers({ cloud }: Services): Part {
  return {
    'cloud.status': cloud.status,
    'cloud.login': cloud.login,
    'cloud.register': cloud.register,
    'cloud.logout': cloud.logout,
    'cloud.changePassword': cloud.changePassword,
    'cloud.sync': cloud.sync,
    'cloud.setPolling': cloud.setPolling,
    'cloud.share': cloud.share,
    'cloud.setOverride': cloud.setOverride,
    'cloud.setSecret': cloud.setSecret,
    'cloud.conflicts': cloud.conflicts,
    'cloud.resolve': cloud.resolve,
    'cloud.runs': cloud.runs,
    'cloud.createTeam': cloud.createTeam,
    'cloud.joinTeam': cloud.joinTeam,
    'cloud.members': cloud.members,
    'cloud.invitations': cloud.invitations,
    'cloud.invite': cloud.invite,
    'cloud.withdraw': cloud.withdraw,
    'cloud.setRole': cloud.setRole,
    'cloud.removeMember': cloud.removeMember,
    'cloud.leaveTeam': cloud.leaveTeam,
    'cloud.dissolveTeam': cloud.dissolveTeam,
    'cloud.audit': cloud.audit,
    'cloud.grantKey': cloud.grantKey,
    'cloud.makeKey': cloud.makeKey,
    'cloud.unlock': cloud.unlock,
    'cloud.resetKey': cloud.resetKey,
  }
}
