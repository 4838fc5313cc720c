import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import { expect, it } from 'vitest'
import { ChangedKeyDialog } from '../../../src/renderer/src/needs/changed-key-dialog'
import { applyRemedy } from '../../../src/renderer/src/stores/forward-actions'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { callsOf, openConnectedWindow } from '../_window'
import { makeForward } from '../harness/_data'
import { makeConflict, newKey, oldKey } from '../harness/_host-keys'
import type { FakeDaemon } from '../harness/fake-api'

async function compare(changes: Parameters<typeof makeConflict>[0] = {}): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ forwards: [makeForward('db', { state: 'failed' })] })
  render(<ChangedKeyDialog />)
  await applyRemedy('forward-db', { action: 'compare-host-keys', conflict: makeConflict(changes) })
  await screen.findByRole('dialog', { name: 'bastion shows another key' })
  return daemon
}

it('shows both keys, where the old one is recorded and the command that takes it out', async () => {
  const daemon = await compare()
  expect(screen.getByRole('region', { name: 'Recorded' }).textContent.replaceAll(/\s/g, '')).toContain(
    oldKey.fingerprint,
  )
  expect(screen.getByRole('region', { name: 'Shown now' }).textContent.replaceAll(/\s/g, '')).toContain(
    newKey.fingerprint,
  )
  expect(screen.getByText('/home/me/.ssh/known_hosts:14')).toBeInTheDocument()
  fireEvent.click(screen.getByRole('button', { name: 'Copy' }))
  await waitFor(() => {
    expect(callsOf(daemon, 'app.copy')).toEqual(['ssh-keygen -R bastion.example.net -f /home/me/.ssh/known_hosts'])
  })
})

it('has the focus on Close and no way to accept the new key', async () => {
  await compare()
  await waitFor(() => {
    expect(screen.getByRole('button', { name: 'Close' })).toHaveFocus()
  })
  expect(screen.queryByRole('button', { name: /trust and|accept/i })).not.toBeInTheDocument()
})

it('leads to the trusted keys when the old one is recorded in Warren, and only then', async () => {
  await compare()
  fireEvent.click(screen.getByRole('button', { name: 'Show trusted keys' }))
  expect(uiStore.getState()).toMatchObject({ screen: 'servers', trustedToShow: 'bastion.example.net' })
  await waitFor(() => {
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
  })
})

it('tries again when the person has taken the old one out', async () => {
  const daemon = await compare({ recorded: [{ ...oldKey, file: '/home/me/.ssh/known_hosts', line: 14 }] })
  expect(screen.queryByRole('button', { name: 'Show trusted keys' })).not.toBeInTheDocument()
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => {
    expect(callsOf(daemon, 'forwards.start')).toEqual([{ ids: ['forward-db'] }])
  })
})
