/** Short messages at the edge of the window, with one action. */
import { createStore } from 'zustand/vanilla'

export interface Toast {
  readonly id: number
  readonly tone: 'plain' | 'fault'
  readonly text: string
  /** A second sentence: the fix. */
  readonly more: string | null
  readonly action: { readonly label: string; readonly run: () => void } | null
  readonly code: string | null
}

const MOST = 3
let nextId = 1

export const toastStore = createStore<{ readonly toasts: readonly Toast[] }>(() => ({ toasts: [] }))

/** Shows a message; an equal one that is still there is replaced, not stacked. */
export function showToast(toast: Partial<Omit<Toast, 'id'>> & { readonly text: string }): number {
  const id = nextId++
  const shown: Toast = { tone: 'plain', more: null, action: null, code: null, ...toast, id }
  toastStore.setState((state) => ({
    toasts: [...state.toasts.filter((other) => other.text !== shown.text), shown].slice(-MOST),
  }))
  return id
}

export function dismissToast(id: number): void {
  toastStore.setState((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) }))
}
