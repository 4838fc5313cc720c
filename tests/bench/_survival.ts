/** One forward over one real server, and a client that never stops asking: what a case of the survival table is made of. */
import { createNetworkWatch } from '../../src/daemon/network-watch'
import type { ForwardSnapshot } from '../../src/shared/snapshots'
import { forwardSpec, makeEngine, type EngineWorld } from '../engine/world'
import { specOf } from '../engine/ssh/harness'
import { greets, rowDiary, watchFlow, type Flow } from '../support/flow'
import { freePort } from '../support/free-port'
import { startSshd, type Sshd, type SshdOptions } from '../support/sshd'

const SECOND_MS = 1000

/** A row of the table. */
export interface Row {
  readonly what: string
  /** Seconds from the fault to the first bytes after it; `null` when they never stopped. */
  readonly silent: number | null
  /** Seconds from the end of the cause to the first bytes. */
  readonly back: number | null
  readonly said: string
}

export interface Bench {
  readonly sshd: Sshd
  readonly world: EngineWorld
  readonly id: string
  readonly port: number
  readonly flow: Flow
  readonly said: () => string
  readonly close: () => Promise<void>
}

export interface BenchOptions {
  readonly sshd?: SshdOptions
  /** The clock that the engine and the watch of the network see. */
  readonly now?: () => number
  /** Default 1: the others only share the server. */
  readonly forwards?: number
}

/** A forward that runs; what is behind it is the server's own greeting. */
export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  const now = options.now ?? Date.now
  const sshd = await startSshd(options.sshd)
  const after = (ms: number, task: () => void): (() => void) => {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  }
  const world = makeEngine({ ports: { clock: { now, after } } })
  // What a person gets who changes nothing: three keepalives of 15 s.
  world.servers.set('server-1', specOf(sshd, { host: sshd.host }))
  const ids: string[] = []
  for (let count = options.forwards ?? 1; count > 0; count -= 1) {
    const target = { remoteHost: sshd.host, remotePort: sshd.port }
    const spec = forwardSpec({ type: 'local', localPort: await freePort(), ...target })
    world.engine.define(spec)
    ids.push(spec.id)
  }
  for (const id of ids) world.engine.start(id)
  for (const id of ids) await world.until(id, ({ state }) => state === 'running')
  const [id = ''] = ids
  const diary = rowDiary()
  world.engine.onChange(() => {
    diary.note(world.engine.snapshot(id))
  })
  const watch = createNetworkWatch({ onChange: () => world.engine.networkChanged(), wallClock: now })
  watch.setActive(true)
  const port = portOf(world.engine.snapshot(id))
  const flow = watchFlow(port)
  await flow.again()
  return {
    ...{ sshd, world, id, port, flow },
    said: diary.text,
    close: async () => {
      watch.setActive(false)
      await flow.stop()
      await world.engine.close()
      await sshd.stop()
    },
  }
}

export function portOf({ listen }: ForwardSnapshot): number {
  return 'port' in listen ? listen.port : 0
}

/** Does harm, waits, undoes it, and measures both. */
export async function outage(
  bench: Bench,
  what: string,
  steps: { readonly harm: () => unknown; readonly forMs: number; readonly undo: () => unknown },
): Promise<Row> {
  const began = Date.now()
  const broken = bench.flow.broken()
  await steps.harm()
  await Promise.all([broken, pause(steps.forMs)])
  const undone = Date.now()
  await steps.undo()
  const back = await bench.flow.again()
  await bench.world.until(bench.id, ({ state }) => state === 'running')
  return { what, silent: seconds(back - began), back: seconds(back - undone), said: bench.said() }
}

/** Until every one of them carries. */
export async function allGreet(ports: readonly number[]): Promise<void> {
  for (const port of ports) while (!(await greets(port))) await pause(100)
}

export function seconds(milliseconds: number): number {
  return Math.max(0, milliseconds) / SECOND_MS
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}
