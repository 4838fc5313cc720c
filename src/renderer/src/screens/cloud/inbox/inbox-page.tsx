import { useEffect, useRef, useState, type ReactNode } from 'react'
import { EmptyPicture, EmptyState } from '../../../components/empty-state'
import { useCloud } from '../../../stores/cloud'
import cloud from '../cloud-screen.module.css'
import { ConflictItem } from './conflict-item'
import styles from './inbox.module.css'
import { Refused, useRefused } from './refused'

/** What was changed on both sides and waits for a person, and what the server refused. */
export function InboxPage({ asked }: { asked: string | null }): ReactNode {
  const conflicts = useCloud((state) => state.conflicts)
  const refused = useRefused()
  const [chosen, setChosen] = useState<string | null>(asked)
  const [closed, setClosed] = useState(false)
  const title = useRef<HTMLHeadingElement>(null)
  const count = useRef(conflicts.length)
  useEffect(() => {
    // Whoever decided goes on with the next; the item that had the focus is gone.
    if (conflicts.length < count.current && document.activeElement === document.body) title.current?.focus()
    count.current = conflicts.length
  }, [conflicts])
  const open = closed ? null : (conflicts.find(({ id }) => id === chosen) ?? conflicts[0])?.id
  if (conflicts.length === 0 && refused.length === 0) {
    return (
      <div className={`${cloud.page} ${styles.none}`}>
        <h2 ref={title} tabIndex={-1} className="sr-only">
          To decide
        </h2>
        <EmptyState picture={<EmptyPicture />}>
          Nothing to decide. When a forward is changed here and by somebody else, both wait here for you.
        </EmptyState>
      </div>
    )
  }
  return (
    <div className={cloud.page}>
      <div className={styles.inbox}>
        {conflicts.length > 0 && (
          <section className={cloud.section} aria-labelledby="inbox-title">
            <h2 id="inbox-title" ref={title} tabIndex={-1}>
              To decide {conflicts.length}
            </h2>
            <p className={cloud.note}>
              These were changed on both sides. Nothing was overwritten: here everything is as you left it, until you
              decide.
            </p>
            <ul className={styles.list}>
              {conflicts.map((conflict) => (
                <ConflictItem
                  key={conflict.id}
                  conflict={conflict}
                  open={conflict.id === open}
                  onToggle={() => {
                    setClosed(conflict.id === open)
                    setChosen(conflict.id)
                  }}
                />
              ))}
            </ul>
          </section>
        )}
        {refused.length > 0 && <Refused forwards={refused} />}
      </div>
    </div>
  )
}
