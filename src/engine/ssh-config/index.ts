/** The door of the ssh config resolver. */
export { matchesGlob } from './_glob'
export { createSystemFiles } from './system-files'
export { resolveSshConfig } from './resolve'
export { lookupHost, readSystemNames } from './system-names'
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
} from './types'
