/** The keys that work everywhere; ↑↓, Space and Enter belong to the list. */
import type { AppCommand } from '@shared/ipc-names'
import { useEffect } from 'react'
import { chooseNone } from '../stores/selection'
import { showScreen } from '../stores/ui'
import { runCommand } from './commands'
import { currentListing } from './listings'

/** `new`: a forward or a relay, as the screen says. */
type KeyCommand = AppCommand | 'new'

const letters: Readonly<Record<string, KeyCommand>> = {
  '/': 'search',
  n: 'new',
  e: 'edit',
  c: 'copy-address',
  o: 'open-address',
  k: 'check',
  Delete: 'delete',
}
const withCommand: Readonly<Record<string, KeyCommand>> = { a: 'select-all', z: 'undo', n: 'new', f: 'search' }

/** Listens to the keyboard and to the menu of the window. */
export function useKeys(): void {
  useEffect(() => {
    document.addEventListener('keydown', onKey)
    const stop = window.api.on('app.command', ({ command }) => {
      const field = editable(document.activeElement)
      if (field !== null && actOnField(field, command)) return
      runCommand(command)
    })
    return () => {
      document.removeEventListener('keydown', onKey)
      stop()
    }
  }, [])
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const target = event.target instanceof Element ? event.target : null
  // A dialog, a menu and a choice have the keyboard for themselves.
  if (within(target, '[role="dialog"],[role="alertdialog"],[role="menu"],[role="listbox"]')) return
  if (event.key === 'Escape') {
    closeTopmost()
    return
  }
  if (editable(target) !== null || event.altKey) return
  const commandHeld = event.metaKey || event.ctrlKey
  if (commandHeld && event.key === ',') {
    showScreen('settings')
    event.preventDefault()
    return
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const command = commandHeld ? withCommand[key] : letters[key]
  if (command === undefined || (event.shiftKey && command !== 'search')) return
  // The form has its own buttons: a letter beside a field is a slip, not a command.
  if (!commandHeld && within(target, 'form')) return
  event.preventDefault()
  runCommand(command === 'new' ? (currentListing()?.screen === 'relays' ? 'new-relay' : 'new-forward') : command)
}

/** Esc closes what is on top: the choice of several rows, then the pane. */
function closeTopmost(): void {
  const listing = currentListing()
  if (listing === null) return
  if (listing.selection.getState().chosen.size > 1) chooseNone(listing.selection)
  else if (listing.paneOf() !== null) listing.closePane()
}

function within(element: Element | null, selector: string): boolean {
  return element !== null && element.closest(selector) !== null
}

type Field = HTMLInputElement | HTMLTextAreaElement

function editable(element: Element | null): Field | null {
  if (element instanceof HTMLTextAreaElement) return element
  const other = new Set(['checkbox', 'radio', 'button', 'range', 'file'])
  return element instanceof HTMLInputElement && !other.has(element.type) ? element : null
}

/** A menu item that means text while a field has the focus. True when it was about the field. */
function actOnField(field: Field, command: AppCommand): boolean {
  if (command === 'select-all') field.select()
  if (command === 'undo') document.execCommand('undo')
  return command !== 'new-forward' && command !== 'new-relay' && command !== 'new-server' && command !== 'search'
}
