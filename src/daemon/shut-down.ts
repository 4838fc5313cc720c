/** What is said and saved before a daemon ends. */
import type { Journal } from './journal'
import type { Services } from './services'

export async function shutDown(
  services: Services,
  journal: Journal,
  how: { readonly keepWanted: boolean },
): Promise<void> {
  const { catalog, store, timed, warnings, needs, relays, watch } = services
  const running = { forwards: watch.active().size, relays: relays.active().size }
  await journal.end({ running, keepWanted: how.keepWanted })
  if (!how.keepWanted) {
    const saved = catalog.forwards().filter(({ wanted, spec }) => wanted && !catalog.isAdHoc(spec.id))
    const ids = saved.map(({ spec }) => spec.id)
    await timed.set(ids, null)
    if (ids.length > 0) await warnings.tolerate(() => store.setWanted(ids, false))
    const wantedRelays = catalog.relays().filter(({ wanted }) => wanted)
    const relayIds = wantedRelays.map(({ spec }) => spec.id)
    if (relayIds.length > 0) await warnings.tolerate(() => store.setRelaysWanted(relayIds, false))
  }
  needs.close()
}
