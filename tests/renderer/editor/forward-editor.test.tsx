import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { describe, expect, it } from 'vitest'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import { ForwardEditor } from '../../../src/renderer/src/screens/editor/forward-editor'
import { closePane, newForward, uiStore, useUi } from '../../../src/renderer/src/stores/ui'
import { undoLast } from '../../../src/renderer/src/stores/undo'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { makeFault, makeForward, makeServer, servers } from '../harness/_data'

/** The pane as the shell makes it, without the shell. */
function Host(): ReactNode {
  const pane = useUi((state) => state.pane)
  return pane?.kind === 'editor' ? (
    <ForwardEditor forwardId={pane.forwardId} start={pane.start} onClose={closePane} />
  ) : null
}

async function openEditor(options: FakeOptions & { forwardId?: string } = {}): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ servers: [makeServer('bastion')], ...options })
  uiStore.setState({ pane: { kind: 'editor', forwardId: options.forwardId ?? null, start: {} } })
  render(<Host />)
  return daemon
}
const type = (label: string | RegExp, value: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value } })
}
const press = (name: string): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}

describe('the form of a forward', () => {
  it('saves and starts what was typed', async () => {
    const daemon = await openEditor()
    type('Target host', 'db.internal')
    type('Target port', '5432')
    expect(screen.getByText(/reach db.internal:5432 as seen from bastion/)).toBeInTheDocument()
    press('Save and start')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.start')).toHaveLength(1)
    })
    expect(callsOf(daemon, 'forwards.add')).toMatchObject([
      { name: 'db', type: 'local', localPort: 5432, remoteHost: 'db.internal', serverId: 'server-bastion' },
    ])
    expect(uiStore.getState().pane).toMatchObject({ kind: 'detail' })
    expect(toastStore.getState().toasts).toEqual([])
  })

  it('says nothing of a port that is not typed yet', async () => {
    await openEditor()
    fireEvent.click(screen.getByRole('radio', { name: /Offer/ }))
    expect(screen.getByText('People on bastion connect to a port there and reach 127.0.0.1 here.')).toBeInTheDocument()
  })

  it('says of a proxy for the network whether it asks for a login', async () => {
    await openEditor()
    fireEvent.click(screen.getByRole('radio', { name: /Browse/ }))
    type('Address on this machine', '0.0.0.0')
    expect(screen.getByText(/can connect, without a password/)).toBeInTheDocument()
    type('User name for clients', 'ada')
    expect(screen.getByText(/can connect, with the name and the password for clients/)).toBeInTheDocument()
  })

  it('shows each error at its field and moves there', async () => {
    const daemon = await openEditor()
    press('Save and start')
    const host = screen.getByLabelText('Target host')
    expect(host).toHaveAccessibleDescription('Target host is missing.')
    expect(host).toBeInvalid()
    await waitFor(() => {
      expect(document.activeElement).toBeInvalid()
    })
    expect(callsOf(daemon, 'forwards.add')).toEqual([])
  })

  it('says who holds the port and offers the next one', async () => {
    const daemon = await openEditor({ taken: true })
    type('Target host', 'db')
    type('Target port', '5432')
    expect(await screen.findByText('Port 5432 is held by postgres, pid 812.')).toBeInTheDocument()
    press('Save and start')
    expect(callsOf(daemon, 'forwards.add')).toEqual([])
    press('Use 5433')
    expect(screen.getByLabelText('Port on this machine')).toHaveValue('5433')
  })

  it('says nothing about the assumed port of a new proxy before somebody typed', async () => {
    const daemon = await openEditor({ taken: true })
    await userEvent.click(screen.getByRole('radio', { name: /Browse/ }))
    await waitFor(() => {
      expect(callsOf(daemon, 'ports.check')).toEqual([{ host: '127.0.0.1', port: 1080, protocol: 'tcp' }])
    })
    expect(screen.queryByText(/Port 1080 is held/)).toBeNull()
    fireEvent.blur(screen.getByLabelText('Name'))
    expect(await screen.findByText(/Port 1080 is held/)).toBeInTheDocument()
  })

  it('offers another name where one is taken', async () => {
    await openEditor({ forwards: [makeForward('db')] })
    type('Name', 'DB')
    expect(screen.getByText('The name DB is taken.')).toBeInTheDocument()
    press('Use DB-2')
    expect(screen.getByLabelText('Name')).toHaveValue('DB-2')
  })

  it('puts what the daemon refuses at its field', async () => {
    const daemon = await openEditor()
    type('Target host', 'db')
    type('Target port', '5432')
    daemon.failNext(
      'forwards.add',
      makeFault({ code: 'spec.invalid', message: 'Port 5432 is not for you.', field: 'localPort', remedy: null }),
    )
    press('Save')
    expect(await screen.findByText('Port 5432 is not for you.')).toBeInTheDocument()
    expect(screen.getByLabelText('Port on this machine')).toBeInvalid()
  })

  it('saves limits with it, shows what is refused at its field, and leaves alone what nobody touched', async () => {
    const daemon = await openEditor()
    type('Target host', 'db')
    type('Target port', '5432')
    type('Connections at once', 'many')
    press('Save')
    expect(screen.getByLabelText('Connections at once')).toBeInvalid()
    expect(callsOf(daemon, 'forwards.add')).toEqual([])
    type('Connections at once', '5')
    daemon.failNext(
      'forwards.add',
      makeFault({ code: 'spec.invalid', message: 'Five is too many.', field: 'limits.maxConnections', remedy: null }),
    )
    press('Save')
    expect(await screen.findByText('Five is too many.')).toBeInTheDocument()
    type('Connections at once', '4')
    press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.add').at(-1)).toMatchObject({ limits: { maxConnections: 4 } })
    })
  })

  it('sends no limits that were not changed', async () => {
    const daemon = await openEditor({ forwards: [makeForward('db')], forwardId: 'forward-db' })
    type('Description', 'ours')
    press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.update')).toMatchObject([{ patch: { description: 'ours' } }])
    })
    expect(callsOf(daemon, 'forwards.update')[0]).not.toHaveProperty('patch.limits')
  })

  it('asks once before it listens for the network', async () => {
    const daemon = await openEditor()
    type('Target host', 'db')
    type('Target port', '5432')
    type('Address on this machine', '0.0.0.0')
    press('Save')
    expect(screen.getByRole('alert')).toHaveTextContent('Confirm this')
    expect(callsOf(daemon, 'forwards.add')).toEqual([])
    fireEvent.click(screen.getByLabelText('That is what I want'))
    press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.add')).toMatchObject([{ bindAddress: '0.0.0.0' }])
    })
  })

  it('does not ask again for a forward that is exposed already', async () => {
    const forwards = [makeForward('db', { spec: { bindAddress: '0.0.0.0' } })]
    const daemon = await openEditor({ forwards, forwardId: 'forward-db' })
    type('Description', 'ours')
    press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.update')).toMatchObject([{ id: 'forward-db', patch: { description: 'ours' } }])
    })
  })

  it('makes the server of a pasted command, then the forward', async () => {
    const daemon = await openEditor({ servers })
    const box = screen.getByLabelText('Paste an ssh command')
    fireEvent.paste(box, { clipboardData: { getData: () => 'ssh -J edge -L 15432:db:5432 \\\n  ops@inner.example' } })
    expect(screen.getByLabelText('Server address')).toHaveValue('ops@inner.example')
    press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.add')).toMatchObject([{ serverId: 'server-inner.example', localPort: 15_432 }])
    })
    expect(callsOf(daemon, 'servers.add')).toMatchObject([
      { name: 'inner.example', host: 'inner.example', username: 'ops', jump: ['server-edge'] },
    ])
  })

  it('begins with a new server where there is none', async () => {
    const daemon = await openEditor({ servers: [] })
    type('Target host', 'db')
    type('Target port', '5432')
    press('Save')
    expect(screen.getByLabelText('Server address')).toBeInvalid()
    type('Server address', 'me@bastion.example:2222')
    expect(screen.getByLabelText('Server name')).not.toHaveValue('')
    press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'servers.add')).toMatchObject([{ host: 'bastion.example', port: 2222, username: 'me' }])
    })
  })

  it('splits a host typed with its port', async () => {
    await openEditor()
    type('Target host', 'db.internal:6432')
    fireEvent.blur(screen.getByLabelText('Target host'))
    expect(screen.getByLabelText('Target host')).toHaveValue('db.internal')
    expect(screen.getByLabelText('Target port')).toHaveValue('6432')
  })

  it('offers back what was typed when it is closed unsaved', async () => {
    await openEditor()
    type('Target host', 'db')
    fireEvent.keyDown(screen.getByLabelText('Target host'), { key: 'Escape' })
    expect(screen.queryByRole('form')).not.toBeInTheDocument()
    expect(toastStore.getState().toasts).toMatchObject([{ text: 'The new forward was not saved.' }])
    undoLast()
    expect(await screen.findByLabelText('Target host')).toHaveValue('db')
  })

  it('closes without a word when nothing was typed', async () => {
    await openEditor()
    press('Close')
    expect(toastStore.getState().toasts).toEqual([])
  })

  it('takes tags by comma, Enter and Backspace, and does not submit meanwhile', async () => {
    const user = userEvent.setup()
    const daemon = await openEditor()
    const tags = screen.getByLabelText('Tags')
    await user.type(tags, 'staging,ops{Enter}')
    expect(screen.getByRole('button', { name: 'Remove the tag ops' })).toBeInTheDocument()
    await user.type(tags, '{Backspace}')
    expect(screen.queryByRole('button', { name: 'Remove the tag ops' })).not.toBeInTheDocument()
    expect(callsOf(daemon, 'forwards.add')).toEqual([])
  })

  it('only saves a forward that runs, and says what that cuts', async () => {
    await openEditor({ forwards: [makeForward('db', { state: 'running', connections: 3 })], forwardId: 'forward-db' })
    type('Description', 'ours')
    expect(screen.queryByText(/Saving restarts/)).not.toBeInTheDocument()
    type('Target port', '5433')
    expect(screen.getByText('Saving restarts it and ends 3 connections.')).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Save and start' })).not.toBeInTheDocument()
  })

  it('begins a copy from the forward it copies', async () => {
    await openConnectedWindow({ servers, forwards: [makeForward('db')] })
    newForward({ copyOf: 'forward-db' })
    render(<Host />)
    expect(screen.getByLabelText('Name')).toHaveValue('db-2')
    expect(screen.getByLabelText('Target host')).toHaveValue('db')
  })
})
