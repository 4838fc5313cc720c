/** The list of steps as it grows, each with its time and its fault. */
import { toFault, type Fault } from '@shared/errors'
import type { CheckStep } from '@shared/snapshots'

export type StepName = CheckStep['step']
export type Outcome = Pick<CheckStep, 'result' | 'detail'>

const titles: Readonly<Record<StepName, string>> = {
  server: 'Definition',
  dns: 'Name',
  tcp: 'Connection',
  banner: 'Greeting',
  'key-exchange': 'Key exchange',
  'host-key': 'Host key',
  auth: 'Method',
  login: 'Login',
  listen: 'Listening end',
  forwarding: 'Permission',
  target: 'Target',
}

export class Recorder {
  readonly steps: CheckStep[] = []
  /** Name of the server that the next steps are about; `null` when there is only one. */
  server: string | null = null

  constructor(private readonly signal: AbortSignal) {}

  /** Does one step; resolves with whether what comes after it makes sense. */
  async step(name: StepName, work: () => Promise<Outcome>): Promise<boolean> {
    const began = performance.now()
    try {
      this.signal.throwIfAborted()
      const outcome = await work()
      this.add(name, outcome, performance.now() - began)
      return outcome.result !== 'failed'
    } catch (error) {
      this.fail(name, error, performance.now() - began)
      return false
    }
  }

  /** A step that somebody else did. */
  add(name: StepName, outcome: Outcome, milliseconds: number): void {
    this.push(name, { ...outcome, milliseconds, fault: null })
  }

  fail(name: StepName, error: unknown, milliseconds: number): void {
    const fault: Fault = toFault(error)
    this.push(name, { result: 'failed', detail: fault.message, milliseconds, fault })
  }

  skip(...names: readonly StepName[]): void {
    for (const name of names) this.add(name, { result: 'skipped', detail: 'An earlier step failed.' }, 0)
  }

  private push(step: StepName, rest: Omit<CheckStep, 'step' | 'title' | 'server'>): void {
    const milliseconds = Math.round(rest.milliseconds * 10) / 10
    this.steps.push({ step, title: titles[step], server: this.server, ...rest, milliseconds })
  }
}

export function ok(detail: string): Outcome {
  return { result: 'ok', detail }
}
