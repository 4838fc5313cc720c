/** Questions that wait for a person. */
import { randomUUID } from 'node:crypto'
import { WarrenError } from '@shared/errors'
import { NEED_TIMEOUT_MS, type Need, type NeedAnswer } from '@shared/needs'

type Question = DistributiveOmit<Need, 'id' | 'raisedAt' | 'expiresAt' | 'forwardIds'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

export interface Needs {
  readonly raise: (
    question: Question,
    options: { readonly forwardIds: readonly string[]; readonly signal: AbortSignal },
  ) => {
    readonly id: string
    readonly answer: Promise<NeedAnswer>
    /** Another forward waits for the answer too. */
    readonly concerns: (forwardId: string) => void
  }
  readonly list: () => readonly Need[]
  /** Throws `need.gone` when it was settled before, `rpc.invalid` when the answer is not one to this question. */
  readonly answer: (id: string, answer: NeedAnswer) => Need
  /** Nobody will answer any more. */
  readonly close: () => void
}

export interface NeedsOptions {
  readonly now: () => number
  readonly after: (ms: number, task: () => void) => () => void
  readonly onRaised: (need: Need) => void
  readonly onChange: (needs: readonly Need[]) => void
}

interface Open {
  need: Need
  readonly settle: (outcome: NeedAnswer | WarrenError | { readonly reason: unknown }) => void
}

/** A need waits {@link NEED_TIMEOUT_MS} whether or not a client is attached: one may attach. */
export function createNeeds(options: NeedsOptions): Needs {
  const open = new Map<string, Open>()
  const list = (): readonly Need[] => [...open.values()].map(({ need }) => need)
  return {
    list,
    raise: (question, { forwardIds, signal }) => {
      const now = options.now()
      const need: Need = {
        ...question,
        id: randomUUID(),
        forwardIds,
        raisedAt: new Date(now).toISOString(),
        expiresAt: new Date(now + NEED_TIMEOUT_MS).toISOString(),
      }
      const answer = new Promise<NeedAnswer>((resolve, reject) => {
        const settle: Open['settle'] = (outcome) => {
          if (!open.delete(need.id)) return
          cancelTimer()
          signal.removeEventListener('abort', onAbort)
          if (outcome instanceof WarrenError) reject(outcome)
          else if ('reason' in outcome) reject(asError(outcome.reason))
          else if (outcome.kind === 'cancel') reject(cancelled(need))
          else resolve(outcome)
          options.onChange(list())
        }
        const onAbort = (): void => settle({ reason: signal.reason as unknown })
        const cancelTimer = options.after(NEED_TIMEOUT_MS, () => settle(unanswered(need)))
        open.set(need.id, { need, settle })
        signal.addEventListener('abort', onAbort, { once: true })
      })
      // The asker may have turned away already; its own await still sees the rejection.
      answer.catch(() => undefined)
      options.onRaised(need)
      options.onChange(list())
      if (signal.aborted) open.get(need.id)?.settle({ reason: signal.reason as unknown })
      return {
        id: need.id,
        answer,
        concerns: (forwardId) => {
          const entry = open.get(need.id)
          if (entry === undefined || entry.need.forwardIds.includes(forwardId)) return
          entry.need = { ...entry.need, forwardIds: [...entry.need.forwardIds, forwardId] }
          options.onChange(list())
        },
      }
    },
    answer: (id, answer) => {
      const entry = open.get(id)
      if (entry === undefined) {
        throw new WarrenError('need.gone', 'The question was settled already, by somebody else or by time.')
      }
      checkAnswer(entry.need, answer)
      entry.settle(answer)
      return entry.need
    },
    close: () => {
      for (const { settle } of [...open.values()]) settle(new WarrenError('need.cancelled', 'The daemon is stopping.'))
    },
  }
}

function checkAnswer(need: Need, answer: NeedAnswer): void {
  if (answer.kind === 'cancel') return
  if (answer.kind !== need.kind) {
    throw new WarrenError('rpc.invalid', `The question is about ${need.kind}, the answer about ${answer.kind}.`, {
      field: 'answer.kind',
    })
  }
  if (need.kind === 'keyboard-interactive' && answer.kind === need.kind) {
    const asked = need.prompts.length
    if (answer.answers.length !== asked) {
      throw new WarrenError('rpc.invalid', `The server asked for ${asked} answers, not ${answer.answers.length}.`, {
        field: 'answer.answers',
      })
    }
  }
}

function cancelled(need: Need): WarrenError {
  const what = need.kind === 'touch-key' ? `The wait for ${subjectOf(need)}` : `The question for ${subjectOf(need)}`
  return new WarrenError('need.cancelled', `${what} was cancelled.`, { fix: 'Start it again to be asked again.' })
}

function unanswered(need: Need): WarrenError {
  return new WarrenError(
    'need.unanswered',
    `Nobody answered within ${NEED_TIMEOUT_MS / 1000} s: ${need.login} waited for ${subjectOf(need)}.`,
    { fix: 'Start it again and answer in the app or the terminal.' },
  )
}

/** What is asked for, as words within a sentence. */
function subjectOf(need: Need): string {
  switch (need.kind) {
    case 'host-key':
      return `the host key of ${need.server}`
    case 'host-key-rotation':
      return `the new keys of ${need.server}`
    case 'password':
      return `the password of ${need.proxy === undefined ? need.server : `the proxy ${need.proxy}`}`
    case 'passphrase':
      return `the passphrase of ${need.keyFile}`
    case 'keyboard-interactive':
      return `an answer to ${need.server}`
    case 'touch-key':
      return need.reason === 'touch' ? `a touch of ${need.key}` : `the agent to confirm ${need.key}`
    case 'allow-command':
      return `leave to run the command of ${need.file}:${need.line}`
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new WarrenError('cancelled', 'It was cancelled.')
}
