import type { LimitDrops } from '@shared/limits'
import type { ReactNode } from 'react'
import styles from './drops.module.css'

/** What the limits of a forward or relay kept out or dropped; nothing while that is nothing. */
export function Drops({ drops }: { drops: LimitDrops }): ReactNode {
  const lines = [
    { count: drops.connections, words: `${many(drops.connections, 'connection')} turned away by the limits` },
    { count: drops.denied, words: `${drops.denied.toLocaleString()} turned away by the lists of sources` },
    { count: drops.evicted, words: `${many(drops.evicted, 'session')} made room for newer ones` },
    { count: drops.datagrams, words: `${many(drops.datagrams, 'datagram')} beyond the rate dropped` },
  ].filter(({ count }) => count > 0)
  if (lines.length === 0) return null
  return (
    <div className={styles.drops}>
      <p>Since Warren started:</p>
      <ul>
        {lines.map(({ words }) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </div>
  )
}

// --- internal ---

/** They grow large: `3,410 connections`. */
function many(count: number, one: string): string {
  return `${count.toLocaleString()} ${count === 1 ? one : `${one}s`}`
}
