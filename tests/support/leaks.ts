/** Proof that a suite leaves nothing behind: sockets, servers, timers, child processes. */
import { Socket } from 'node:net'
import { afterAll, beforeAll, expect } from 'vitest'

/** Closing handles need some turns of the event loop until they are gone; a session waits 2 s for its peer's goodbye. */
const SETTLE_ROUNDS = 500
const ROUND_MS = 20
/** Not ours: the test runner's own pipes, ports, and what Node keeps for the process. */
const FOREIGN = new Set([
  'PipeWrap',
  'MessagePort',
  'TTYWrap',
  'FSReqCallback',
  'FSReqPromise',
  'CloseReq',
  'Immediate',
])

/** What keeps the process alive right now, by kind. */
export function activeResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (!FOREIGN.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/** Rejects with the names of what is left over when, after a while, there is more of a kind than in `before`. */
export async function expectNoLeaks(before: ReadonlyMap<string, number>): Promise<void> {
  let surplus = leaked(before)
  for (let round = 0; round < SETTLE_ROUNDS && surplus.length > 0; round++) {
    await new Promise((resolve) => {
      setTimeout(resolve, ROUND_MS)
    })
    surplus = leaked(before)
  }
  expect(
    surplus,
    `handles that the suite left open${surplus.length === 0 ? '' : `; sockets: ${openSockets()}`}`,
  ).toEqual([])
}

/** Put at the top of a suite (before other hooks): fails it when it leaves sockets, timers or processes behind. */
export function checkLeaks(): void {
  let before: ReadonlyMap<string, number> = new Map()
  beforeAll(() => {
    before = activeResources()
  })
  afterAll(() => expectNoLeaks(before))
}

// --- internal ---

/** The ends of every socket that is open, to tell whose it is. */
function openSockets(): string {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles: () => unknown[] }
  return handles
    .call(process)
    .filter((handle) => handle instanceof Socket && handle.remotePort !== undefined)
    .map((handle) => {
      const { localPort, remotePort, destroyed, readableEnded, writableEnded } = handle as Socket
      return `${String(localPort)} to ${String(remotePort)} ${JSON.stringify({ destroyed, readableEnded, writableEnded })}`
    })
    .join(', ')
}

function leaked(before: ReadonlyMap<string, number>): string[] {
  return [...activeResources()]
    .filter(([kind, count]) => count > (before.get(kind) ?? 0))
    .map(([kind, count]) => `${kind} +${count - (before.get(kind) ?? 0)}`)
}
