import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { ActivityScreen } from '../../../src/renderer/src/screens/activity/activity-screen'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import { forwardsStore } from '../../../src/renderer/src/stores/forwards'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { openConnectedWindow } from '../_window'
import type { FakeDaemon } from '../harness/fake-api'
import { makeForward, servers } from '../harness/_data'

async function openActivity(): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ servers, forwards: [makeForward('db'), makeForward('web')] })
  render(<ActivityScreen />)
  await screen.findByText('db started.')
  return daemon
}

describe('the activity', () => {
  it('shows what happens while it is open', async () => {
    const daemon = await openActivity()
    act(() => {
      daemon.emit('activity.added', {
        event: {
          id: 2000,
          at: new Date().toISOString(),
          kind: 'failed',
          forwardId: 'forward-gone',
          serverId: null,
          subject: 'gone',
          message: 'bastion refused the login.',
          code: 'ssh.auth-failed',
        },
      })
    })
    expect(screen.getByText('bastion refused the login.')).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'gone' })).not.toBeInTheDocument()
  })

  it('leads to the forward it speaks of', async () => {
    await openActivity()
    fireEvent.click(screen.getByRole('button', { name: 'db' }))
    expect(uiStore.getState()).toMatchObject({ screen: 'forwards', pane: { kind: 'detail', forwardId: 'forward-db' } })
  })

  it('brings back a forward that somebody else removed, while that can be done', async () => {
    const daemon = await openActivity()
    await window.api.daemon['forwards.remove']({ ids: ['forward-web'] })
    const event = { at: new Date().toISOString(), kind: 'removed', serverId: null, code: null } as const
    act(() => {
      const web = { id: 2000, forwardId: 'forward-web', subject: 'web', message: 'It was removed in ops.' }
      const old = { id: 2001, forwardId: 'forward-old', subject: 'old', message: 'It was removed long ago.' }
      for (const one of [web, old]) daemon.emit('activity.added', { event: { ...event, ...one } })
    })
    fireEvent.click(await screen.findByRole('button', { name: 'Bring back web' }))
    await waitFor(() => {
      expect(forwardsStore.getState().byId.get('forward-web')?.snapshot.state).toBe('stopped')
    })
    expect(toastStore.getState().toasts).toMatchObject([{ text: 'web is back, stopped.' }])
    expect(screen.queryByRole('button', { name: /^Bring back/ })).not.toBeInTheDocument()
  })

  it('is searched, and says when nothing matches', async () => {
    await openActivity()
    const search = screen.getByLabelText('Search the activity')
    fireEvent.change(search, { target: { value: 'web' } })
    expect(screen.queryByText('db started.')).not.toBeInTheDocument()
    fireEvent.change(search, { target: { value: 'nothing like this' } })
    fireEvent.click(screen.getByRole('button', { name: 'Show everything' }))
    expect(screen.getByText('db started.')).toBeInTheDocument()
  })
})
