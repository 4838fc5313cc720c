/** The door of the relays. */
export { createRelays, type Relays } from './relays'
export type { RelayEngine } from './types'
export { findLoop, ownAddresses } from './_loop'
