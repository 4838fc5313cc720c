/** A login's events as steps of a check. */
import { performance } from 'node:perf_hooks'
import type { SessionSnapshot } from '@shared/snapshots'
import type { LoginEvent, ServerPlan } from '../ssh/types'
import { ok, type Outcome, type Recorder, type StepName } from './_recorder'

/** In the order of a login (RFC 4253, RFC 4252). */
const STAGES = ['tcp', 'banner', 'key-exchange', 'host-key', 'login'] as const satisfies readonly StepName[]

export class LoginSteps {
  private stage = 0
  private since = performance.now()

  constructor(
    private readonly server: ServerPlan,
    private readonly context: { readonly record: Recorder; readonly through: string | null },
  ) {}

  readonly onEvent = (event: LoginEvent): void => {
    switch (event.kind) {
      case 'connected':
        this.done('tcp', ok(this.reached(event.at)))
        return
      case 'banner':
        this.done('banner', ok(event.text))
        return
      case 'key-exchange':
        this.done('key-exchange', ok(LoginSteps.describeAlgorithms(event.algorithms)))
        return
      case 'host-key':
        this.done('host-key', ok(`${event.keyType} ${event.fingerprint}, trusted by ${event.trustedBy}`))
        return
      case 'auth':
        // `none` is how a client asks what is accepted (RFC 4252 §5.2): worth a line only when it was enough.
        if (event.method !== 'none' || event.outcome === 'accepted') this.done('auth', offerOutcome(event))
        else this.since = performance.now()
    }
  }

  loggedIn(): void {
    this.done('login', ok(`logged in${this.server.username === null ? '' : ` as ${this.server.username}`}`))
  }

  /** What was under way failed; the rest was not tried. */
  failed(error: unknown): void {
    const stage = STAGES[this.stage] ?? 'login'
    this.context.record.fail(stage, error, this.lap())
    this.context.record.skip(...STAGES.slice(this.stage + 1))
  }

  static describeAlgorithms(algorithms: NonNullable<SessionSnapshot['algorithms']>): string {
    const { cipher, hostKey, kex, postQuantum } = algorithms
    return `${kex} (${postQuantum ? 'post-quantum' : 'not post-quantum'}), ${hostKey}, ${cipher}`
  }

  private done(name: StepName, outcome: Outcome): void {
    this.context.record.add(name, outcome, this.lap())
    this.stage = Math.max(this.stage, STAGES.findIndex((stage) => stage === name) + 1)
  }

  /** Milliseconds since the step before. */
  private lap(): number {
    const now = performance.now()
    const milliseconds = now - this.since
    this.since = now
    return milliseconds
  }

  private reached(at: string | null): string {
    const { host, port, proxy, proxyCommand } = this.server
    const { through } = this.context
    if (through !== null) return `${host}:${port} through ${through}`
    if (proxyCommand !== null) return 'its proxy command runs'
    if (proxy !== null) return `${host}:${port} through the proxy ${withoutLogin(proxy)}`
    return at ?? `${host}:${port}`
  }
}

// --- internal ---

function offerOutcome({ accepts, offered, outcome }: Extract<LoginEvent, { kind: 'auth' }>): Outcome {
  switch (outcome) {
    case 'accepted':
      return ok(`${offered}: accepted`)
    case 'partial':
      return ok(`${offered}: accepted, and it wants ${accepts.join(' or ')} too`)
    case 'refused':
      return { result: 'warning', detail: `${offered}: refused, it takes ${accepts.join(', ')}` }
  }
}

function withoutLogin(proxy: string): string {
  return URL.canParse(proxy) ? new URL(proxy).host : proxy
}
