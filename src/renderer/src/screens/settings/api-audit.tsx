import type { AuditEntry } from '@shared/apis'
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { settle } from '../../stores/call'
import { apiWords } from './api-words'
import styles from './apis.module.css'

const PAGE = 50
const MOST = 1000
const REFRESH_MS = 3000
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** Who called which API for what, newest first. Asked for only while it is open. */
export function ApiAudit(): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <details
      className={styles.audit}
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>Calls</summary>
      {open && <Calls />}
    </details>
  )
}

// --- internal ---

function Calls(): ReactNode {
  const [limit, setLimit] = useState(PAGE)
  const entries = useAudit(limit)
  if (entries === null) return null
  if (entries.length === 0) return <p className={styles.state}>Nothing has called yet.</p>
  return (
    <>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label="Calls of the control APIs">
        <table className={styles.calls}>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Caller</th>
              <th scope="col">Action</th>
              <th scope="col">Relay</th>
              <th scope="col">Answer</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <Call key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
      </div>
      {entries.length >= limit && limit < MOST && (
        <Button
          size="s"
          onClick={() => {
            setLimit(Math.min(MOST, limit * 4))
          }}
        >
          Show older
        </Button>
      )}
    </>
  )
}

function Call({ entry }: { entry: AuditEntry }): ReactNode {
  const at = new Date(entry.at)
  return (
    <tr>
      <td>
        <time dateTime={entry.at} data-tip={at.toLocaleString()}>
          {at.toDateString() === new Date().toDateString() ? time.format(at) : at.toLocaleDateString()}
        </time>
      </td>
      <td className="mono selectable">{entry.caller}</td>
      <td className="selectable" data-tip={apiWords[entry.api].title}>
        {entry.action}
      </td>
      <td className="selectable">{entry.subject}</td>
      <td className="selectable">{entry.result}</td>
    </tr>
  )
}

function useAudit(limit: number): readonly AuditEntry[] | null {
  const [entries, setEntries] = useState<readonly AuditEntry[] | null>(null)
  const ask = useCallback(() => settle(window.api.daemon['apis.audit']({ limit })), [limit])
  useEffect(() => {
    let here = true
    const again = (): void => {
      if (document.hidden) return
      void ask().then((result) => {
        if (here && result.ok) setEntries(result.value)
      })
    }
    again()
    const timer = setInterval(again, REFRESH_MS)
    return () => {
      here = false
      clearInterval(timer)
    }
  }, [ask])
  return entries
}
