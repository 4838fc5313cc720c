/** What was typed into a form that was closed without saving, kept until the offer to bring it back is gone. */
import type { ForwardForm } from './form'
import type { NewServer } from './new-server'

export interface KeptDraft {
  readonly forwardId: string | null
  readonly form: ForwardForm
  readonly newServer: NewServer | null
}

let kept: KeptDraft | null = null

export function keepDraft(draft: KeptDraft): void {
  kept = draft
}

/** The kept draft of this forward, once. */
export function takeDraft(forwardId: string | null): KeptDraft | null {
  if (kept?.forwardId !== forwardId) return null
  const draft = kept
  kept = null
  return draft
}
