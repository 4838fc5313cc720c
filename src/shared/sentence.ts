/** What forwards and their states are called in words: one voice for the window, the tray and the command line. */
import { formatEndpoint, isExposed, type Endpoint } from './endpoints'
import { ageOf, formatCountdown, formatDuration, formatRate, plural } from './format'
import type { Need, NeedKind } from './needs'
import type { ForwardSnapshot, ForwardState } from './snapshots'

/** What a sentence needs to know of a forward; a {@link ForwardSnapshot} has it, and a form can make it. */
export type Described = Pick<ForwardSnapshot, 'type' | 'listen' | 'target' | 'server'> &
  Partial<Pick<ForwardSnapshot, 'portCount' | 'exposed'>>

/** One word or two per state. */
export const stateWords = {
  stopped: 'stopped',
  resolving: 'looking up',
  connecting: 'connecting',
  verifying: 'checking the key',
  authenticating: 'logging in',
  binding: 'opening the port',
  running: 'running',
  degraded: 'degraded',
  waiting: 'waiting',
  'needs-you': 'needs you',
  failed: 'failed',
} as const satisfies Record<ForwardState, string>

/** Told apart by shape, so that colour is never the only sign. */
export const stateGlyphs = {
  stopped: '○',
  resolving: '◌',
  connecting: '◌',
  verifying: '◌',
  authenticating: '◌',
  binding: '◌',
  running: '●',
  degraded: '◐',
  waiting: '◔',
  'needs-you': '◆',
  failed: '✕',
} as const satisfies Record<ForwardState, string>

/** What a person has to do about a need. */
export const needActions = {
  'host-key': 'accept the host key',
  'host-key-rotation': 'look at the new keys',
  password: 'enter the password',
  passphrase: 'enter the passphrase',
  'keyboard-interactive': 'answer the server',
  'touch-key': 'touch the key',
  'allow-command': 'allow a command',
} as const satisfies Record<NeedKind, string>

/**
 * One sentence that says what a forward does.
 *
 * "People here connect to 127.0.0.1:5432 and reach db:5432 as seen from bastion". No full stop at the end.
 */
export function forwardSentence(forward: Described): string {
  const server = forward.server === '' ? 'the server' : forward.server
  const { portCount: count = 1 } = forward
  switch (forward.type) {
    case 'local': {
      const target = forward.target === null ? 'the target' : place(forward.target, count)
      const seen = forward.target !== null && 'path' in forward.target ? `on ${server}` : `as seen from ${server}`
      return `${peopleHere(forward)} connect to ${listenerWords(forward.listen, { machine: 'this machine', count })} and reach ${target} ${seen}`
    }
    case 'remote': {
      const at = listenerWords(forward.listen, { machine: server, count })
      const people = isOpen(forward) ? `People on the network of ${server}` : `People on ${server}`
      if (forward.target === null) return `${people} use ${at} as a SOCKS or HTTP proxy and browse from here`
      return `${people} connect to ${at} and reach ${place(forward.target, count)} ${isHere(forward.target) ? 'here' : 'as seen from here'}`
    }
    case 'dynamic':
      return `${peopleHere(forward)} use ${listenerWords(forward.listen, { machine: 'this machine', count })} as a SOCKS or HTTP proxy and browse from ${server}`
  }
}

/** `127.0.0.1:5432 → db:5432`; a forward that asks its client goes to "anywhere". */
export function routeLine(forward: Pick<Described, 'listen' | 'target' | 'portCount'>): string {
  return `${formatEndpoint(forward.listen, forward.portCount)} → ${targetWord(forward)}`
}

/** `db:5432`, or "anywhere" for a forward that asks its client. */
export function targetWord(forward: Pick<Described, 'target' | 'portCount'>): string {
  return forward.target === null ? 'anywhere' : formatEndpoint(forward.target, forward.portCount)
}

export interface StatusOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The kind of the open need, where the caller knows it. */
  readonly need?: NeedKind | undefined
}

/** The state in one short line: "running for 2 h 14 m", "retry in 8 s", "needs you: accept the host key". */
export function statusLine(
  forward: Pick<ForwardSnapshot, 'state' | 'since' | 'nextTryAt' | 'reason'> &
    Partial<Pick<ForwardSnapshot, 'asleep' | 'stopsAt'>>,
  { now, need }: StatusOptions,
): string {
  switch (forward.state) {
    case 'running': {
      if (forward.asleep === true) return `asleep until somebody comes${limitOf(forward, now)}`
      return `running for ${formatDuration(ageOf(forward.since, now))}${limitOf(forward, now)}`
    }
    case 'degraded':
      return `degraded for ${formatDuration(ageOf(forward.since, now))}${limitOf(forward, now)}`
    case 'waiting': {
      if (forward.nextTryAt === null) return 'waiting for the network'
      const left = formatCountdown(forward.nextTryAt, now)
      return left === 'now' ? 'retrying now' : `retry in ${left}`
    }
    case 'needs-you':
      return need === undefined ? 'needs you' : `needs you: ${needActions[need]}`
    case 'failed':
      return forward.reason === null ? 'failed' : `failed: ${lowerFirst(forward.reason.message)}`
    case 'stopped':
    case 'resolving':
    case 'connecting':
    case 'verifying':
    case 'authenticating':
    case 'binding':
      return stateWords[forward.state]
  }
}

/** The tray's first line: "3 of 5 running · 1.2 MB/s"; the rate is left out when nothing moves. */
export function summaryLine(forwards: readonly Pick<ForwardSnapshot, 'state'>[], bytesPerSecond = 0): string {
  if (forwards.length === 0) return 'No forwards yet'
  const running = forwards.filter(({ state }) => carries(state)).length
  const rate = bytesPerSecond > 0 ? ` · ${formatRate(bytesPerSecond)}` : ''
  return `${running} of ${forwards.length} running${rate}`
}

/** What leaving would close: "3 forwards and 1 relay will close"; empty when nothing runs. */
export function closingLine(forwards: number, relays = 0): string {
  const parts = [
    ...(forwards === 0 ? [] : [plural(forwards, 'forward')]),
    ...(relays === 0 ? [] : [plural(relays, 'relay')]),
  ]
  return parts.length === 0 ? '' : `${parts.join(' and ')} will close`
}

/** Whether bytes flow in this state. */
export function carries(state: ForwardState): boolean {
  return state === 'running' || state === 'degraded'
}

/** A need as one sentence, for notifications and prompts: "bastion asks for the password of me". */
export function needSentence(need: Need): string {
  switch (need.kind) {
    case 'host-key':
      return `${need.server} is not known yet and shows a key`
    case 'host-key-rotation':
      return `${need.server} announces a new key, signed by the one you trust`
    case 'password':
      if (need.forward !== undefined) return `${need.forward} needs a password that its clients must give`
      if (need.proxy !== undefined) {
        return `The proxy ${need.proxy} ${need.refused ? 'refused' : 'asks for'} the password of ${need.username}`
      }
      return need.refused
        ? `${need.server} refused the password of ${need.username}`
        : `${need.server} asks for the password of ${need.username}`
    case 'passphrase':
      return need.refused ? `The passphrase of ${need.keyFile} is wrong` : `The key ${need.keyFile} has a passphrase`
    case 'keyboard-interactive':
      return need.name === '' ? `${need.server} asks a question` : `${need.server} asks: ${need.name}`
    case 'touch-key':
      return need.reason === 'touch'
        ? `Touch your key now: ${need.key} logs in to ${need.server}`
        : `The SSH agent waits: confirm ${need.key} for ${need.server} in its window`
    case 'allow-command':
      return need.purpose === 'match-exec'
        ? `The ssh config runs a command to decide about ${need.server}`
        : `The ssh config reaches ${need.server} by a command`
  }
}

const WILDCARDS = new Set(['*', '0.0.0.0', '::'])

/** The listening end in words: `127.0.0.1:5432`, `port 5432 of this machine`, `a free port of localhost`. */
export function listenerWords(end: Endpoint, { machine, count }: { machine: string; count: number }): string {
  if ('path' in end) return `the socket ${end.path}`
  const isAny = end.port === 0
  const free = count === 1 ? 'a free port' : `${count} free ports`
  if (!WILDCARDS.has(end.host)) return isAny ? `${free} of ${end.host}` : formatEndpoint(end, count)
  if (isAny) return `${free} of ${machine}`
  return count === 1 ? `port ${end.port} of ${machine}` : `ports ${end.port}–${end.port + count - 1} of ${machine}`
}

// --- internal ---

/** `, stops in 2 h`, for a forward whose time is limited. */
function limitOf({ stopsAt = null }: Partial<Pick<ForwardSnapshot, 'stopsAt'>>, now: number): string {
  return stopsAt === null ? '' : `, stops in ${formatDuration(Date.parse(stopsAt) - now)}`
}

/** What is known to be, else what the address says. */
function isOpen({ exposed, listen }: Pick<Described, 'exposed' | 'listen'>): boolean {
  return exposed ?? isExposed(listen)
}

function peopleHere(forward: Described): string {
  return isOpen(forward) ? 'People on this network' : 'People here'
}

function place(end: Endpoint, count: number): string {
  return 'path' in end ? `the socket ${end.path}` : formatEndpoint(end, count)
}

function isHere(end: Endpoint): boolean {
  return !isExposed(end)
}

/** Lower-cases the first letter of a sentence, except where the first word is an acronym or the name of the program. */
function lowerFirst(text: string): string {
  return /^(?!Warren )[A-Z](?:[a-z]+)?\s/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
