/** Open questions of servers, and the forwards that wait because of them: also those that come later. */
import type { Question, SshPorts } from '../ssh/types'
import type { EnginePorts } from '../types'

/** A forward as far as questions go. */
export interface Waiting {
  readonly id: string
  readonly isStarting: boolean
  /** The servers on its way. */
  readonly serverIds: readonly string[]
  /** Shows that it needs a person; returns the way back. */
  readonly needs: (needId: string) => () => void
}

interface Open {
  readonly question: Question
  readonly id: string
  readonly concerns: (forwardId: string) => void
  readonly waiting: Map<string, () => void>
}

export class OpenQuestions {
  private readonly open = new Set<Open>()

  constructor(
    private readonly raise: EnginePorts['raiseNeed'],
    private readonly forwards: () => readonly Waiting[],
  ) {}

  /** A question belongs to every forward that waits for that server. */
  readonly ask: SshPorts['ask'] = async (question, signal) => {
    const waiting = this.forwards().filter((each) => each.isStarting && each.serverIds.includes(question.serverId))
    const raised = this.raise(question, { forwardIds: waiting.map(({ id }) => id), signal })
    const concerns = raised.concerns ?? ((): void => undefined)
    const open: Open = { question, id: raised.id, concerns, waiting: new Map() }
    for (const each of waiting) open.waiting.set(each.id, each.needs(raised.id))
    this.open.add(open)
    try {
      return await raised.answer
    } finally {
      this.open.delete(open)
      for (const settle of open.waiting.values()) settle()
    }
  }

  /** A forward joined a login that may have a question open. */
  joined(forward: Waiting): void {
    for (const open of this.open) {
      if (open.waiting.has(forward.id) || !forward.serverIds.includes(open.question.serverId)) continue
      open.waiting.set(forward.id, forward.needs(open.id))
      open.concerns(forward.id)
    }
  }

  /** It waits no more (it was stopped): another start asks anew whether it waits. */
  left(forwardId: string): void {
    for (const open of this.open) open.waiting.delete(forwardId)
  }
}
