/** Relays, for the window and the command line. */
import {
  addRelay,
  known,
  removeRelays,
  restoreRelays,
  retryRelays,
  startRelays,
  stopRelays,
  updateRelay,
} from '../relay-changes'
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'
import { untilAborted } from './_until-aborted'

type Part = Pick<Handlers, Extract<keyof Handlers, `relays.${string}`>>

export function relayHandlers(services: Services): Part {
  const { catalog, engine, inTurn, relays } = services
  const tolerate = { tolerate: true }
  return {
    'relays.list': () => relays.views(),
    'relays.get': ({ id }) => relays.view(id),
    'relays.add': (draft) => inTurn(async () => relays.view((await addRelay(services, draft, 'warren')).id)),
    'relays.update': ({ id, patch }) => inTurn(async () => relays.view((await updateRelay(services, id, patch)).id)),
    'relays.remove': ({ ids }) =>
      inTurn(async () => {
        await removeRelays(services, ids)
        return null
      }),
    'relays.restore': ({ ids }) =>
      inTurn(async () => {
        await restoreRelays(services, ids)
        return relays.views(known(services, ids))
      }),
    // In turn, too: what was asked for last is what holds.
    'relays.start': ({ ids }) =>
      inTurn(async () => {
        await startRelays(services, ids, tolerate)
        return viewsLeft(services, ids)
      }),
    'relays.stop': ({ ids }) =>
      inTurn(async () => {
        await stopRelays(services, ids, tolerate)
        return viewsLeft(services, ids)
      }),
    'relays.retry': ({ ids }) =>
      inTurn(async () => {
        await retryRelays(services, ids)
        return viewsLeft(services, ids)
      }),
    'relays.wait': async ({ ids, timeoutMs }, { signal }) => {
      const all = known(services, ids)
      await untilAborted(engine.relays.settled(all, timeoutMs), signal)
      return relays.views(all.filter((id) => catalog.hasRelay(id)))
    },
  }
}

/** Somebody may have removed one meanwhile. */
function viewsLeft({ catalog, relays }: Services, ids: readonly string[]): ReturnType<Services['relays']['views']> {
  return relays.views([...new Set(ids)].filter((id) => catalog.hasRelay(id)))
}
