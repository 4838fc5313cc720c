/** What was typed into a form that was closed without saving, kept until the offer to bring it back is gone. */

export interface DraftSlot<D> {
  readonly keep: (draft: D) => void
  /** The kept draft of this one, once; `null` for a new one. */
  readonly take: (id: string | null) => D | null
}

export function draftSlot<D extends { readonly id: string | null }>(): DraftSlot<D> {
  let kept: D | null = null
  return {
    keep: (draft) => {
      kept = draft
    },
    take: (id) => {
      if (kept?.id !== id) return null
      const draft = kept
      kept = null
      return draft
    },
  }
}
