/** The door for main, the command line and tests. */
export { BUILD, VERSION } from './build'
export {
  connectDaemon,
  DaemonVersionError,
  replaceDaemon,
  stopDaemon,
  type ConnectOptions,
  type DaemonClient,
  type ReachOptions,
} from './connect'
export { findDaemonScript, findNode } from './_launch'
export { resolvePlaces, type Places } from './places'
