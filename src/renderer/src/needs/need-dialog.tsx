import type { Fault } from '@shared/errors'
import { formatCountdown, plural } from '@shared/format'
import type { Need, NeedAnswer } from '@shared/needs'
import { useCallback, useState, type ReactNode } from 'react'
import { Button } from '../components/button'
import { useClock } from '../stores/clock'
import { useForwards } from '../stores/forwards'
import styles from './need-dialog.module.css'

/** What every dialog of a need gets. */
export interface NeedDialogProps<N extends Need> {
  need: N
  /** Questions that come after this one. */
  more: number
  /** Resolves to what went wrong, or `null`. */
  onAnswer: (answer: NeedAnswer, save: boolean) => Promise<Fault | null>
  /** Closes without an answer; the row still asks. */
  onLater: () => void
}

/** Sends one answer at a time and keeps what went wrong with it. */
export function useAnswer<N extends Need>({
  onAnswer,
}: NeedDialogProps<N>): {
  readonly busy: boolean
  readonly fault: Fault | null
  readonly send: (answer: NeedAnswer, save?: boolean) => void
} {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<Fault | null>(null)
  const send = (answer: NeedAnswer, save = false): void => {
    if (busy) return
    setBusy(true)
    setFault(null)
    void onAnswer(answer, save).then((wrong) => {
      setBusy(false)
      setFault(wrong)
    })
  }
  return { busy, fault, send }
}

export interface TypedActionsProps {
  onLater: () => void
  onCancel: () => void
  /** Id of the form that the answer is typed into. */
  form: string
  busy: boolean
  disabled?: boolean
  /** On the button that sends the answer. */
  children: string
}

/** The buttons under an answer that is typed: later, cancel, send. */
export function TypedActions({ onLater, onCancel, form, busy, disabled, children }: TypedActionsProps): ReactNode {
  return (
    <>
      <Button kind="quiet" className={styles.later} onClick={onLater}>
        Later
      </Button>
      <Button disabled={busy} onClick={onCancel}>
        Cancel
      </Button>
      <Button kind="primary" type="submit" form={form} busy={busy} disabled={disabled}>
        {children}
      </Button>
    </>
  )
}

/** The last lines of a dialog: what went wrong with the answer, who waits, and for how long. */
export function NeedFoot({ need, more, fault }: { need: Need; more: number; fault: Fault | null }): ReactNode {
  const byId = useForwards((state) => state.byId)
  const names = need.forwardIds.map((id) => byId.get(id)?.spec.name).filter((name) => name !== undefined)
  const waiting = names.length === 0 ? '' : names.length > 3 ? plural(names.length, 'forward') : names.join(', ')
  return (
    <>
      {fault !== null && (
        <p className={styles.fault} role="alert">
          {fault.message} {fault.fix}
        </p>
      )}
      <p className={styles.foot}>
        {waiting !== '' && <span>Waiting: {waiting}.</span>}
        {more > 0 && <span>{plural(more, 'more question')} after this.</span>}
        <TimeLeft until={need.expiresAt} />
      </p>
    </>
  )
}

// --- internal ---

function TimeLeft({ until }: { until: string }): ReactNode {
  const read = useCallback((now: number) => formatCountdown(until, now), [until])
  const left = useClock(read)
  return <span className={styles.time}>{left === 'now' ? 'The time is up.' : `${left} left`}</span>
}
