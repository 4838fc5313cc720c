import type { ReactNode } from 'react'
import type { EditorStart } from '../../stores/ui'

export interface ForwardEditorProps {
  forwardId: string | null
  start: EditorStart
  onClose: () => void
}

export function ForwardEditor(_props: ForwardEditorProps): ReactNode {
  return null
}
