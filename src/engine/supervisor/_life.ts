/** One life of a forward, from a start to a stop or until it failed: attempt, run, wait, again. */
import { isTransient, toFault, WarrenError, type Fault } from '@shared/errors'
import type { ForwardSpec } from '@shared/specs'
import { createCarrier, type Carrier } from '../forward'
import type { ServerRoute, SessionLease, SessionPhase, SessionPool, SshSession } from '../ssh/types'
import type { Ledger, Limiter } from '../traffic'
import type { EnginePorts, LocalPorts, StartOptions } from '../types'
import { HealthWatch } from './_health'
import { liveOnDemand } from './_on-demand'
import { Pause } from './_pause'
import { proxyLogin } from './_proxy-login'
import { NETWORK_SETTLE_MS, retryDelayMs } from './_retry'
import type { ServerRetries } from './_server-retries'
import type { Status } from './_status'
import { untilAborted } from './_until-aborted'

/** How long a server may take to confirm that it listens no more; a silent one must not hold up a stop. */
const CLOSE_TIMEOUT_MS = 2000

export interface LifeOptions {
  readonly spec: ForwardSpec
  readonly startOptions: StartOptions
  readonly status: Status
  readonly ports: EnginePorts
  readonly localPorts: LocalPorts
  readonly pool: SessionPool
  readonly ledger: Ledger
  readonly limiter: Limiter
  readonly retries: ServerRetries
  readonly log: (level: 'info' | 'warn' | 'error', message: string, code?: string) => void
  /** The way to the server is known, and a login on it begins or is joined. */
  readonly onJoin: (route: ServerRoute) => void
  /** It failed and will not try again. */
  readonly onFailed: () => void
}

export class Life {
  readonly carrier: Carrier
  readonly health: HealthWatch
  private readonly abort = new AbortController()
  private readonly pause: Pause
  private readonly over: Promise<void>
  private readonly leaveServer: () => void
  /** As it is written now: a new check holds without a restart. */
  private spec: ForwardSpec
  private connectionsListener: (() => void) | null = null
  /** Faults of its own in a row, as opposed to those of the server. */
  private failures = 0
  private hasRun = false
  private hasNoted = false
  private server = 'The server'
  private route: ServerRoute | null = null

  constructor(private readonly options: LifeOptions) {
    const { spec, status, ledger, limiter, localPorts, ports, retries } = options
    this.spec = spec
    this.carrier = createCarrier({
      spec,
      ledger,
      limiter,
      ports: localPorts,
      log: (entry) => {
        ports.log(spec.id, entry)
      },
      onTarget: (failure) => {
        const fault = failure === null ? null : toFault(failure)
        // That the session is gone is told by the session itself, in a moment.
        if (fault === null || !isOfServer(fault)) status.target(fault)
      },
      onNotice: (notice) => {
        status.say(notice)
      },
      socketMask: () => this.route?.server.config?.streamLocalBindMask,
      login: () =>
        proxyLogin(spec, {
          ports,
          server: this.server,
          signal: this.signal,
          onNeed: (needId) => status.needs(needId),
        }),
    })
    this.health = new HealthWatch({ clock: ports.clock, status, log: options.log })
    this.pause = new Pause({
      clock: ports.clock,
      onNextTry: (at) => {
        status.nextTryAt = at
        if (at !== null) status.enter('waiting')
      },
    })
    this.leaveServer = retries.join(spec.serverId)
    options.log('info', 'Starting.')
    this.over = spec.onDemand ? liveOnDemand(this, options) : this.live()
  }

  get signal(): AbortSignal {
    return this.abort.signal
  }

  /** "Retry now". */
  wake(): void {
    this.pause.end()
  }

  /** The network is another one: what waits tries again once it had time to settle. */
  networkChanged(): void {
    this.failures = 0
    this.pause.restart(NETWORK_SETTLE_MS)
  }

  /** The health check was edited. */
  checkBy(spec: ForwardSpec): void {
    this.spec = spec
    this.health.replace(spec)
  }

  connectionsChanged(): void {
    this.connectionsListener?.()
  }

  /** `null` for nobody. */
  onConnections(listener: (() => void) | null): void {
    this.connectionsListener = listener
  }

  /** Resolves when the port is free and the connections are ended, or a silent server had its time. */
  async end(): Promise<void> {
    this.abort.abort(new WarrenError('cancelled', 'It was stopped.'))
    this.health.stop()
    await this.atMost(CLOSE_TIMEOUT_MS, Promise.all([this.over, this.carrier.close()]))
    this.leaveServer()
    this.options.log('info', 'Stopped.')
  }

  /** The plan, then a session of it. Rejects with a coded error. */
  async connect(): Promise<SessionLease> {
    const { spec, status, pool, ports, retries, startOptions } = this.options
    const { signal } = this
    status.enter('resolving')
    const route = await ports.plan(spec.serverId, signal)
    signal.throwIfAborted()
    this.note(route)
    this.server = route.server.name
    this.route = route
    const leasing = pool.acquire(route, { ...startOptions, signal, onPhase: this.onPhase })
    this.options.onJoin(route)
    const lease = await leasing
    retries.up(spec.serverId)
    if (!signal.aborted) return lease
    lease.release()
    throw signal.reason
  }

  /** What the ssh config asks for and Warren does not do, once a start. */
  private note({ hops, server }: ServerRoute): void {
    if (this.hasNoted) return
    this.hasNoted = true
    const notes = new Set([...hops, server].flatMap((plan) => plan.notes ?? []))
    for (const note of notes) this.options.log('warn', note)
  }

  /** It carries over `session`; resolves with `null` when it was stopped meanwhile. */
  async carryOver(session: SshSession): Promise<boolean> {
    const { status } = this.options
    status.enter('binding')
    const bound = await untilAborted(this.carrier.bind(session), this.signal)
    if (bound === null) return false
    status.bound = bound
    status.run()
    this.failures = 0
    this.hasRun = true
    this.health.start(this.spec, { session, bound })
    return true
  }

  /** The session is gone or let go. */
  dropSession(): void {
    this.health.stop()
    this.options.status.forgetSession()
  }

  /** Nothing but a person can help. */
  async fail(fault: Fault): Promise<void> {
    const { status, onFailed } = this.options
    this.health.stop()
    await this.carrier.close()
    if (this.signal.aborted) return
    this.leaveServer()
    status.bound = null
    status.reason = fault
    onFailed()
    status.forgetSession()
    status.enter('failed')
  }

  // --- internal ---

  /** Never rejects: every fault ends in a state. */
  private async live(): Promise<void> {
    const { status, log } = this.options
    const { signal } = this
    while (!signal.aborted) {
      const raw = await this.once()
      this.dropSession()
      this.carrier.unbind()
      if (signal.aborted || raw === null) return
      const fault = this.explained(raw)
      log(isTransient(fault) ? 'warn' : 'error', fault.message, fault.code)
      if (!isTransient(fault)) {
        await this.fail(fault)
        return
      }
      status.attempt += 1
      status.reason = fault
      await this.untilNextTry(fault)
    }
  }

  /** One attempt, up to the end of its session. Resolves with what went wrong; `null` when it was stopped. */
  private async once(): Promise<Fault | null> {
    const { signal } = this
    let lease: SessionLease | null = null
    try {
      lease = await this.connect()
      if (!(await this.carryOver(lease.session))) return null
      this.options.log('info', 'Running.')
      const end = await untilAborted(lease.session.closed, signal)
      if (end === null) return null
      return toFault(end.error ?? new WarrenError('ssh.closed', `${this.server} closed the session.`))
    } catch (error) {
      return signal.aborted ? null : toFault(error)
    } finally {
      lease?.release()
    }
  }

  private async untilNextTry(fault: Fault): Promise<void> {
    const { spec, ports, retries } = this.options
    if (!isOfServer(fault)) {
      this.failures += 1
      await this.pause.wait(retryDelayMs(this.failures, ports.random()), this.signal)
      return
    }
    const cancel = retries.onUp(spec.serverId, () => {
      this.pause.end()
    })
    try {
      let left = retries.failed(spec.serverId)
      while (left > 0 && !this.signal.aborted) {
        if (await this.pause.wait(left, this.signal)) return
        // Another forward may have tried in the same moment, and failed.
        left = retries.delay(spec.serverId)
      }
    } finally {
      cancel()
    }
  }

  /** A port that this very forward held over the session that broke is most likely still held by the remains of it. */
  private explained(fault: Fault): Fault {
    if (fault.code !== 'forward.remote-port-in-use' || !this.hasRun) return fault
    return {
      ...fault,
      message: `${fault.message.replace(/\.$/, '')}, most likely by the session that broke.`,
      fix: 'The server frees it once it notices; Warren tries until then. ClientAliveInterval in sshd_config makes it notice sooner.',
    }
  }

  private readonly onPhase = (phase: SessionPhase): void => {
    const { status } = this.options
    if (phase !== 'ready' && status.state !== 'needs-you' && !this.signal.aborted) status.enter(phase)
  }

  private atMost(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.ports.clock.after(ms, resolve)
      void work.then(() => {
        cancel()
        resolve()
      })
    })
  }
}

// --- internal ---

/** Whether every forward of that server would have met it. */
function isOfServer({ code }: Fault): boolean {
  return code.startsWith('ssh.') || code.startsWith('agent.')
}
