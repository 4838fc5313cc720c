import type { ReactNode } from 'react'

export function NeedsHost(): ReactNode {
  return null
}
