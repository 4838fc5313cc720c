import type { CloudAuditEntry } from '@shared/cloud-views'
import { clockTime } from '@shared/cloud-words'
import { useCallback, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import { Skeleton } from '../../../components/skeleton'
import cloud from '../cloud-screen.module.css'
import { auditSentence } from './audit-words'
import styles from './team-page.module.css'
import { useAsked } from './use-asked'

const PAGE = 50
const MOST = 1000

/** Who changed what in the team, newest first. Asked for only while it is open. */
export function TeamAudit({ teamId }: { teamId: string }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <details
      className={styles.audit}
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>
        <h2>Who changed what</h2>
      </summary>
      {open && <Entries teamId={teamId} />}
    </details>
  )
}

// --- internal ---

function Entries({ teamId }: { teamId: string }): ReactNode {
  const [limit, setLimit] = useState(PAGE)
  const { value, fault, reload } = useAsked(
    useCallback(() => window.api.daemon['cloud.audit']({ teamId, limit }), [teamId, limit]),
  )
  return (
    <div className={cloud.section}>
      {fault !== null && (
        <FaultView fault={fault} tone="waiting">
          <Button size="s" onClick={reload}>
            Try again
          </Button>
        </FaultView>
      )}
      {value === null ? (
        fault === null && <Skeleton rows={3} label="Asking for the audit" />
      ) : value.length === 0 ? (
        <p className={cloud.note}>Nothing happened yet.</p>
      ) : (
        <>
          <div className={styles.entries} tabIndex={0} role="region" aria-label="Who changed what">
            <table>
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">Who</th>
                  <th scope="col">What</th>
                </tr>
              </thead>
              <tbody>
                {value.map((entry) => (
                  <Entry key={entry.id} entry={entry} />
                ))}
              </tbody>
            </table>
          </div>
          {value.length >= limit && limit < MOST && (
            <div className={cloud.buttons}>
              <Button
                size="s"
                onClick={() => {
                  setLimit(Math.min(MOST, limit * 4))
                }}
              >
                Show older
              </Button>
            </div>
          )}
        </>
      )}
    </div>
  )
}

function Entry({ entry }: { entry: CloudAuditEntry }): ReactNode {
  return (
    <tr>
      <td>
        <time dateTime={entry.at} data-tip={new Date(entry.at).toLocaleString()}>
          {clockTime(entry.at, Date.now())}
        </time>
      </td>
      <td className={`${styles.actor} selectable`} data-tip={entry.actor} data-tip-when="cut">
        {entry.actor}
      </td>
      <td className={`${styles.did} selectable`}>{auditSentence(entry)}</td>
    </tr>
  )
}
