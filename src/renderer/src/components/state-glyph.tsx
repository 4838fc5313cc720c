import { stateWords } from '@shared/sentence'
import { startingStates, type ForwardState } from '@shared/snapshots'
import type { ReactNode } from 'react'
import { classes } from './classes'
import styles from './state-glyph.module.css'

export interface StateGlyphProps {
  state: ForwardState
  /** Leave out where the word stands beside it. */
  labelled?: boolean | undefined
}

/** The mark of a state. Shapes differ, so that colour is never the only difference. */
export function StateGlyph({ state, labelled = true }: StateGlyphProps): ReactNode {
  return (
    <svg
      className={classes(styles.glyph, styles[tone(state)], startingStates.has(state) && styles.spin)}
      width="14"
      height="14"
      viewBox="0 0 14 14"
      {...(labelled ? { role: 'img', 'aria-label': stateWords[state] } : { 'aria-hidden': true })}
    >
      {shape(state)}
    </svg>
  )
}

function tone(state: ForwardState): 'running' | 'waiting' | 'needs' | 'failed' | 'idle' {
  switch (state) {
    case 'running':
      return 'running'
    case 'degraded':
    case 'waiting':
      return 'waiting'
    case 'needs-you':
      return 'needs'
    case 'failed':
      return 'failed'
    default:
      return 'idle'
  }
}

function shape(state: ForwardState): ReactNode {
  switch (state) {
    case 'running':
      return <circle cx="7" cy="7" r="5" fill="currentColor" />
    case 'degraded':
      return (
        <>
          <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
          <path d="M7 2.5a4.5 4.5 0 0 0 0 9z" fill="currentColor" />
        </>
      )
    case 'waiting':
      return (
        <>
          <circle cx="7" cy="7" r="4.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
          <path d="M7 7V2.25A4.75 4.75 0 0 1 11.75 7z" fill="currentColor" />
        </>
      )
    case 'needs-you':
      return <path d="M7 1.2 12.8 7 7 12.8 1.2 7z" fill="currentColor" />
    case 'failed':
      return <path d="m2.75 2.75 8.5 8.5m0-8.5-8.5 8.5" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    case 'stopped':
      return <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
    default:
      return (
        <circle
          cx="7"
          cy="7"
          r="4.75"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.75"
          strokeDasharray="2.6 2.37"
          strokeLinecap="round"
        />
      )
  }
}
