/** A forward that listens at once, dials when the first client comes, and lets the session go when nobody is left. */
import { fromFault, isTransient, toFault, WarrenError, type Fault } from '@shared/errors'
import type { SessionEnd } from '../ssh/types'
import { createDoorbell, type Doorbell } from './_doorbell'
import type { Life, LifeOptions } from './_life'
import { untilAborted } from './_until-aborted'

const SECOND = 1000
/** After a dial that failed clients are turned away for so long: one that hammers must not hammer the server. */
export const REFUSE_MS = 2 * SECOND

/** Never rejects: every fault ends in a state. */
export async function liveOnDemand(life: Life, options: LifeOptions): Promise<void> {
  const { status, ports, log } = options
  const { signal } = life
  let bell = createDoorbell(ports.clock)
  try {
    const bound = await untilAborted(life.carrier.bind(bell.session), signal)
    if (bound === null) return
    status.bound = bound
    status.sleep(null)
    log('info', 'Listens; the first client makes it dial.')
    while ((await untilAborted(bell.rung, signal)) !== null) {
      const fault = await beAwake(life, options, bell)
      if (signal.aborted) return
      if (fault !== null) {
        await turnAway(life, options, { bell, fault })
        if (signal.aborted) return
      }
      bell = createDoorbell(ports.clock)
      await life.carrier.bind(bell.session)
      // What was wrong the last time is all that is known until the next client.
      status.sleep(status.state === 'degraded' ? status.reason : null)
    }
  } catch (error) {
    if (!signal.aborted) await giveUp(life, options, toFault(error))
  } finally {
    bell.refuse(new WarrenError('cancelled', 'It was stopped.'))
  }
}

// --- internal ---

/** Dials and carries until nobody is left or the session ends. Resolves with why there was no session, or `null`. */
async function beAwake(life: Life, options: LifeOptions, bell: Doorbell): Promise<Fault | null> {
  const { status, log } = options
  status.asleep = false
  const lease = await life.connect().catch((error: unknown) => toFault(error))
  if ('code' in lease) return lease
  const idle = watchIdle(life, options)
  try {
    if (!(await life.carryOver(lease.session))) return null
    bell.answer(lease.session)
    log('info', 'Awake.')
    const end = await untilAborted<SessionEnd | 'idle'>(Promise.race([lease.session.closed, idle.reached]), life.signal)
    life.dropSession()
    if (end === 'idle') log('info', 'Nobody came for a while: asleep again.')
    else if (end !== null) {
      // What went over the session is over; the port stays, and the next client makes it dial.
      life.carrier.unbind()
      log('warn', end.error?.message ?? 'The session was closed.')
    }
    return null
  } finally {
    idle.stop()
    lease.release()
  }
}

/** Everybody who waited, and who comes in the next moment. Ends the life when only a person can help. */
async function turnAway(
  life: Life,
  options: LifeOptions,
  { bell, fault }: { bell: Doorbell; fault: Fault },
): Promise<void> {
  const { status, ports, log } = options
  if (!isTransient(fault)) {
    bell.refuse(fromFault(fault))
    throw fromFault(fault)
  }
  log('warn', fault.message, fault.code)
  status.sleep(fault)
  bell.refuse(fromFault(fault))
  let cancel!: () => void
  const passed = new Promise<true>((resolve) => {
    cancel = ports.clock.after(REFUSE_MS, () => {
      resolve(true)
    })
  })
  await untilAborted(passed, life.signal)
  cancel()
}

async function giveUp(life: Life, { log }: LifeOptions, fault: Fault): Promise<void> {
  log('error', fault.message, fault.code)
  await life.fail(fault)
}

/** Settles when for `idleSeconds` there was no connection. */
function watchIdle(
  life: Life,
  { spec, ledger, ports }: LifeOptions,
): { readonly reached: Promise<'idle'>; readonly stop: () => void } {
  let cancel: (() => void) | null = null
  let reach!: (idle: 'idle') => void
  const reached = new Promise<'idle'>((resolve) => {
    reach = resolve
  })
  const stop = (): void => {
    cancel?.()
    cancel = null
  }
  const look = (): void => {
    if (ledger.size > 0) stop()
    else {
      cancel ??= ports.clock.after(spec.idleSeconds * SECOND, () => {
        cancel = null
        if (ledger.size === 0) reach('idle')
      })
    }
  }
  life.onConnections(look)
  look()
  return {
    reached,
    stop: () => {
      life.onConnections(null)
      stop()
    },
  }
}
