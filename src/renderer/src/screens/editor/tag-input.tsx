import { tagSchema } from '@shared/specs'
import { useId, useState, type ReactNode } from 'react'
import { Field } from '../../components/field'
import field from '../../components/field.module.css'
import { X } from '../../components/icons'
import styles from './tag-input.module.css'

export interface TagInputProps {
  value: readonly string[]
  /** Tags in use elsewhere, offered while typing. */
  known: readonly string[]
  error?: string | null | undefined
  readOnly?: boolean | undefined
  describedBy?: string | undefined
  onChange: (tags: readonly string[]) => void
}

/** Tags as chips; a comma or Enter ends one, Backspace in an empty field takes the last away. */
export function TagInput({ value, known, error, readOnly = false, describedBy, onChange }: TagInputProps): ReactNode {
  const [text, setText] = useState('')
  const list = useId()
  const refused = text.trim() !== '' && !tagSchema.safeParse(text).success
  const add = (typed: string): void => {
    const tags = typed
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '' && tagSchema.safeParse(tag).success)
    if (tags.length > 0) onChange([...new Set([...value, ...tags])])
    setText('')
  }
  return (
    <Field
      label="Tags"
      describedBy={describedBy}
      error={error ?? (refused ? 'A tag has at most 50 characters.' : null)}
    >
      {(control) => (
        <div className={styles.box}>
          {value.map((tag) => (
            <span key={tag} className={styles.tag}>
              {tag}
              {!readOnly && (
                <button
                  type="button"
                  className={styles.remove}
                  aria-label={`Remove the tag ${tag}`}
                  onClick={() => {
                    onChange(value.filter((other) => other !== tag))
                  }}
                >
                  <X size={12} />
                </button>
              )}
            </span>
          ))}
          <input
            {...control}
            className={`${field.input} ${styles.input}`}
            list={list}
            readOnly={readOnly}
            value={text}
            placeholder={value.length === 0 && !readOnly ? 'staging, databases' : ''}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              if (event.target.value.includes(',')) add(event.target.value)
              else setText(event.target.value)
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && text.trim() !== '') {
                event.preventDefault()
                add(text)
              }
              if (event.key === 'Backspace' && text === '' && value.length > 0 && !readOnly)
                onChange(value.slice(0, -1))
            }}
            onBlur={() => {
              if (text.trim() !== '') add(text)
            }}
          />
          <datalist id={list}>
            {known
              .filter((tag) => !value.includes(tag))
              .map((tag) => (
                <option key={tag} value={tag} />
              ))}
          </datalist>
        </div>
      )}
    </Field>
  )
}
