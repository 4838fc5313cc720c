/** Menus as data: any button opens one, and one host draws it, so that a list of a thousand rows holds none. */
import { createStore } from 'zustand/vanilla'

export type MenuEntry =
  | {
      readonly kind: 'item'
      readonly label: string
      readonly onSelect: () => void
      /** The key that does the same, as people read it (`Space`, `⌘A`). */
      readonly keys?: string | undefined
      readonly danger?: boolean | undefined
      readonly disabled?: boolean | undefined
      /** Set for entries that are on or off: a check mark and its role. */
      readonly checked?: boolean | undefined
    }
  /** A menu of its own, beside the entry. */
  | { readonly kind: 'menu'; readonly label: string; readonly entries: readonly MenuEntry[] }
  | { readonly kind: 'separator' }
  | { readonly kind: 'heading'; readonly label: string }

export interface OpenMenu {
  readonly label: string
  /** The element it hangs from and gives the focus back to. */
  readonly anchor: HTMLElement
  /** Where the pointer was, for a context menu. */
  readonly at: { readonly x: number; readonly y: number } | null
  readonly entries: readonly MenuEntry[]
}

export const menuStore = createStore<{ readonly open: OpenMenu | null }>(() => ({ open: null }))

/** Opens a menu below `anchor`, or at the pointer. A press on the button of an open menu closes it. */
export function openMenu(menu: Omit<OpenMenu, 'at'> & { readonly at?: OpenMenu['at'] }): void {
  const { open } = menuStore.getState()
  if (open !== null && open.anchor === menu.anchor && open.at === null) {
    closeMenu()
    return
  }
  menuStore.setState({ open: { at: null, ...menu } })
}

export function closeMenu(): void {
  menuStore.setState({ open: null })
}
