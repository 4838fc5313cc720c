/** The last thing that can be taken back: its toast and Ctrl-Z do the same, once. */
import { dismissToast, showToast } from '../components/toasts'

let last: { readonly toast: number; readonly run: () => void } | null = null

/** Says what was done and offers to undo it. */
export function offerUndo(text: string, undo: () => Promise<unknown>): void {
  const run = (): void => {
    if (last?.run === run) last = null
    void undo()
  }
  last = { toast: showToast({ text, action: { label: 'Undo', run } }), run }
}

export function undoLast(): void {
  if (last === null) return
  dismissToast(last.toast)
  last.run()
}
