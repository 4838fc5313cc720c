/** The few questions that are asked before something happens: where bytes would be cut. */
import { createStore } from 'zustand/vanilla'

export interface Question {
  readonly title: string
  readonly body: string
  /** The verb on the button that goes ahead. */
  readonly action: string
  /** The words on the button that does not. */
  readonly cancel: string
  readonly answer: (goAhead: boolean) => void
}

export const confirmStore = createStore<{ readonly question: Question | null }>(() => ({ question: null }))

/** Asks, and resolves to whether to go ahead. A question that is still open is answered with no. */
export function confirmAction(question: Omit<Question, 'answer' | 'cancel'> & { cancel?: string }): Promise<boolean> {
  confirmStore.getState().question?.answer(false)
  return new Promise((resolve) => {
    confirmStore.setState({
      question: {
        cancel: 'Cancel',
        ...question,
        answer: (goAhead) => {
          confirmStore.setState({ question: null })
          resolve(goAhead)
        },
      },
    })
  })
}
