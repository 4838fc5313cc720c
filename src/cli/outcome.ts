/** Waiting for starts, and what to say about how they went. */
import type { DaemonClient } from '@daemon/client'
import type { Fault } from '@shared/errors'
import { carries, routeLine, stateGlyphs, statusLine } from '@shared/sentence'
import { startingStates, type ForwardSnapshot, type ForwardView } from '@shared/snapshots'
import type { HostKeyPolicy, ServerSpec } from '@shared/specs'
import type { Context } from './context'
import { DONE, NONE_RUNNING, SOME_RUNNING } from './exit-codes'
import type { Attendance } from './needs'
import { quoteName } from './quote'
import { printable, table } from './table'

export const DEFAULT_WAIT_SECONDS = 30

/**
 * Waits until each forward is running or has given up.
 *
 * The time a person needs for an answer does not count. Returns what is true at the end.
 */
export async function waitForOutcome(
  client: DaemonClient,
  ids: readonly string[],
  options: { readonly waitMs: number; readonly attendance: Attendance; readonly now: () => number },
): Promise<readonly ForwardSnapshot[]> {
  const { waitMs, attendance, now } = options
  const began = now()
  for (;;) {
    const left = Math.max(0, Math.round(waitMs - (now() - began - attendance.askedFor())))
    const views = await client.call('forwards.wait', { ids: [...ids], timeoutMs: left })
    await attendance.idle()
    const snapshots = views.map(({ snapshot }) => snapshot)
    if (left === 0 || attendance.wasInterrupted() || !snapshots.some(isUnderway)) return snapshots
    // A question was answered meanwhile: the wait goes on with what is left of it.
  }
}

/** The policy of a start without a terminal: a key that would be asked about fails with its fingerprint instead. */
export function unaskedPolicy(
  context: Context,
  view: ForwardView,
  servers: readonly ServerSpec[],
): HostKeyPolicy | undefined {
  if (context.terminal.isInteractive) return undefined
  const own = servers.find(({ id }) => id === view.spec.serverId)
  const route = [own, ...(own?.jump ?? []).map((hop) => servers.find(({ id }) => id === hop))]
  return route.every((server) => server !== undefined && server.hostKeyPolicy !== 'accept-new') ? 'strict' : undefined
}

/** Says in a fix what can be typed here. */
export function withTypedFix({ terminal }: Context, snapshot: ForwardSnapshot): ForwardSnapshot {
  const { reason } = snapshot
  if (reason === null) return snapshot
  const fix = typedFix(reason, snapshot, terminal.isInteractive)
  return fix === null ? snapshot : { ...snapshot, reason: { ...reason, fix } }
}

export function exitCodeOfStart(snapshots: readonly Pick<ForwardSnapshot, 'state'>[]): number {
  const running = snapshots.filter(({ state }) => carries(state)).length
  if (running === snapshots.length) return DONE
  return running === 0 ? NONE_RUNNING : SOME_RUNNING
}

/** One line per forward with its state, and under it why not and what to do. */
export function printOutcome(context: Context, snapshots: readonly ForwardSnapshot[]): void {
  const { terminal, now } = context
  const rows = snapshots.map((snapshot) => [
    `${stateGlyphs[snapshot.state]} ${printable(snapshot.name)}`,
    printable(routeLine(snapshot)),
    snapshot.state === 'failed' ? 'failed' : statusLine(snapshot, { now: now() }),
  ])
  const lines = table(rows)
  snapshots.forEach((snapshot, at) => {
    terminal.out(`${lines[at] ?? ''}\n`)
    if (snapshot.reason === null || carries(snapshot.state) || snapshot.state === 'stopped') return
    terminal.out(`    ${printable(snapshot.reason.message)}\n`)
    if (snapshot.reason.fix !== null) terminal.out(`    ${printable(snapshot.reason.fix)}\n`)
  })
}

// --- internal ---

const ASK_AGAIN = 'Start it again to be asked again.'

function isUnderway({ state }: ForwardSnapshot): boolean {
  return startingStates.has(state) || state === 'needs-you'
}

function typedFix(reason: Fault, snapshot: ForwardSnapshot, isInteractive: boolean): string | null {
  switch (reason.code) {
    case 'ssh.host-key-unknown':
      return 'Compare the fingerprint with its administrator, then start it with --host-key accept-new.'
    case 'need.cancelled':
    case 'need.unanswered':
      return isInteractive ? ASK_AGAIN : 'Start it from a terminal to be asked, or from the app.'
    case 'ssh.host-key-rejected':
      return ASK_AGAIN
    case 'port.in-use':
      return reason.remedy?.action === 'use-port'
        ? `Use another port: warren edit ${quoteName(snapshot.name)} --port ${reason.remedy.port}`
        : null
    default:
      return null
  }
}
