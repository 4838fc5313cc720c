/** Preflight: what a start would meet, step by step, leaving nothing running and nothing trusted. */
import type { CheckStep, ForwardSnapshot } from '@shared/snapshots'
import type { ForwardSpec, HostKeyPolicy } from '@shared/specs'
import type { ServerRoute, SessionPool } from '../ssh/types'
import type { EnginePorts, LocalPorts } from '../types'
import { checkListening, checkPassage } from './_ends'
import { ok, Recorder } from './_recorder'
import { checkWay } from './_way'

export interface CheckOptions {
  readonly spec: ForwardSpec
  readonly snapshot: ForwardSnapshot
  readonly ports: EnginePorts
  readonly pool: SessionPool
  readonly localPorts: LocalPorts
  readonly hostKeyPolicy?: HostKeyPolicy | undefined
  readonly signal: AbortSignal
}

/** Steps that depend on a failed one are skipped, not guessed; steps that do not are still done. */
export async function checkForward(options: CheckOptions): Promise<readonly CheckStep[]> {
  const { spec, ports, signal } = options
  const record = new Recorder(signal)
  let route: ServerRoute | null = null
  await record.step('server', async () => {
    route = await ports.plan(spec.serverId, signal)
    return ok(describeRoute(route))
  })
  const way = await checkWay(route, { ...options, record })
  try {
    await checkListening({ ...options, record })
    await checkPassage(way.session, { ...options, record })
  } finally {
    await way.leave()
  }
  return record.steps
}

// --- internal ---

function describeRoute({ hops, server }: ServerRoute): string {
  const names = [...hops, server].map(({ name }) => name).join(' › ')
  const from = server.configHost === null ? '' : `, from the ssh config of ${server.configHost}`
  return `${names}${from}`
}
