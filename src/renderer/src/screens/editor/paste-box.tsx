import { useState, type ReactNode } from 'react'
import { TextField } from '../../components/field'
import styles from './forward-editor.module.css'

export interface PasteBoxProps {
  /** Takes a whole command; returns what is wrong with it, or `null`. */
  onCommand: (command: string) => string | null
  /** What the last command left out or met. */
  notes: readonly string[]
}

/** One line that fills the whole form. */
export function PasteBox({ onCommand, notes }: PasteBoxProps): ReactNode {
  const [text, setText] = useState('')
  const [error, setError] = useState<string | null>(null)
  const take = (command: string): void => {
    setError(command.trim() === '' ? null : onCommand(command))
  }
  return (
    <div className={styles.paste}>
      <TextField
        label="Paste an ssh command"
        placeholder="ssh -L 5432:db:5432 me@bastion"
        mono
        value={text}
        error={error}
        hint={notes.length > 0 && error === null ? notes.join(' ') : undefined}
        onChange={(value) => {
          setText(value)
          setError(null)
        }}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData('text')
          // A command copied over several lines is still one command.
          const command = pasted.replace(/\\\r?\n\s*/g, ' ').trim()
          if (!/^\S*ssh(\.exe)?\s/.test(command.replace(/^[$%#>]\s+/, ''))) return
          event.preventDefault()
          setText(command)
          take(command)
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          take(text)
        }}
        onBlur={() => {
          if (error === null && notes.length === 0) take(text)
        }}
      />
    </div>
  )
}
