import { fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { App } from '../../../src/renderer/src/app'
import { toastStore } from '../../../src/renderer/src/components/toasts'
// Loaded beforehand: a screen that is loaded when it is shown would make the machine's speed part of the test.
import '../../../src/renderer/src/screens/cloud/cloud-screen'
import '../../../src/renderer/src/screens/servers/servers-screen'
import '../../../src/renderer/src/screens/welcome/welcome-screen'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { openConnectedWindow } from '../_window'
import { cloudFrom } from '../harness/_cloud'
import { configServers } from '../harness/_config'
import { makeFault } from '../harness/_data'

describe('the first run', () => {
  it('shows three forwards one click after the demo was chosen', async () => {
    await openConnectedWindow()
    render(<App />)
    fireEvent.click(await screen.findByRole('button', { name: 'Try the demo server' }))
    expect(await screen.findByRole('switch', { name: 'demo-web' })).toBeInTheDocument()
    expect(screen.getByRole('switch', { name: 'demo-echo' })).toBeInTheDocument()
    expect(screen.getByRole('switch', { name: 'demo-socks' })).toBeInTheDocument()
  })

  it('opens the form of a server', async () => {
    await openConnectedWindow()
    render(<App />)
    fireEvent.click(await screen.findByRole('button', { name: 'Add a server' }))
    expect(await screen.findByRole('complementary', { name: 'New server' })).toBeInTheDocument()
  })

  it('leads who has a team to its server', async () => {
    await openConnectedWindow()
    render(<App />)
    fireEvent.click(await screen.findByRole('button', { name: 'Sign in to its server' }))
    expect(await screen.findByLabelText('Server address')).toBeInTheDocument()
  })

  it('sends nobody to a sign-in who is signed in', async () => {
    await openConnectedWindow({ cloud: cloudFrom('in-sync') })
    render(<App />)
    expect(await screen.findByRole('button', { name: 'Try the demo server' })).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Sign in to its server' })).not.toBeInTheDocument()
  })

  it('begins with a forward where the ssh config brings the servers', async () => {
    await openConnectedWindow({ servers: configServers })
    render(<App />)
    expect(await screen.findByText('2 servers of your ssh config are ready to be used.')).toBeInTheDocument()
    fireEvent.click(screen.getByRole('button', { name: 'New forward' }))
    expect(uiStore.getState().pane).toMatchObject({ kind: 'editor', forwardId: null })
  })

  it('says why the demo server does not start', async () => {
    const daemon = await openConnectedWindow()
    render(<App />)
    daemon.failNext(
      'demo.start',
      makeFault({ code: 'store.full', message: 'The disk is full.', fix: null, remedy: null }),
    )
    fireEvent.click(await screen.findByRole('button', { name: 'Try the demo server' }))
    await screen.findByRole('button', { name: 'Try the demo server' })
    expect(await screen.findByText('The disk is full.')).toBeInTheDocument()
    expect(toastStore.getState().toasts).toHaveLength(1)
  })
})
