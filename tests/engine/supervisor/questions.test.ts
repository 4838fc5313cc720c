import { describe, expect, it } from 'vitest'
import { OpenQuestions } from '../../../src/engine/supervisor'
import type { NeedAnswer } from '../../../src/shared/needs'
import type { Question } from '../../../src/engine/ssh/types'

const question = { kind: 'password', serverId: 's', server: 'bastion', login: 'me@bastion', username: 'me' } as Question

function forward(id: string, serverId = 's'): Parameters<OpenQuestions['joined']>[0] & { readonly open: Set<string> } {
  const open = new Set<string>()
  return {
    ...{ id, open, isStarting: true, serverIds: [serverId] },
    needs: (needId) => {
      open.add(needId)
      return () => open.delete(needId)
    },
  }
}

describe('an open question of a server', () => {
  it('shows at every forward that waits, also at one that joins later, until it is answered', async () => {
    let answer!: (answer: NeedAnswer) => void
    const [first, other, late] = [forward('1'), forward('2', 'elsewhere'), forward('3')]
    const told: string[] = []
    const questions = new OpenQuestions(
      (_question, { forwardIds }) => {
        expect(forwardIds).toEqual(['1'])
        return { id: 'need-1', answer: new Promise((resolve) => (answer = resolve)), concerns: (id) => told.push(id) }
      },
      () => [first, other],
    )
    const answered = questions.ask(question, new AbortController().signal)
    expect([first.open.size, other.open.size]).toEqual([1, 0])
    questions.joined(late)
    questions.joined(late)
    questions.joined(other)
    expect([late.open.size, other.open.size, told]).toEqual([1, 0, ['3']])
    answer({ kind: 'password', password: 'x' })
    await answered
    expect([first.open.size, late.open.size]).toEqual([0, 0])
  })
})
