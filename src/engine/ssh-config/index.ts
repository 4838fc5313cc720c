/** The door of the ssh config resolver. */
export { createSystemFiles } from './system-files'
export { resolveSshConfig } from './resolve'
export { optionSupport, supportTable, type OptionSupport } from './support'
export type {
  AddressFamily,
  CommandOption,
  ConfigForward,
  ConfigHost,
  ForwardEnd,
  LookupResult,
  OptionValue,
  Origin,
  ReadResult,
  ResolvedSshConfig,
  ResolveRequest,
  SshConfigEnvironment,
  SshConfigPorts,
  SshRelease,
  Support,
  UnhonouredOption,
} from './types'
