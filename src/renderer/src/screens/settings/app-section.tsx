import type { Settings } from '@shared/settings'
import type { ReactNode } from 'react'
import { Segmented } from '../../components/segmented'
import { changeSettings, useSetting } from '../../stores/settings'
import { Section, Setting, SwitchSetting } from './setting'

const themes = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const satisfies readonly { value: Settings['theme']; label: string }[]

/** How the app looks and behaves on this desktop. */
export function AppSection(): ReactNode {
  const theme = useSetting('theme', 'system')
  const notifications = useSetting('notifications', true)
  const startAtLogin = useSetting('startAtLogin', false)
  return (
    <Section title="App">
      <Setting label="Theme">
        <Segmented
          label="Theme"
          value={theme}
          options={themes}
          onChange={(next) => {
            void changeSettings({ theme: next })
          }}
        />
      </Setting>
      <SwitchSetting
        label="Notifications"
        hint="When a forward or relay fails for good, uses up its quota, needs you, or runs again"
        checked={notifications}
        onChange={(next) => {
          void changeSettings({ notifications: next })
        }}
      />
      <SwitchSetting
        label="Start at login"
        hint="Without a window, in the tray"
        checked={startAtLogin}
        onChange={(next) => {
          void changeSettings({ startAtLogin: next })
        }}
      />
    </Section>
  )
}
