/** Says once that closing the window does not end Warren. */
import { dialog } from 'electron'
import { notify } from './notify'
import type { SettingsStore } from './settings'

export const CLOSE_HINT = {
  title: 'Warren keeps running',
  body: 'Your forwards stay up. The tray icon, or starting Warren again, brings the window back; Quit ends it.',
} as const

export function hintAtClose(settings: SettingsStore): void {
  if (settings.get().closeHintShown) return
  settings.set({ closeHintShown: true })
  if (notify(CLOSE_HINT)) return
  const { title, body } = CLOSE_HINT
  void dialog.showMessageBox({ type: 'info', message: title, detail: body })
}
