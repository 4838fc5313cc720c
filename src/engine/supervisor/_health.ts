/** The health check of one forward: asks every so often while a session is there, and never touches the session. */
import { WarrenError } from '@shared/errors'
import type { ForwardSnapshot } from '@shared/snapshots'
import type { ForwardSpec } from '@shared/specs'
import type { Clock } from '../types'
import { probeHealth, type ProbeOptions } from './_health-probe'
import type { Status } from './_status'

const SECOND = 1000
/** An answer that takes longer counts as none. */
const TIMEOUT_MS = 10 * SECOND
/** So many failures in a row make it unhealthy; one success makes it healthy. */
const FAILURES = 3

export interface HealthOptions {
  readonly clock: Clock
  readonly status: Status
  readonly log: (level: 'info' | 'warn', message: string, code?: string) => void
  /** Default: {@link probeHealth}. */
  readonly probe?: typeof probeHealth
}

export class HealthWatch {
  private run: AbortController | null = null
  private way: Omit<ProbeOptions, 'signal' | 'spec' | 'check'> | null = null
  private failures = 0

  constructor(private readonly options: HealthOptions) {}

  /** Asks at once and then every `everySeconds`, when the forward has a check. */
  start(spec: ForwardSpec, way: Omit<ProbeOptions, 'signal' | 'spec' | 'check'>): void {
    this.stop()
    this.way = way
    const { health: check } = spec
    if (check === null) return
    const run = new AbortController()
    this.run = run
    this.failures = 0
    let cancel = (): void => undefined
    run.signal.addEventListener(
      'abort',
      () => {
        cancel()
      },
      { once: true },
    )
    const ask = (): void => {
      void this.ask({ ...way, spec, check, signal: run.signal }).then(() => {
        if (!run.signal.aborted) cancel = this.options.clock.after(check.everySeconds * SECOND, ask)
      })
    }
    ask()
  }

  /** The check was edited: it holds from now on, without a restart of the forward. */
  replace(spec: ForwardSpec): void {
    const { way } = this
    if (way === null) return
    this.options.status.unchecked()
    this.start(spec, way)
  }

  stop(): void {
    this.way = null
    this.run?.abort()
    this.run = null
  }

  // --- internal ---

  /** Never rejects. */
  private async ask(options: ProbeOptions): Promise<void> {
    const { clock, status, log, probe = probeHealth } = this.options
    const limit = new AbortController()
    const cancel = clock.after(TIMEOUT_MS, () => {
      limit.abort(new WarrenError('health.failed', `no answer within ${TIMEOUT_MS / SECOND} s`))
    })
    const signal = AbortSignal.any([options.signal, limit.signal])
    const began = clock.now()
    let failure: string | null = null
    try {
      await probe({ ...options, signal })
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
    } finally {
      cancel()
    }
    if (options.signal.aborted) return
    const wasHealthy = status.health?.healthy ?? true
    const at = new Date(clock.now()).toISOString()
    if (failure === null) {
      this.failures = 0
      status.checked({ healthy: true, message: `answered in ${Math.max(0, clock.now() - began)} ms`, at }, null)
      if (!wasHealthy) log('info', 'The health check succeeds again.')
      return
    }
    this.failures += 1
    if (this.failures < FAILURES) return
    this.fail(failure, { at, isNews: wasHealthy })
  }

  private fail(failure: string, { at, isNews }: { at: string; isNews: boolean }): void {
    const health: NonNullable<ForwardSnapshot['health']> = { healthy: false, message: failure, at }
    const fault = new WarrenError('health.failed', `The health check failed ${FAILURES} times in a row: ${failure}.`, {
      fix: 'The session is up: look at the service behind it.',
    }).toFault()
    this.options.status.checked(health, fault)
    if (isNews) this.options.log('warn', fault.message, fault.code)
  }
}
