/**
 * Questions that come up while a command waits.
 *
 * With a terminal they are asked here, one after the other. Without one nothing ever waits: a question about our forwards
 * is cancelled at once, and the start fails with the reason.
 */
import { groupFingerprint } from '@shared/format'
import type { Need, NeedAnswer } from '@shared/needs'
import { needSentence } from '@shared/sentence'
import { toFault } from '@shared/errors'
import type { DaemonClient } from '@daemon/client'
import type { Context, Terminal } from './context'
import { printable } from './table'

export interface Attendance {
  /** From now on questions of these forwards are ours. */
  readonly watch: (ids: readonly string[]) => Promise<void>
  /** Resolves when no question is open in front of the person. */
  readonly idle: () => Promise<void>
  /** Milliseconds that the person had questions in front of them. */
  readonly askedFor: () => number
  /** Whether the person gave up with Ctrl-C. */
  readonly wasInterrupted: () => boolean
  readonly stop: () => void
}

/** Begins to listen; call it before the start, so that no question is missed. */
export async function attendNeeds(context: Context, client: DaemonClient): Promise<Attendance> {
  const { terminal, now } = context
  const ours = new Set<string>()
  const handled = new Set<string>()
  const open = new Map<string, AbortController>()
  let current: readonly Need[] = []
  let queue = Promise.resolve()
  let spentMs = 0
  let interrupted = false

  const answer = async (need: Need): Promise<void> => {
    if (need.kind === 'touch-key' && !terminal.isInteractive) {
      // Whoever reads along may still reach for the key.
      terminal.err(`${printable(needSentence(need))}.\n`)
      return
    }
    // No start waits for it: somebody else may answer.
    if (need.kind === 'host-key-rotation' && !terminal.isInteractive) return
    const reply = terminal.isInteractive && !interrupted ? await question(need) : { kind: 'cancel' as const }
    if (reply === null) return
    await client.call('needs.answer', { id: need.id, answer: reply }).catch((error: unknown) => {
      const fault = toFault(error)
      // Another client was faster, or the connection ends and says so itself.
      if (fault.code !== 'need.gone' && fault.code !== 'daemon.unreachable') terminal.err(`${fault.message}\n`)
    })
  }
  const question = async (need: Need): Promise<NeedAnswer | null> => {
    if (!current.some(({ id }) => id === need.id)) return null
    const began = now()
    const gone = new AbortController()
    open.set(need.id, gone)
    try {
      const reply = await ask(terminal, need, gone.signal)
      if (gone.signal.aborted) {
        if (need.kind !== 'touch-key') terminal.err('\nAnswered elsewhere.\n')
        return null
      }
      interrupted ||= reply === null
      return reply ?? { kind: 'cancel' }
    } finally {
      open.delete(need.id)
      spentMs += now() - began
    }
  }
  const consider = (): void => {
    for (const [id, gone] of open) if (!current.some((need) => need.id === id)) gone.abort()
    for (const need of current) {
      if (handled.has(need.id) || !need.forwardIds.some((id) => ours.has(id))) continue
      handled.add(need.id)
      queue = queue.then(() => answer(need))
    }
  }
  const off = client.on('needs.changed', ({ needs }) => {
    current = needs
    consider()
  })
  await client.call('events.subscribe', { topics: ['needs', 'forwards'], forwardId: null })
  return {
    watch: async (ids) => {
      for (const id of ids) ours.add(id)
      current = await client.call('needs.list', {})
      consider()
    },
    idle: () => queue,
    askedFor: () => spentMs,
    wasInterrupted: () => interrupted,
    stop: off,
  }
}

// --- internal ---

/** `null` when the person gave up. */
async function ask(terminal: Terminal, need: Need, signal: AbortSignal): Promise<NeedAnswer | null> {
  terminal.err(`${printable(needSentence(need))}.\n`)
  switch (need.kind) {
    case 'host-key':
      return await askHostKey(terminal, need, signal)
    case 'host-key-rotation':
      return await askRotation(terminal, need, signal)
    case 'password': {
      const whose = need.forward === undefined ? need.login : `the clients of ${need.forward}, ${need.username}`
      const password = await terminal.ask(`Password of ${printable(whose)}: `, { echo: false, signal })
      return password === null ? null : { kind: 'password', password }
    }
    case 'passphrase': {
      const passphrase = await terminal.ask(`Passphrase of ${printable(need.keyFile)}: `, { echo: false, signal })
      return passphrase === null ? null : { kind: 'passphrase', passphrase }
    }
    case 'touch-key':
      return await waitForTouch(terminal, signal)
    case 'keyboard-interactive': {
      if (need.refused === true) terminal.err(`${printable(need.server)} refused the answers before.\n`)
      if (need.instruction !== '') terminal.err(`${printable(need.instruction)}\n`)
      const answers: string[] = []
      for (const prompt of need.prompts) {
        const reply = await terminal.ask(printable(prompt.text), { echo: prompt.echo, signal })
        if (reply === null) return null
        answers.push(reply)
      }
      return { kind: 'keyboard-interactive', answers }
    }
    case 'allow-command':
      return await askCommand(terminal, need, signal)
  }
}

async function askCommand(
  terminal: Terminal,
  need: Extract<Need, { kind: 'allow-command' }>,
  signal: AbortSignal,
): Promise<NeedAnswer | null> {
  terminal.err(`  line         ${printable(`${need.file}:${need.line}`)}\n`)
  terminal.err(`  command      ${printable(need.command.replace(/[\t\n]/g, ' '))}\n`)
  for (;;) {
    const reply = await terminal.ask('May it run, now and from now on? (yes / no) ', { echo: true, signal })
    if (reply === null || signal.aborted) return null
    if (/^(?:y|yes)$/i.test(reply.trim())) return { kind: 'allow-command', decision: 'allow' }
    if (/^(?:n|no)$/i.test(reply.trim())) return { kind: 'allow-command', decision: 'deny' }
  }
}

/** There is nothing to type: the need goes away when the key was touched, and Ctrl-C cancels it. */
async function waitForTouch(terminal: Terminal, signal: AbortSignal): Promise<NeedAnswer | null> {
  for (;;) {
    const typed = await terminal.ask('', { echo: true, signal })
    if (typed === null || signal.aborted) return null
  }
}

async function askHostKey(
  terminal: Terminal,
  need: Extract<Need, { kind: 'host-key' }>,
  signal: AbortSignal,
): Promise<NeedAnswer | null> {
  terminal.err(`  server       ${printable(need.login)}\n`)
  terminal.err(`  key          ${printable(need.keyType)}\n`)
  terminal.err(`  fingerprint  ${need.fingerprint}\n`)
  terminal.err(`               ${groupFingerprint(need.fingerprint)}\n`)
  if (need.certificate !== null) terminal.err(`  certificate  ${printable(need.certificate)}\n`)
  if (need.knownAs.length > 0) terminal.err(`  known as     ${printable(need.knownAs.join(', '))}\n`)
  for (;;) {
    const reply = await terminal.ask('Trust this key? (yes / once / no) ', { echo: true, signal })
    if (reply === null || signal.aborted) return null
    const said = reply.trim()
    if (/^(?:y|yes)$/i.test(said) || said === need.fingerprint) return { kind: 'host-key', decision: 'trust' }
    if (/^once$/i.test(said)) return { kind: 'host-key', decision: 'once' }
    if (/^(?:n|no)$/i.test(said)) return { kind: 'host-key', decision: 'reject' }
  }
}

async function askRotation(
  terminal: Terminal,
  need: Extract<Need, { kind: 'host-key-rotation' }>,
  signal: AbortSignal,
): Promise<NeedAnswer | null> {
  for (const { keyType, fingerprint } of need.added) terminal.err(`  new      ${printable(keyType)} ${fingerprint}\n`)
  for (const { keyType, fingerprint } of need.retired) terminal.err(`  retired  ${printable(keyType)} ${fingerprint}\n`)
  for (;;) {
    const reply = await terminal.ask('Trust what it announces? (yes / no) ', { echo: true, signal })
    if (reply === null || signal.aborted) return null
    if (/^(?:y|yes)$/i.test(reply.trim())) return { kind: 'host-key-rotation', decision: 'trust' }
    if (/^(?:n|no)$/i.test(reply.trim())) return { kind: 'host-key-rotation', decision: 'ignore' }
  }
}
