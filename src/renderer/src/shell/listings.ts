/** The lists that keys and menus act on. */
import type { Listing } from '../listing/listing'
import { forwardsListing } from '../screens/forwards/forwards-listing'
import { relaysListing } from '../screens/relays/relays-listing'
import { uiStore } from '../stores/ui'

/** The list on screen; `null` on the other screens. */
export function currentListing(): Listing | null {
  switch (uiStore.getState().screen) {
    case 'forwards':
      return forwardsListing
    case 'relays':
      return relaysListing
    case 'servers':
    case 'cloud':
    case 'activity':
    case 'settings':
      return null
  }
}
