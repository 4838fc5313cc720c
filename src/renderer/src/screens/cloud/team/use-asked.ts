import type { Fault } from '@shared/errors'
import type { Result } from '@shared/result'
import { useCallback, useEffect, useRef, useState } from 'react'
import { settle } from '../../../stores/call'

/** The cloud tells often; people and links of a team are asked for at most this often. */
const AGAIN_MS = 2000

export interface Asked<T> {
  /** The last answer; `null` until there was one. */
  readonly value: T | null
  /** Why the last question was not answered. */
  readonly fault: Fault | null
  readonly reload: () => void
}

/** What the server is asked for while somebody looks: at once, again when the cloud changed, and after a change made here. */
export function useAsked<T>(ask: () => Promise<Result<T>>): Asked<T> {
  const [value, setValue] = useState<T | null>(null)
  const [fault, setFault] = useState<Fault | null>(null)
  const newest = useRef(0)
  const reload = useCallback(() => {
    const mine = ++newest.current
    void settle(ask()).then((result) => {
      // A later question has a later answer.
      if (mine !== newest.current) return
      if (result.ok) setValue(result.value)
      setFault(result.ok ? null : result.fault)
    })
  }, [ask])
  useEffect(() => {
    reload()
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = window.api.on('cloud.changed', () => {
      timer ??= setTimeout(() => {
        timer = undefined
        if (!document.hidden) reload()
      }, AGAIN_MS)
    })
    const questions = newest
    return () => {
      questions.current++
      clearTimeout(timer)
      stop()
    }
  }, [reload])
  return { value, fault, reload }
}
