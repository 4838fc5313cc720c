/** A handler for every request of the contract; a missing one is a compile error. */
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'
import { apiHandlers } from './apis'
import { cloudHandlers } from './cloud'
import { configHandlers } from './config'
import { daemonHandlers } from './daemon'
import { forwardHandlers } from './forwards'
import { observeHandlers } from './observe'
import { relayHandlers } from './relays'
import { reportHandlers } from './reports'
import { runHandlers } from './run'
import { serverHandlers } from './servers'
import { trafficHandlers } from './traffic'

export function createHandlers(services: Services): Handlers {
  return {
    ...apiHandlers(services),
    ...reportHandlers(services),
    ...daemonHandlers(services),
    ...serverHandlers(services),
    ...forwardHandlers(services),
    ...runHandlers(services),
    ...relayHandlers(services),
    ...trafficHandlers(services),
    ...observeHandlers(services),
    ...configHandlers(services),
    ...cloudHandlers(services),
  }
}
