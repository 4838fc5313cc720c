import { useRef, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { Button } from './button'
import { confirmStore } from './confirm'
import { Dialog } from './dialog'

/** Draws the question that {@link confirmAction} asked. */
export function ConfirmHost(): ReactNode {
  const question = useStore(confirmStore, (state) => state.question)
  const cancel = useRef<HTMLButtonElement>(null)
  if (question === null) return null
  return (
    <Dialog
      open
      role="alertdialog"
      title={question.title}
      description={question.body}
      initialFocus={cancel}
      onClose={() => {
        question.answer(false)
      }}
      actions={
        <>
          <Button
            ref={cancel}
            onClick={() => {
              question.answer(false)
            }}
          >
            {question.cancel}
          </Button>
          <Button
            kind="danger"
            onClick={() => {
              question.answer(true)
            }}
          >
            {question.action}
          </Button>
        </>
      }
    />
  )
}
