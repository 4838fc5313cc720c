import type { CloudConflict } from '@shared/cloud-views'
import { fieldList } from '@shared/cloud-words'
import { formatAgo } from '@shared/format'
import type { RpcParams } from '@shared/rpc'
import { useCallback, useId, type ReactNode } from 'react'
import { FaultView } from '../../../components/fault-view'
import { ChevronDown, ChevronRight } from '../../../components/icons'
import { StateGlyph } from '../../../components/state-glyph'
import { showToast } from '../../../components/toasts'
import { useClock } from '../../../stores/clock'
import { useTask } from '../../../stores/use-task'
import { DeletionChoice } from './deletion-choice'
import { FieldChoices } from './field-choices'
import styles from './inbox.module.css'

export interface ConflictItemProps {
  conflict: CloudConflict
  open: boolean
  onToggle: () => void
}

export type Choice = RpcParams<'cloud.resolve'>['choice']

/** One decision: what it is about in a line, and both sides when it is opened. */
export function ConflictItem({ conflict, open, onToggle }: ConflictItemProps): ReactNode {
  const body = useId()
  const ago = useClock(useCallback((now: number) => formatAgo(conflict.at, now), [conflict.at]))
  const { busy, fault, run } = useTask()
  const resolve = async (choice: Choice): Promise<void> => {
    const done = await run(() => window.api.daemon['cloud.resolve']({ id: conflict.id, choice }))
    if (done !== null) showToast({ text: `${conflict.name} is decided.` })
  }
  return (
    <li className={styles.item} data-open={open || undefined}>
      <h3 className={styles.heading}>
        <button
          type="button"
          className={styles.summary}
          aria-expanded={open}
          aria-controls={open ? body : undefined}
          onClick={onToggle}
        >
          {open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
          <StateGlyph state="needs-you" labelled={false} />
          <span className={styles.words}>
            <span className={styles.first}>
              <span className={styles.name}>{conflict.name}</span>
              <span className={styles.space}>{conflict.space}</span>
            </span>
            <span className={styles.what}>{whatHappened(conflict)}</span>
          </span>
          <time className={styles.ago} dateTime={conflict.at}>
            {ago}
          </time>
        </button>
      </h3>
      {open && (
        <div id={body} className={styles.body}>
          {conflict.kind === 'edited' ? (
            <FieldChoices conflict={conflict} busy={busy} onDecide={(choice) => void resolve(choice)} />
          ) : (
            <DeletionChoice conflict={conflict} busy={busy} onDecide={(choice) => void resolve(choice)} />
          )}
          {fault !== null && <FaultView fault={fault} />}
        </div>
      )}
    </li>
  )
}

// --- internal ---

function whatHappened({ kind, fields }: CloudConflict): string {
  switch (kind) {
    case 'edited':
      return `Both changed: ${fieldList(fields)}`
    case 'deleted-there':
      return fields.length === 0 ? 'Deleted there; it runs here' : `Deleted there; changed here: ${fieldList(fields)}`
    case 'deleted-here':
      return `Deleted here; changed there: ${fieldList(fields)}`
  }
}
