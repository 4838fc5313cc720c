/**
 * The names of the surface between the renderer and main: plain lists, so that the sandboxed preload stays without packages.
 *
 * Shapes and meanings are in `./ipc`, which does not compile when a name has none.
 */
import type { RpcMethod, RpcNotification } from './rpc'

/** Daemon requests that main passes on for the window; their params are parsed by main and again by the daemon. */
export const windowMethods = [
  'daemon.status',
  'servers.list',
  'servers.add',
  'servers.update',
  'servers.remove',
  'servers.restore',
  'servers.copy',
  'forwards.list',
  'forwards.get',
  'forwards.add',
  'forwards.update',
  'forwards.remove',
  'forwards.removed',
  'forwards.restore',
  'forwards.start',
  'forwards.stop',
  'forwards.retry',
  'forwards.setSecret',
  'forwards.check',
  'relays.list',
  'relays.add',
  'relays.update',
  'relays.remove',
  'relays.restore',
  'relays.start',
  'relays.stop',
  'relays.retry',
  'traffic.usage',
  'traffic.rows',
  'traffic.history',
  'apis.list',
  'apis.enable',
  'apis.disable',
  'apis.report',
  'apis.setReport',
  'apis.reportNow',
  'apis.audit',
  'cloud.status',
  'cloud.login',
  'cloud.register',
  'cloud.logout',
  'cloud.changePassword',
  'cloud.sync',
  'cloud.setPolling',
  'cloud.share',
  'cloud.setOverride',
  'cloud.setSecret',
  'cloud.conflicts',
  'cloud.resolve',
  'cloud.runs',
  'cloud.createTeam',
  'cloud.joinTeam',
  'cloud.members',
  'cloud.invitations',
  'cloud.invite',
  'cloud.withdraw',
  'cloud.setRole',
  'cloud.removeMember',
  'cloud.leaveTeam',
  'cloud.dissolveTeam',
  'cloud.audit',
  'cloud.grantKey',
  'cloud.makeKey',
  'cloud.unlock',
  'cloud.resetKey',
  'connections.list',
  'connections.end',
  'sessions.list',
  'logs.read',
  'activity.list',
  'needs.list',
  'ports.check',
  'trust.list',
  'trust.remove',
  'trust.write',
  'config.server',
  'config.listing',
  'config.setListing',
  'demo.start',
  'events.subscribe',
] as const satisfies readonly RpcMethod[]
export type WindowMethod = (typeof windowMethods)[number]

/** Requests that main answers itself. */
export const appMethods = [
  'app.hello',
  'app.settings',
  'app.answerNeed',
  'app.openExternal',
  'app.copy',
  'app.pickKeyFile',
  'app.pickCertificateFile',
  'app.exportTraffic',
  'app.openDataFolder',
  'app.savedSecrets',
  'app.forgetSecrets',
  'app.restartDaemon',
  'app.usable',
] as const
export type AppMethod = (typeof appMethods)[number]

export const appCommands = [
  'new-forward',
  'new-relay',
  'new-server',
  'search',
  'toggle',
  'edit',
  'delete',
  'copy-address',
  'open-address',
  'check',
  'select-all',
  'undo',
] as const
export type AppCommand = (typeof appCommands)[number]

const daemonEventNames = {
  'forwards.changed': true,
  'relays.changed': true,
  'apis.changed': true,
  'cloud.changed': true,
  'servers.changed': true,
  'sessions.changed': true,
  'needs.changed': true,
  'activity.added': true,
  'rates.sampled': true,
  'connections.sampled': true,
  'logs.added': true,
} satisfies Record<RpcNotification, true>
const appEventNames = ['app.daemon', 'app.settings', 'app.navigate', 'app.command', 'app.keyring'] as const
export type AppEventName = (typeof appEventNames)[number]

/** Every event that main may send to a window. */
export const windowEvents: readonly (RpcNotification | AppEventName)[] = [
  ...(Object.keys(daemonEventNames) as RpcNotification[]),
  ...appEventNames,
]

/** Electron channel names. */
export const DAEMON_CHANNEL = 'warren:daemon'
export const APP_CHANNEL = 'warren:app'
export const EVENT_CHANNEL = 'warren:event'
