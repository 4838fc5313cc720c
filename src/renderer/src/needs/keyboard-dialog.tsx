import type { KeyboardInteractiveNeed } from '@shared/needs'
import { useId, useState, type ReactNode } from 'react'
import { Dialog } from '../components/dialog'
import { TextField } from '../components/field'
import { NeedFoot, TypedActions, useAnswer, type NeedDialogProps } from './need-dialog'
import styles from './need-dialog.module.css'

/** The server asks in its own words (RFC 4256); each round is a need of its own. */
export function KeyboardDialog(props: NeedDialogProps<KeyboardInteractiveNeed>): ReactNode {
  const { need } = props
  const form = useId()
  const [answers, setAnswers] = useState<readonly string[]>(() => need.prompts.map(() => ''))
  const { busy, fault, send } = useAnswer(props)
  return (
    <Dialog
      open
      dismissible={false}
      onClose={props.onLater}
      title={need.name.trim() === '' ? `${need.server} asks` : `${need.server} asks: ${need.name.trim()}`}
      description={
        <>
          Login as <span className="mono">{need.login}</span>. These are the server’s own words.
        </>
      }
      actions={
        <TypedActions
          form={form}
          busy={busy}
          onLater={props.onLater}
          onCancel={() => {
            send({ kind: 'cancel' })
          }}
        >
          Answer
        </TypedActions>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          send({ kind: 'keyboard-interactive', answers: [...answers] })
        }}
      >
        {need.instruction.trim() !== '' && <p className={styles.instruction}>{need.instruction.trim()}</p>}
        {need.prompts.map((prompt, index) => (
          <TextField
            // Prompts have no identity of their own, and a need's prompts never change.
            key={index}
            label={promptLabel(prompt.text)}
            type={prompt.echo ? 'text' : 'password'}
            autoFocus={index === 0}
            value={answers[index] ?? ''}
            error={
              index === 0 && need.refused === true && answers.every((answer) => answer === '')
                ? `${need.server} refused the answers before.`
                : null
            }
            onChange={(value) => {
              setAnswers(answers.map((answer, at) => (at === index ? value : answer)))
            }}
          />
        ))}
      </form>
      <NeedFoot need={need} more={props.more} fault={fault} />
    </Dialog>
  )
}

/** "Password: " is "Password" as a label; an empty prompt still needs a name. */
function promptLabel(text: string): string {
  const label = text.trim().replace(/\s*:$/, '')
  return label === '' ? 'Answer' : label
}
