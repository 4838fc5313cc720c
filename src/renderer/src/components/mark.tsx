import type { ReactNode } from 'react'

/** Warren's mark: three nested arches, burrow mouths, opening to the right; the drawing of resources/icon/icon.svg. */
export function Mark({ size = 20 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="84 84 344 344" fill="none" aria-hidden="true">
      <path
        d="M400 110H256A146 146 0 0 0 256 402H400 M400 164H256A92 92 0 0 0 256 348H400 M400 218H256A38 38 0 0 0 256 294H400"
        stroke="currentColor"
        strokeWidth="30"
        strokeLinecap="round"
      />
    </svg>
  )
}
