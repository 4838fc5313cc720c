/** A handler for every request of the contract; a missing one is a compile error. */
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'
import { configHandlers } from './config'
import { daemonHandlers } from './daemon'
import { forwardHandlers } from './forwards'
import { observeHandlers } from './observe'
import { runHandlers } from './run'
import { serverHandlers } from './servers'

export function createHandlers(services: Services): Handlers {
  return {
    ...daemonHandlers(services),
    ...serverHandlers(services),
    ...forwardHandlers(services),
    ...runHandlers(services),
    ...observeHandlers(services),
    ...configHandlers(services),
  }
}
