import type { Fault } from '@shared/errors'
import type { Result } from '@shared/result'
import { useState } from 'react'
import { settle } from './call'

export interface Task {
  readonly busy: boolean
  /** What went wrong with the last try. */
  readonly fault: Fault | null
  /** Runs a call, one at a time; the value, or `null` when it failed or one is under way. */
  readonly run: <T>(call: () => Promise<Result<T>>) => Promise<{ readonly value: T } | null>
  readonly forget: () => void
}

/** A request with its own place for what goes wrong: a form or a dialog. */
export function useTask(): Task {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<Fault | null>(null)
  return {
    busy,
    fault,
    run: async (call) => {
      if (busy) return null
      setBusy(true)
      setFault(null)
      const result = await settle(call())
      setBusy(false)
      if (result.ok) return { value: result.value }
      setFault(result.fault)
      return null
    },
    forget: () => {
      setFault(null)
    },
  }
}
