import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import { ServersScreen } from '../../../src/renderer/src/screens/servers/servers-screen'
import { showServer } from '../../../src/renderer/src/stores/ui'
import { undoLast } from '../../../src/renderer/src/stores/undo'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { makeFault, makeForward, servers } from '../harness/_data'

async function openServers(options: FakeOptions = {}): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ servers, forwards: [makeForward('db', { state: 'running' })], ...options })
  render(<ServersScreen />)
  return daemon
}
const press = (name: string | RegExp): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}
const type = (label: string, value: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value } })
}

describe('the servers', () => {
  it('say where they are, the way there, who uses them and whether they are connected', async () => {
    await openServers()
    const row = async (name: RegExp): Promise<HTMLElement> => screen.findByRole('button', { name })
    expect(await row(/● connected/)).toHaveTextContent(
      'bastion● connecteddeploy@bastion.example.net:221 forward, 1 running',
    )
    expect(await row(/^build/)).toHaveTextContent('build○ not connectedme@192.0.2.44:2222 through bastionno forwards')
    expect(await row(/^edge/)).toHaveTextContent('root@[2001:db8::17]:22')
  })

  it('show their algorithms and the forwards that use them', async () => {
    await openServers()
    press(/^bastion/)
    const pane = screen.getByRole('complementary', { name: 'Server bastion' })
    expect(await within(pane).findByText('aes128-gcm@openssh.com')).toBeInTheDocument()
    expect(within(pane).getByText('does not withstand quantum computers')).toBeInTheDocument()
    expect(within(pane).getByRole('button', { name: 'db' })).toBeInTheDocument()
  })

  it('are added with what was typed, and refused in words before that', async () => {
    const daemon = await openServers()
    press('New server')
    press('Add server')
    expect(screen.getByLabelText('Host')).toHaveAccessibleDescription('Host must not be empty.')
    type('Host', 'me@inner.example:2222')
    fireEvent.blur(screen.getByLabelText('Host'))
    type('Key file', '~/.ssh/id_inner')
    fireEvent.blur(screen.getByLabelText('Key file'))
    press('Add server')
    await waitFor(() => {
      expect(callsOf(daemon, 'servers.add')).toMatchObject([
        { name: 'inner', host: 'inner.example', port: 2222, username: 'me', identityFiles: ['~/.ssh/id_inner'] },
      ])
    })
  })

  it('take a key file from the picker', async () => {
    await openServers()
    press('New server')
    press('Choose a key file')
    expect(await screen.findByText('/home/me/.ssh/id_work')).toBeInTheDocument()
    press('Take /home/me/.ssh/id_work away')
    expect(screen.queryByText('/home/me/.ssh/id_work')).not.toBeInTheDocument()
  })

  it('keep certificates beside their keys, and say what the tick does', async () => {
    const daemon = await openServers()
    press('New server')
    type('Host', 'inner.example')
    expect(screen.getByText(/even when the agent holds more/)).toBeInTheDocument()
    type('Key file', '~/.ssh/id_inner')
    fireEvent.blur(screen.getByLabelText('Key file'))
    expect(screen.getByText(/does not use up the attempts/)).toBeInTheDocument()
    type('Certificate file', '~/.ssh/inner-cert.pub')
    fireEvent.blur(screen.getByLabelText('Certificate file'))
    press('Add server')
    await waitFor(() => {
      expect(callsOf(daemon, 'servers.add')).toMatchObject([{ certificateFiles: ['~/.ssh/inner-cert.pub'] }])
    })
  })

  it('say why they cannot be removed', async () => {
    const daemon = await openServers()
    press(/^bastion/)
    daemon.failNext(
      'servers.remove',
      makeFault({ code: 'spec.in-use', message: 'db goes through bastion.', fix: null, remedy: null }),
    )
    press('Remove')
    expect(await screen.findByText('db goes through bastion.')).toBeInTheDocument()
  })

  it('come back after a removal that is undone', async () => {
    const daemon = await openServers()
    press(/^edge/)
    press('Remove')
    await waitFor(() => {
      expect(toastStore.getState().toasts).toMatchObject([{ text: 'edge removed.' }])
    })
    expect(screen.queryByRole('button', { name: /^edge/ })).not.toBeInTheDocument()
    undoLast()
    expect(await screen.findByRole('button', { name: /^edge/ })).toBeInTheDocument()
    expect(callsOf(daemon, 'servers.restore')).toEqual([{ id: 'server-edge' }])
  })

  it('offer back what was typed when the pane is closed unsaved', async () => {
    await openServers()
    press(/^edge/)
    type('User', 'someone')
    fireEvent.keyDown(screen.getByLabelText('User'), { key: 'Escape' })
    await waitFor(() => {
      expect(toastStore.getState().toasts).toMatchObject([{ text: 'The changes to edge were not saved.' }])
    })
    undoLast()
    expect(await screen.findByLabelText('User')).toHaveValue('someone')
  })

  it('open where somebody else asked for', async () => {
    await openServers()
    showServer('new')
    expect(await screen.findByRole('complementary', { name: 'New server' })).toBeInTheDocument()
  })

  it('say what is saved for them, and forget it', async () => {
    const daemon = await openServers({
      saved: [
        { serverId: 'server-bastion', kind: 'password', subject: 'deploy' },
        { serverId: 'server-edge', kind: 'passphrase', subject: '~/.ssh/id_edge' },
      ],
    })
    press(/^bastion/)
    expect(await screen.findByText('Saved: the password of deploy.')).toBeInTheDocument()
    press('Forget it')
    expect(await screen.findByText(/^No password is saved/)).toBeInTheDocument()
    expect(callsOf(daemon, 'app.forgetSecrets')).toEqual([{ serverId: 'server-bastion' }])
    press(/^edge/)
    expect(await screen.findByText('Saved: the passphrase of ~/.ssh/id_edge.')).toBeInTheDocument()
  })
})

describe('the trusted keys', () => {
  it('are listed with their fingerprint in groups', async () => {
    await openServers()
    expect(await screen.findByText(/SHA256: uNiV ztks/)).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Forget the key of bastion.example.net' })).toBeInTheDocument()
  })
})
