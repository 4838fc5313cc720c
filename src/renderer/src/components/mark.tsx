import type { ReactNode } from 'react'

/** Warren's mark: three nested arches, burrow mouths, opening to the right. */
export function Mark({ size = 20 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <g stroke="currentColor" strokeWidth="2" strokeLinecap="round">
        <path d="M21 3H12a9 9 0 0 0 0 18h9" />
        <path d="M21 7.5h-8.5a4.5 4.5 0 0 0 0 9H21" />
        <path d="M21 12h-8" />
      </g>
    </svg>
  )
}
