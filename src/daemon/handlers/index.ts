/** A handler for every request of the contract; a missing one is a compile error. */
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'
import { missingHandlers } from './_not-yet'
import { configHandlers } from './config'
import { daemonHandlers } from './daemon'
import { forwardHandlers } from './forwards'
import { observeHandlers } from './observe'
import { relayHandlers } from './relays'
import { runHandlers } from './run'
import { serverHandlers } from './servers'

export function createHandlers(services: Services): Handlers {
  return {
    ...missingHandlers(),
    ...daemonHandlers(services),
    ...serverHandlers(services),
    ...forwardHandlers(services),
    ...runHandlers(services),
    ...relayHandlers(services),
    ...observeHandlers(services),
    ...configHandlers(services),
  }
}
