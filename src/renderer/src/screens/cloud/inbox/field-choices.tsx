import type { CloudConflict, CloudField } from '@shared/cloud-views'
import { cloudFieldWords } from '@shared/cloud-words'
import { useId, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { classes } from '../../../components/classes'
import type { Choice } from './conflict-item'
import styles from './inbox.module.css'
import { placeOf, sideValue } from './values'

type Side = 'mine' | 'theirs'
type Chosen = Partial<Record<CloudField, Side>>

export interface FieldChoicesProps {
  conflict: CloudConflict
  busy: boolean
  onDecide: (choice: Choice) => void
}

/** Mine, what it was, theirs: one choice per field, none made in advance. Arrow keys go from side to side. */
export function FieldChoices({ conflict, busy, onDecide }: FieldChoicesProps): ReactNode {
  const [chosen, setChosen] = useState<Chosen>({})
  const { fields } = conflict
  const left = fields.filter((field) => chosen[field] === undefined).length
  const all = (side: Side): void => {
    setChosen(Object.fromEntries(fields.map((field) => [field, side])))
  }
  return (
    <form
      className={styles.form}
      aria-label={`Decide about ${conflict.name}`}
      onSubmit={(event) => {
        event.preventDefault()
        if (left === 0) onDecide({ fields: chosen })
      }}
    >
      <div className={styles.scroll}>
        <table className={styles.sides}>
          <thead>
            <tr>
              <td />
              <th scope="col">
                Mine <span className={styles.where}>on this machine</span>
              </th>
              <th scope="col">
                Before <span className={styles.where}>what both had</span>
              </th>
              <th scope="col">
                Theirs <span className={styles.where}>in {placeOf(conflict)}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <FieldRow
                key={field}
                conflict={conflict}
                field={field}
                side={chosen[field]}
                onChoose={(side) => {
                  setChosen({ ...chosen, [field]: side })
                }}
              />
            ))}
          </tbody>
        </table>
      </div>
      <div className={styles.buttons}>
        <Button type="submit" kind="primary" busy={busy} disabled={left > 0}>
          Save the choice
        </Button>
        {fields.length > 1 && (
          <>
            <Button
              onClick={() => {
                all('mine')
              }}
            >
              Mine for all
            </Button>
            <Button
              onClick={() => {
                all('theirs')
              }}
            >
              Theirs for all
            </Button>
          </>
        )}
        <span className={styles.left} role="status">
          {left === 0 ? '' : left === fields.length ? 'Choose a side for each.' : `${left} still to choose.`}
        </span>
      </div>
    </form>
  )
}

// --- internal ---

interface FieldRowProps {
  conflict: CloudConflict
  field: CloudField
  side: Side | undefined
  onChoose: (side: Side) => void
}

function FieldRow({ conflict, field, side, onChoose }: FieldRowProps): ReactNode {
  const group = useId()
  const { base, mine, theirs } = conflict
  const cell = (which: Side): ReactNode => {
    const value = sideValue(which === 'mine' ? mine : theirs, base, field)
    return (
      <td className={styles.choice} data-chosen={side === which || undefined}>
        <label>
          <input
            type="radio"
            name={group}
            aria-label={`${cloudFieldWords[field]}, ${which}: ${value ?? 'empty'}`}
            checked={side === which}
            onChange={() => {
              onChoose(which)
            }}
          />
          <Value text={value} field={field} />
        </label>
      </td>
    )
  }
  return (
    <tr>
      <th scope="row">{cloudFieldWords[field]}</th>
      {cell('mine')}
      <td className={styles.base}>
        <Value text={sideValue(base, base, field)} field={field} />
      </td>
      {cell('theirs')}
    </tr>
  )
}

const asText: ReadonlySet<CloudField> = new Set(['name', 'tags', 'description', 'password', 'keyContent', 'passphrase'])

/** A value of a side; addresses and ports in the type of addresses. */
export function Value({ text, field }: { text: string | null; field: CloudField }): ReactNode {
  if (text === null) return <span className={styles.empty}>empty</span>
  return <span className={classes(styles.value, !asText.has(field) && 'mono')}>{text}</span>
}
