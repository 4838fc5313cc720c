import { useVirtualizer } from '@tanstack/react-virtual'
import type { LogEntry } from '@shared/snapshots'
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { IconButton } from '../components/button'
import { Copy } from '../components/icons'
import { settle } from '../stores/call'
import { copyText } from '../stores/view-actions'
import styles from './log-view.module.css'
import { Section } from './section'

const LINE_HEIGHT = 18
const READ_LIMIT = 500
/** What the window keeps; the file has the rest. */
const MOST_KEPT = 2000
/** This close to the end counts as at the end. */
const TAIL_PX = 24

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** What happened, newest last. Follows the end until one scrolls away from it. */
export function LogView({ forwardId }: { forwardId: string }): ReactNode {
  const entries = useLog(forwardId)
  return (
    <Section
      title="Log"
      aside={
        <IconButton
          size="s"
          label="Copy the log"
          disabled={entries.length === 0}
          onClick={() => void copyText(entries.map(asText).join('\n'), 'Log copied')}
        >
          <Copy size={14} />
        </IconButton>
      }
    >
      {entries.length === 0 ? <p className={styles.none}>Nothing happened yet.</p> : <Lines entries={entries} />}
    </Section>
  )
}

function Lines({ entries }: { entries: readonly LogEntry[] }): ReactNode {
  const scroller = useRef<HTMLDivElement>(null)
  const follow = useRef(true)
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    getItemKey: (index) => entries[index]?.seq ?? index,
    overscan: 8,
  })
  useLayoutEffect(() => {
    const element = scroller.current
    if (follow.current && element !== null) element.scrollTop = element.scrollHeight
  }, [entries])
  return (
    <div
      ref={scroller}
      role="log"
      aria-label="Log"
      // A keyboard has to be able to scroll it.
      tabIndex={0}
      className={`${styles.lines} selectable`}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        follow.current = scrollHeight - scrollTop - clientHeight < TAIL_PX
      }}
    >
      <div className={styles.body} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start, size }) => {
          const entry = entries[index]
          if (entry === undefined) return null
          return (
            <div
              key={key}
              data-index={index}
              ref={virtual.measureElement}
              className={styles.line}
              data-level={entry.level}
              style={{ transform: `translateY(${start}px)`, minHeight: Math.min(size, LINE_HEIGHT) }}
            >
              <time dateTime={entry.at}>{time.format(new Date(entry.at))}</time>
              <span className={styles.level}>{entry.level}</span>
              <span className={styles.message}>{entry.message}</span>
            </div>
          )
        })}
      </div>
    </div>
  )
}

function useLog(forwardId: string): readonly LogEntry[] {
  const [entries, setEntries] = useState<readonly LogEntry[]>([])
  useEffect(() => {
    let here = true
    void settle(window.api.daemon['logs.read']({ forwardId, limit: READ_LIMIT })).then((result) => {
      if (here && result.ok) setEntries((added) => join(result.value, added))
    })
    const stop = window.api.on('logs.added', (added) => {
      if (added.forwardId === forwardId) setEntries((before) => join(before, added.entries))
    })
    return () => {
      here = false
      stop()
    }
  }, [forwardId])
  return entries
}

/** Entries may come twice, once read and once told; the sequence number tells. */
export function join(before: readonly LogEntry[], added: readonly LogEntry[]): readonly LogEntry[] {
  const last = before.at(-1)?.seq ?? -1
  const fresh = added.filter((entry) => entry.seq > last)
  return fresh.length === 0 ? before : [...before, ...fresh].slice(-MOST_KEPT)
}

function asText({ at, level, message, code }: LogEntry): string {
  return `${at} ${level} ${message}${code === null ? '' : ` (${code})`}`
}
