/** The cloud screen over a fake daemon. */
import { fireEvent, render, screen } from '@testing-library/react'
import { Toaster } from '../../../src/renderer/src/components/toaster'
import { CloudScreen } from '../../../src/renderer/src/screens/cloud/cloud-screen'
import { showCloud, type CloudPage } from '../../../src/renderer/src/stores/ui'
import { openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'

export async function openCloud(options: FakeOptions = {}, page: CloudPage = { kind: 'account' }): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow(options)
  showCloud(page)
  render(
    <>
      <CloudScreen />
      <Toaster />
    </>,
  )
  await screen.findByRole('heading', { name: 'Cloud' })
  return daemon
}

/** Takes an option of a choice, as a mouse does: pressed and let go on it. */
export async function take(choice: string, option: string | RegExp): Promise<void> {
  fireEvent.click(screen.getByRole('combobox', { name: choice }))
  const item = await screen.findByRole('option', { name: option })
  fireEvent.pointerDown(item, { pointerType: 'mouse' })
  fireEvent.click(item)
}
