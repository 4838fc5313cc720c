/** The app's own settings. */
import { app } from 'electron'
import { settingsSchema, type Settings, type SettingsPatch } from '@shared/settings'
import { openStoreFile } from './store-file'

export interface SettingsStore {
  readonly get: () => Settings
  readonly set: (patch: SettingsPatch) => Settings
  readonly onChange: (listener: (now: Settings, before: Settings) => void) => void
  /** Where a damaged file was put at this start. */
  readonly setAside: string | null
}

export function setupSettings(): SettingsStore {
  const file = openStoreFile({ folder: app.getPath('userData'), name: 'settings', schema: settingsSchema })
  const listeners: ((now: Settings, before: Settings) => void)[] = []
  return {
    get: file.get,
    set: (patch) => {
      const before = file.get()
      const given = Object.entries(patch).filter(([, value]) => value !== undefined)
      const now = file.set(Object.fromEntries(given))
      for (const listener of listeners) listener(now, before)
      return now
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
    setAside: file.setAside,
  }
}
