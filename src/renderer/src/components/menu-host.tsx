import { Menu } from '@base-ui/react/menu'
import { useRef, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { classes } from './classes'
import { Check, ChevronRight } from './icons'
import { closeMenu, menuStore, type MenuEntry, type OpenMenu } from './menu'
import popup from './popup.module.css'

/** Draws the menu that {@link openMenu} asked for. */
export function MenuHost(): ReactNode {
  const open = useStore(menuStore, (state) => state.open)
  const last = useRef<OpenMenu | null>(null)
  if (open !== null) last.current = open
  const shown = last.current
  if (shown === null) return null
  const { at, anchor } = shown
  return (
    <Menu.Root
      open={open !== null}
      modal={false}
      onOpenChange={(next, details) => {
        // The button closes its own menu; an outside press on it must not close it first, only to see it opened again.
        const target = details.event.target
        if (details.reason === 'outside-press' && at === null && target instanceof Node && anchor.contains(target))
          return
        if (!next) closeMenu()
      }}
    >
      <Menu.Portal>
        <Menu.Positioner
          className={popup.positioner}
          anchor={at === null ? anchor : pointAnchor(at)}
          align="start"
          sideOffset={at === null ? 4 : 0}
        >
          <Menu.Popup className={popup.popup} aria-label={shown.label} finalFocus={() => focusBack(anchor)}>
            {shown.entries.map((entry, index) => (
              <Entry key={index} entry={entry} />
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

function Entry({ entry }: { entry: MenuEntry }): ReactNode {
  switch (entry.kind) {
    case 'separator':
      return <Menu.Separator className={popup.separator} />
    case 'heading':
      return <div className={popup.group}>{entry.label}</div>
    case 'menu':
      return <Inner label={entry.label} entries={entry.entries} />
    case 'item':
      break
  }
  const inner = (
    <>
      {entry.checked !== undefined && <span className={popup.mark}>{entry.checked && <Check size={14} />}</span>}
      <span className={popup.text}>{entry.label}</span>
      {entry.keys !== undefined && (
        <kbd className={popup.hint} aria-hidden="true">
          {entry.keys}
        </kbd>
      )}
    </>
  )
  const shared = {
    className: classes(popup.item, entry.danger === true && popup.danger),
    disabled: entry.disabled === true,
    label: entry.label,
    onClick: entry.onSelect,
  }
  if (entry.checked === undefined) return <Menu.Item {...shared}>{inner}</Menu.Item>
  return (
    <Menu.CheckboxItem {...shared} checked={entry.checked} closeOnClick>
      {inner}
    </Menu.CheckboxItem>
  )
}

function Inner({ label, entries }: { label: string; entries: readonly MenuEntry[] }): ReactNode {
  return (
    <Menu.SubmenuRoot>
      <Menu.SubmenuTrigger className={popup.item} label={label}>
        {label}
        <ChevronRight className={popup.hint} size={14} aria-hidden="true" />
      </Menu.SubmenuTrigger>
      <Menu.Portal>
        <Menu.Positioner className={popup.positioner}>
          <Menu.Popup className={popup.popup} aria-label={label}>
            {entries.map((entry, index) => (
              <Entry key={index} entry={entry} />
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.SubmenuRoot>
  )
}

function pointAnchor(at: { readonly x: number; readonly y: number }): { getBoundingClientRect: () => DOMRect } {
  return { getBoundingClientRect: () => new DOMRect(at.x, at.y, 0, 0) }
}

/** The entry may have moved the focus itself (a dialog, an editor); only a lost focus is brought back. */
function focusBack(anchor: HTMLElement): HTMLElement | false {
  return anchor.isConnected ? anchor : false
}
