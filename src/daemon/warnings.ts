/** Things a person should know at once, shown by `daemon.status`. */
import { toFault, WarrenError, type ErrorCode, type Fault } from '@shared/errors'

export interface Warnings {
  readonly list: () => readonly Fault[]
  /** One per code and field: the newest replaces the one before. */
  readonly add: (fault: Fault) => void
  readonly clear: (...codes: ErrorCode[]) => void
  /**
   * Runs a write that must not stop what the person asked for (a start on a full disk still starts). A failing one becomes a
   * warning, the next that succeeds takes it back.
   */
  readonly tolerate: <T>(work: () => Promise<T>) => Promise<T | null>
}

export function createWarnings(log: (message: string) => void): Warnings {
  const faults = new Map<string, Fault>()
  const clear = (...codes: ErrorCode[]): void => {
    for (const [key, fault] of faults) if (codes.includes(fault.code)) faults.delete(key)
  }
  return {
    list: () => [...faults.values()],
    add: (fault) => {
      const key = `${fault.code} ${fault.field ?? ''}`
      if (!faults.has(key)) log(`warning ${fault.code}: ${fault.message}`)
      faults.set(key, fault)
    },
    clear,
    tolerate: async (work) => {
      try {
        const result = await work()
        clear('store.full', 'store.unwritable')
        return result
      } catch (error) {
        const fault = toFault(error)
        const key = `${fault.code} ${fault.field ?? ''}`
        if (!faults.has(key)) log(`warning ${fault.code}: ${fault.message}`)
        faults.set(key, fault)
        if (!(error instanceof WarrenError)) log(String(error instanceof Error ? error.stack : error))
        return null
      }
    },
  }
}
