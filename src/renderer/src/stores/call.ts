/** Calls of `window.api`, with their faults shown where nobody else does. */
import { toFault, type Fault } from '@shared/errors'
import type { Result } from '@shared/result'
import { showToast } from '../components/toasts'

/** Like the call itself, but a broken bridge is a fault too. */
export async function settle<T>(call: Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await call
  } catch (error) {
    return { ok: false, fault: toFault(error) }
  }
}

/** The value of a call, or `null` after its fault was shown as a toast. */
export async function valueOf<T>(call: Promise<Result<T>>): Promise<T | null> {
  const result = await settle(call)
  if (result.ok) return result.value
  showFault(result.fault)
  return null
}

/** True when the call did its work; its fault is shown otherwise. */
export async function worked(call: Promise<Result<unknown>>): Promise<boolean> {
  const result = await settle(call)
  if (!result.ok) showFault(result.fault)
  return result.ok
}

/** Shows a fault that belongs to no field and no row. */
export function showFault(fault: Fault): void {
  // A lost daemon has a banner of its own; a toast for each call would bury it.
  if (fault.code === 'daemon.unreachable' || fault.code === 'daemon.version') return
  showToast({ tone: 'fault', text: fault.message, more: fault.fix, code: fault.code })
}
