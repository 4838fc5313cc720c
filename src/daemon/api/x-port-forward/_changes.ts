/** The actions that end, stop, start and reset: see `_add` and `_edit` for the rest of what changes something. */
import { removeRelays, rememberRelays, updateRelay } from '../../relay-changes'
import { nameKey, type RelayRecord, type XForward } from '../../store/index'
import { fail, failSync, storeReason, succeed, type Answer } from './_answers'
import type { Desk } from './_desk'
import { kindOf } from './_failure'
import { kilobytes } from './_numbers'
import type { Parameters } from './_parameters'

export async function deleteForward(desk: Desk, parameters: Parameters): Promise<Answer> {
  const name = parameters.text('forwardname')
  if (name.trim() === '') return fail(8)
  const record = desk.find(name)
  if (record === null) return fail(9)
  const { services } = desk
  const { id } = record.spec
  const wasRunning = desk.isRunning(id)
  // Stopped first, so that not a byte passes between the settlement and the end.
  const isStopped = await desk.command(() => services.engine.relays.stop(id))
  await services.warnings.tolerate(() => services.books.flush())
  let left: XForward | null
  try {
    left = await services.store.deleteXForward(id, new Date(services.now()).toISOString())
  } catch (error) {
    if (record.wanted) await desk.start(id)
    return fail(10, storeReason(error))
  }
  services.report.refresh()
  const settled = { Data: settlement(record, left, wasRunning) }
  return (await leave(desk, record)) && isStopped ? succeed(null, settled) : failSync(settled)
}

export async function changeStatus(desk: Desk, parameters: Parameters): Promise<Answer> {
  const name = parameters.text('forwardname')
  if (name.trim() === '') return fail(11)
  const record = desk.find(name)
  if (record === null) return fail(12)
  const status = parameters.text('status')
  if (status !== 'ok' && status !== 'stop') return fail(13)
  const { services } = desk
  const { id } = record.spec
  const isOn = status === 'ok'
  const wasRunning = desk.isRunning(id)
  try {
    await services.store.saveXForward({ relayId: id })
    if (record.spec.autoStart !== isOn) await updateRelay(services, id, { autoStart: isOn })
    await rememberRelays(services, [id], isOn)
  } catch (error) {
    if (kindOf(error) !== 'store') throw error
    return fail(14, storeReason(error))
  }
  const isDone = isOn ? wasRunning || (await desk.start(id)) : await desk.command(() => services.engine.relays.stop(id))
  if (wasRunning) await desk.flush(id)
  services.relays.touch(id)
  return isDone ? succeed(null) : failSync()
}

export async function reloadForward(desk: Desk, parameters: Parameters): Promise<Answer> {
  const name = parameters.text('forwardname')
  if (name.trim() === '') return fail(25)
  const record = desk.find(name)
  if (record === null) return fail(26)
  const { id } = record.spec
  // One that is stopped has nothing to reload, which is no failure.
  if (!record.wanted) return succeed(null)
  const isDone = desk.isRunning(id) ? await desk.restart(id) : await desk.command(() => retry(desk, id))
  return isDone ? succeed(null) : failSync()
}

export async function resetBandwidth(desk: Desk, parameters: Parameters): Promise<Answer> {
  const name = parameters.text('forwardname')
  if (name.trim() === '') return fail(21)
  const record = desk.find(name)
  if (record === null) return fail(22)
  try {
    await desk.services.store.resetXForward(record.spec.id)
  } catch (error) {
    return fail(23, storeReason(error))
  }
  return succeed(24)
}

export async function syncDeleted(desk: Desk, parameters: Parameters): Promise<Answer> {
  const name = parameters.text('forwardname')
  if (name.trim() === '') return fail(31)
  if (desk.isNameTaken(name)) return fail(32)
  const id = desk.leaving.get(nameKey(name.trim()))
  if (id === undefined) return succeed(null)
  return (await follow(desk, name, id)) ? succeed(null) : failSync()
}

// --- internal ---

function retry({ services }: Desk, id: string): void {
  services.engine.relays.retry(id)
}

/** Has the engine forget a relay that the store has no more. */
function leave(desk: Desk, { spec }: RelayRecord): Promise<boolean> {
  desk.leaving.set(nameKey(spec.name), spec.id)
  return follow(desk, spec.name, spec.id)
}

async function follow(desk: Desk, name: string, id: string): Promise<boolean> {
  const { services, leaving } = desk
  const isGone = await desk.command(async () => {
    if (services.catalog.hasRelay(id)) await removeRelays(services, [id])
    leaving.delete(nameKey(name.trim()))
  })
  return isGone
}

/** What was not flushed; zeros for one that does not run, unless a crash left something. */
function settlement(
  { spec }: RelayRecord,
  left: XForward | null,
  wasRunning: boolean,
): Readonly<Record<string, unknown>> {
  const { used, hourUp, hourDown } = left ?? { used: 0, hourUp: 0, hourDown: 0 }
  const hour = hourUp + hourDown
  return {
    DownloadBandwidth: hourDown,
    ForwardName: spec.name,
    HourTrafficBandwidth: kilobytes(hour),
    TrafficAll: wasRunning || hour > 0 ? kilobytes(used + hour) : 0,
    UploadBandwidth: hourUp,
  }
}
