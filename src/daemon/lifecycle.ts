/** When the daemon leaves by itself. */

export const IDLE_EXIT_MS = 60_000

export interface IdleExitOptions {
  readonly idleMs: number
  /** Nobody attached, nothing running. */
  readonly isIdle: () => boolean
  readonly onIdle: () => void
}

export interface IdleExit {
  /** Something changed: starts or stops the countdown. */
  readonly update: () => void
  readonly close: () => void
}

export function createIdleExit({ idleMs, isIdle, onIdle }: IdleExitOptions): IdleExit {
  let timer: NodeJS.Timeout | undefined
  const close = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    update: () => {
      if (!isIdle()) close()
      else timer ??= setTimeout(onIdle, idleMs)
    },
    close,
  }
}
