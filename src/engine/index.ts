/** The door of the engine. */
export { createEngine } from './engine'
export { createLocalPorts } from './ports'
export { findLoop, ownAddresses } from './relay'
export { appendKnownHost, hasNativeCrypto } from './ssh'
export {
  createSystemFiles,
  lookupHost,
  readSystemNames,
  resolveSshConfig,
  matchesGlob,
  type CommandOption,
  type ConfigForward,
  type ForwardEnd,
  type ResolvedSshConfig,
  type SshConfigEnvironment,
} from './ssh-config'
export { SHARED_KEY, type ConfiguredOptions, type ServerPlan, type ServerRoute } from './ssh/types'
export type {
  Clock,
  Engine,
  EngineEvent,
  EnginePorts,
  LocalPorts,
  RaisedNeed,
  RaiseOptions,
  StartOptions,
} from './types'
