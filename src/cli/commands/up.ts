/** `warren up NAME… | --all | --tag T [--wait SECONDS] [--host-key …]` */
import type { Command } from 'commander'
import type { ForwardView } from '@shared/snapshots'
import type { HostKeyPolicy } from '@shared/specs'
import type { DaemonClient } from '@daemon/client'
import type { Context, Host } from '../context'
import { DONE, INTERRUPTED } from '../exit-codes'
import { selectForwards } from '../names'
import { attendNeeds } from '../needs'
import {
  DEFAULT_WAIT_SECONDS,
  exitCodeOfStart,
  printOutcome,
  unaskedPolicy,
  waitForOutcome,
  withTypedFix,
} from '../outcome'
import { publicSnapshot } from '../snapshots'
import { parseDuration, parsePolicy, parseSeconds } from '../usage'

interface UpOptions {
  readonly all?: boolean
  readonly tag?: string
  readonly wait?: string
  readonly hostKey?: string
  readonly for?: string
}

export function defineUp(program: Command, host: Host): void {
  program
    .command('up')
    .description('start forwards and wait until they run or have given up')
    .argument('[names...]')
    .option('--all', 'every forward, except the lines of the ssh config')
    .option('--tag <tag>', 'the forwards with this tag')
    .option('--wait <seconds>', `how long to wait (default ${DEFAULT_WAIT_SECONDS})`)
    .option('--for <time>', 'stop by themselves after so long: 30m, 2h, 1d')
    .option('--host-key <policy>', 'for this start: ask, accept-new or strict')
    .action((names: readonly string[], options: UpOptions) => host.run((context) => up(context, names, options)))
}

async function up(context: Context, names: readonly string[], options: UpOptions): Promise<number> {
  const waitSeconds = options.wait === undefined ? DEFAULT_WAIT_SECONDS : parseSeconds('--wait', options.wait)
  const policy = options.hostKey === undefined ? undefined : parsePolicy(options.hostKey)
  const forSeconds = options.for === undefined ? undefined : parseDuration('--for', options.for)
  const client = await context.daemon()
  // The forward lines of the ssh config start when they are named, or by a tag that they were given.
  const selected = await selectForwards(client, names, options)
  const views = selected.filter(({ spec }) => options.all !== true || spec.configLine === null)
  if (views.length === 0) {
    if (context.json) context.document([])
    context.terminal.err(
      selected.length > 0
        ? 'Nothing to start: the forwards of the ssh config start when they are named.\n'
        : 'No forwards yet. Add one: warren add NAME -L PORT:HOST:PORT --server NAME\n',
    )
    return DONE
  }
  const ids = views.map(({ spec }) => spec.id)
  const attendance = await attendNeeds(context, client)
  try {
    await start(context, client, { views, policy, forSeconds })
    await attendance.watch(ids)
    const outcome = await waitForOutcome(client, ids, { waitMs: waitSeconds * 1000, attendance, now: context.now })
    const snapshots = outcome.map((snapshot) =>
      policy !== undefined && snapshot.reason?.code === 'ssh.host-key-unknown'
        ? snapshot
        : withTypedFix(context, snapshot),
    )
    if (context.json) context.document(snapshots.map(publicSnapshot))
    else printOutcome(context, snapshots)
    return attendance.wasInterrupted() ? INTERRUPTED : exitCodeOfStart(snapshots)
  } finally {
    attendance.stop()
  }
}

interface StartHow {
  readonly views: readonly ForwardView[]
  readonly policy: HostKeyPolicy | undefined
  readonly forSeconds: number | undefined
}

async function start(context: Context, client: DaemonClient, { views, policy, forSeconds }: StartHow): Promise<void> {
  const limit = forSeconds === undefined ? {} : { forSeconds }
  if (policy !== undefined) {
    await client.call('forwards.start', { ids: views.map(({ spec }) => spec.id), hostKeyPolicy: policy, ...limit })
    return
  }
  const servers = await client.call('servers.list', {})
  const byPolicy = new Map<HostKeyPolicy | undefined, string[]>()
  for (const view of views) {
    const unasked = unaskedPolicy(context, view, servers)
    byPolicy.set(unasked, [...(byPolicy.get(unasked) ?? []), view.spec.id])
  }
  for (const [hostKeyPolicy, ids] of byPolicy) {
    await client.call('forwards.start', { ids, ...(hostKeyPolicy === undefined ? {} : { hostKeyPolicy }), ...limit })
  }
}
