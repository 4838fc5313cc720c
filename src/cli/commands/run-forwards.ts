/** What `warren run` does. */
import type { DaemonClient } from '@daemon/client'
import { WarrenError } from '@shared/errors'
import { carries, forwardSentence, statusLine } from '@shared/sentence'
import type { ForwardSnapshot } from '@shared/snapshots'
import type { HostKeyPolicy } from '@shared/specs'
import { parseDestination } from '@shared/ssh-destination'
import { parseSshArguments, type CommandServer, type ParsedCommand } from '@shared/ssh-command'
import type { Context } from '../context'
import { DONE, INTERRUPTED, NONE_RUNNING } from '../exit-codes'
import { attendNeeds, type Attendance } from '../needs'
import { DEFAULT_WAIT_SECONDS, exitCodeOfStart, printOutcome, waitForOutcome, withTypedFix } from '../outcome'
import { publicSnapshot } from '../snapshots'
import { printable } from '../table'
import { parsePolicy, parseSeconds, usageError } from '../usage'
import { withAbsolutePaths } from './_command-server'
import { withConfigHost } from './_config-host'

export interface RunOptions {
  readonly wait?: string
  readonly hostKey?: string
}

/** A forward needs the id of its server, and a server that is not saved has none before the daemon gives it one. */
const UNSAVED_SERVER = 'ad-hoc'

export async function runForwards(context: Context, words: readonly string[], options: RunOptions): Promise<number> {
  const { terminal } = context
  const waitMs = 1000 * (options.wait === undefined ? DEFAULT_WAIT_SECONDS : parseSeconds('--wait', options.wait))
  const typedPolicy = options.hostKey === undefined ? undefined : parsePolicy(options.hostKey)
  const parsed = parseSshArguments(withPort(words))
  if (parsed.forwards.length === 0) throw usageError('There is nothing to run.', 'Give -L, -R or -D.')
  for (const text of parsed.ignored) terminal.err(`warren: ignored ${printable(text)}\n`)

  const interrupted = context.interruptible()
  const client = await context.daemon()
  const attendance = await attendNeeds(context, client)
  const ids = await begin(context, client, { parsed, typedPolicy })
  await attendance.watch(ids)
  const snapshots = await Promise.race([
    waitForOutcome(client, ids, { waitMs, attendance, now: context.now }),
    whenAborted(interrupted).then(() => null),
  ])
  if (snapshots === null) return INTERRUPTED
  const outcome = snapshots.map((snapshot) => (typedPolicy === undefined ? withTypedFix(context, snapshot) : snapshot))
  if (attendance.wasInterrupted()) return INTERRUPTED
  if (exitCodeOfStart(outcome) === NONE_RUNNING) {
    if (context.json) context.document(outcome.map(publicSnapshot))
    else printOutcome(context, outcome)
    return NONE_RUNNING
  }
  if (context.json) context.document(outcome.map(publicSnapshot))
  else sayWhatRuns(context, outcome)
  return await stay(context, client, { ids, interrupted, attendance })
}

// --- internal ---

/** Unlike ssh, a port after the host is understood, as in `warren server add`. */
function withPort(words: readonly string[]): readonly string[] {
  return words.map((word, at) => {
    const before = words[at - 1] ?? ''
    const isValue = /^-[A-Za-z0-9]*[bceilmopBDEFIJLOPQRSwW]$/.test(before)
    if (isValue || word.startsWith('-') || !/^[^/]*:\d+$/.test(word)) return word
    const { username, host, port } = parseDestination(word)
    if (port === null) return word
    return `ssh://${username === null ? '' : `${encodeURIComponent(username)}@`}${host.includes(':') ? `[${host}]` : host}:${port}`
  })
}

async function begin(
  context: Context,
  client: DaemonClient,
  { parsed, typedPolicy }: { readonly parsed: ParsedCommand; readonly typedPolicy: HostKeyPolicy | undefined },
): Promise<readonly string[]> {
  const servers = await client.call('servers.list', {})
  // `-J bastion` and `warren run … bastion` mean the saved server of that name, as an alias of ssh_config would.
  const saved = (wanted: CommandServer): (typeof servers)[number] | undefined =>
    wanted.username === null && wanted.port === 22 && wanted.identityFiles.length === 0
      ? servers.find(({ name, configHost }) => name === wanted.name && configHost === null)
      : undefined
  const known = parsed.jumps.length === 0 ? saved(parsed.server) : undefined
  const {
    id: _id,
    createdAt: _created,
    updatedAt: _updated,
    ...draft
  } = known ?? {
    ...withConfigHost(withAbsolutePaths(parsed.server, context.cwd), servers),
    id: '',
    createdAt: '',
    updatedAt: '',
  }
  const jumps = parsed.jumps.flatMap((hop) => {
    const server = saved(hop)
    if (server === undefined) return [withConfigHost(hop, servers)]
    const before = server.jump.map((id) => servers.find((one) => one.id === id)).filter((one) => one !== undefined)
    return [...before, server].map(({ id: _i, createdAt: _c, updatedAt: _u, ...one }) => ({ ...one, jump: [] }))
  })
  const asks = [draft, ...jumps].every((server) => server.hostKeyPolicy !== 'accept-new')
  const policy = typedPolicy ?? (asks && !context.terminal.isInteractive ? 'strict' : undefined)
  const { ids } = await client.call('forwards.runAdHoc', {
    server: draft,
    jumps,
    forwards: parsed.forwards.map((forward) => ({ ...forward, serverId: UNSAVED_SERVER })),
    ...(policy === undefined ? {} : { hostKeyPolicy: policy }),
  })
  return ids
}

function sayWhatRuns({ terminal, now }: Context, snapshots: readonly ForwardSnapshot[]): void {
  for (const snapshot of snapshots) {
    if (carries(snapshot.state)) terminal.out(`${printable(forwardSentence(snapshot))}\n`)
    else terminal.err(`${printable(snapshot.name)}: ${printable(statusLine(snapshot, { now: now() }))}\n`)
  }
  terminal.err('Ctrl-C ends it.\n')
}

/** Tells every change of state until Ctrl-C; the forwards end with the connection. */
async function stay(
  { terminal, now }: Context,
  client: DaemonClient,
  options: { readonly ids: readonly string[]; readonly interrupted: AbortSignal; readonly attendance: Attendance },
): Promise<number> {
  const said = new Map<string, string>()
  const off = client.on('forwards.changed', ({ changed }) => {
    for (const { snapshot } of changed) {
      if (!options.ids.includes(snapshot.id)) continue
      const before = said.get(snapshot.id) ?? 'running'
      said.set(snapshot.id, snapshot.state)
      if (before === snapshot.state) continue
      const why = snapshot.reason === null || carries(snapshot.state) ? '' : `, ${snapshot.reason.message}`
      const line = snapshot.state === 'failed' ? 'failed' : statusLine(snapshot, { now: now() })
      terminal.err(`${printable(snapshot.name)}: ${line}${printable(why)}\n`)
    }
  })
  try {
    const ended = await Promise.race([
      client.closed.then(() => true),
      whenAborted(options.interrupted).then(() => false),
    ])
    if (ended) throw new WarrenError('daemon.unreachable', 'The daemon ended, and the forwards with it.', { fix: null })
    return DONE
  } finally {
    off()
    options.attendance.stop()
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
