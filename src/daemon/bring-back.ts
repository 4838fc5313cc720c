/** What runs again when a daemon begins. */
import type { Journal } from './journal'
import type { Services } from './services'

/** Auto-start forwards and relays, and those that were wanted when the last daemon died, was handed over, or the machine went down. */
export async function bringBack(services: Services, journal: Journal, unreadable: readonly string[]): Promise<void> {
  const { demo, activity, warnings } = services
  for (const fault of services.store.warnings) {
    activity.add({ kind: 'daemon', subject: 'Warren', message: fault.message, code: fault.code })
  }
  if (unreadable.length > 0) {
    const message = `These could not be read and are left out: ${unreadable.join(', ')}.`
    warnings.add({ code: 'store.damaged', message, fix: null, field: 'rows', remedy: null, detail: null })
    activity.add({ kind: 'daemon', subject: 'Warren', message, code: 'store.damaged' })
  }
  await demo.resume()
  await endOverdue(services)
  // In turn: clients are here already, and what they stop meanwhile stays stopped.
  await services.inTurn(() => startWanted(services, journal))
}

async function startWanted({ catalog, engine, warnings, store }: Services, journal: Journal): Promise<void> {
  const wanted = catalog.forwards().filter(({ spec, wanted: was }) => was || spec.autoStart)
  const ids = wanted.map(({ spec }) => spec.id)
  const relays = catalog.relays().filter(({ spec, wanted: was }) => was || spec.autoStart)
  const relayIds = relays.map(({ spec }) => spec.id)
  await journal.begin({ forwards: ids.length, relays: relayIds.length })
  for (const id of ids) {
    catalog.putForward({ ...catalog.forward(id), wanted: true })
    // One that cannot start must not keep the others down.
    await warnings.tolerate(() => Promise.resolve().then(() => engine.start(id)))
  }
  for (const id of relayIds) {
    catalog.putRelay({ ...catalog.relay(id), wanted: true })
    await warnings.tolerate(() => Promise.resolve().then(() => engine.relays.start(id)))
  }
  if (ids.length > 0) await warnings.tolerate(() => store.setWanted(ids, true))
  if (relayIds.length > 0) await warnings.tolerate(() => store.setRelaysWanted(relayIds, true))
}

/** Those whose time ended while no daemon ran do not come back. */
async function endOverdue({ catalog, store, timed, activity, warnings }: Services): Promise<void> {
  const overdue = (await warnings.tolerate(() => timed.load())) ?? []
  const ids = overdue.filter((id) => catalog.hasForward(id) && catalog.forward(id).wanted)
  if (ids.length === 0) return
  await warnings.tolerate(() => store.setWanted(ids, false))
  for (const id of ids) {
    const record = catalog.forward(id)
    catalog.putForward({ ...record, wanted: false })
    const message = 'Its time was over while Warren did not run.'
    activity.add({ kind: 'stopped', forwardId: id, serverId: record.spec.serverId, subject: record.spec.name, message })
  }
}
