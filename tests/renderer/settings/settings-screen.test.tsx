import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { confirmStore } from '../../../src/renderer/src/components/confirm'
import { SettingsScreen } from '../../../src/renderer/src/screens/settings/settings-screen'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { makeForward } from '../harness/_data'

async function openSettings(options: FakeOptions = {}): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow(options)
  render(<SettingsScreen />)
  await screen.findByText('Native crypto')
  return daemon
}

describe('the settings', () => {
  it('take effect at once', async () => {
    const daemon = await openSettings()
    fireEvent.click(screen.getByRole('radio', { name: 'Dark' }))
    fireEvent.click(screen.getByRole('switch', { name: 'Start at login' }))
    fireEvent.click(screen.getByRole('switch', { name: 'Notifications' }))
    await waitFor(() => {
      expect(callsOf(daemon, 'app.settings')).toEqual([
        { theme: 'dark' },
        { startAtLogin: true },
        { notifications: false },
      ])
    })
    expect(document.documentElement.dataset.theme).toBe('dark')
  })

  it('name the keyring, and what its absence means', async () => {
    await openSettings({ hello: { keyring: { available: false, backend: 'basic_text' } } })
    expect(screen.getByText('no keyring')).toBeInTheDocument()
    expect(screen.getByRole('combobox', { name: 'Without a keyring' })).toBeInTheDocument()
  })

  it('do not claim that there is no keyring before the desktop answered', async () => {
    await openSettings({ hello: { keyring: { available: false, backend: 'unknown' } } })
    expect(screen.getByText('not known yet')).toBeInTheDocument()
    expect(screen.queryByRole('combobox')).not.toBeInTheDocument()
  })

  it('forget every secret only when asked twice', async () => {
    const daemon = await openSettings()
    fireEvent.click(screen.getByRole('button', { name: 'Forget all' }))
    confirmStore.getState().question?.answer(true)
    await waitFor(() => {
      expect(callsOf(daemon, 'app.forgetSecrets')).toEqual([{ serverId: null }])
    })
  })

  it('say how many forwards a restart of the daemon closes', async () => {
    const daemon = await openSettings({ forwards: [makeForward('db', { state: 'running' })] })
    fireEvent.click(screen.getByRole('button', { name: 'Restart the daemon' }))
    expect(confirmStore.getState().question?.body).toContain('1 forward will close')
    confirmStore.getState().question?.answer(true)
    await waitFor(() => {
      expect(callsOf(daemon, 'app.restartDaemon')).toHaveLength(1)
    })
  })
})
