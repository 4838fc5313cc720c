/** The app's settings, owned by main and mirrored here. */
import type { Settings, SettingsPatch } from '@shared/settings'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { valueOf } from './call'

/** `null` until main told them. */
export const settingsStore = createStore<{ readonly settings: Settings | null }>(() => ({ settings: null }))

export function setSettings(settings: Settings): void {
  settingsStore.setState({ settings })
  if (settings.theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = settings.theme
}

/** Changes some settings at once and keeps them; what main refuses is taken back. */
export async function changeSettings(patch: SettingsPatch): Promise<void> {
  const { settings } = settingsStore.getState()
  if (settings !== null) {
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
    setSettings({ ...settings, ...given })
  }
  const saved = await valueOf(window.api.app['app.settings'](patch))
  if (saved !== null) setSettings(saved)
  else if (settings !== null) setSettings(settings)
}

export function useSetting<K extends keyof Settings>(key: K, otherwise: Settings[K]): Settings[K] {
  return useStore(settingsStore, (state) => (state.settings === null ? otherwise : state.settings[key]))
}
