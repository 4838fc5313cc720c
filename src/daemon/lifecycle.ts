/** When the daemon leaves by itself. */
import type { Clock } from '@engine'

export const IDLE_EXIT_MS = 60_000

export interface IdleExitOptions {
  readonly idleMs: number
  readonly after: Clock['after']
  /** Nobody attached, nothing running. */
  readonly isIdle: () => boolean
  readonly onIdle: () => void
}

export interface IdleExit {
  /** Something changed: starts or stops the countdown. */
  readonly update: () => void
  readonly close: () => void
}

export function createIdleExit({ idleMs, after, isIdle, onIdle }: IdleExitOptions): IdleExit {
  let cancel: (() => void) | null = null
  const close = (): void => {
    cancel?.()
    cancel = null
  }
  return {
    update: () => {
      if (!isIdle()) close()
      else cancel ??= after(idleMs, onIdle)
    },
    close,
  }
}
