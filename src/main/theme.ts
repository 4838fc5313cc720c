/** Light, dark, or what the system says. */
import { nativeTheme } from 'electron'
import type { SettingsStore } from './settings'

/** Before the first window, so that its ground has the right colour from the first frame. */
export function setupTheme(settings: SettingsStore): void {
  nativeTheme.themeSource = settings.get().theme
  settings.onChange(({ theme }) => {
    if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme
  })
}
