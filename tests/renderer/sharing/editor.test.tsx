import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { describe, expect, it } from 'vitest'
import { ConfirmHost } from '../../../src/renderer/src/components/confirm-host'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import { ForwardEditor } from '../../../src/renderer/src/screens/editor/forward-editor'
import { closePane, uiStore, useUi } from '../../../src/renderer/src/stores/ui'
import { callsOf, openConnectedWindow } from '../_window'
import { makeCloud, OPS, WEB } from '../harness/_cloud'
import { makeFault, makeForward, makeServer } from '../harness/_data'
import { fieldsOf, makeShared } from '../harness/_sharing'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'

function Host(): ReactNode {
  const pane = useUi((state) => state.pane)
  return (
    <>
      {pane?.kind === 'editor' && <ForwardEditor forwardId={pane.forwardId} start={pane.start} onClose={closePane} />}
      <ConfirmHost />
    </>
  )
}

async function openEditor(name: string | null, options: FakeOptions = {}): Promise<FakeDaemon> {
  const cloud = { view: makeCloud() }
  const daemon = await openConnectedWindow({
    servers: [makeServer('bastion', { username: 'deploy' })],
    cloud,
    ...options,
  })
  uiStore.setState({ pane: { kind: 'editor', forwardId: name === null ? null : `forward-${name}`, start: {} } })
  render(<Host />)
  return daemon
}
const field = (name: string): HTMLElement => screen.getByRole('textbox', { name })
const type = (name: string, value: string): void => {
  fireEvent.change(field(name), { target: { value } })
}
const press = async (name: string): Promise<void> => {
  await userEvent.click(screen.getByRole('button', { name }))
}
async function keep(option: string | RegExp): Promise<void> {
  await userEvent.click(screen.getByRole('combobox', { name: 'Kept' }))
  await userEvent.click(await screen.findByRole('option', { name: option }))
}
/** db of ops: its port here is another one than the shared. */
const db = (): ReturnType<typeof makeShared> => {
  const view = makeShared('db', {}, { spec: { localPort: 15_432 } })
  return {
    ...view,
    cloud: view.cloud === null ? null : { ...view.cloud, shared: { ...fieldsOf(view), localPort: 5432 } },
  }
}

describe('where a forward is kept', () => {
  it('is no question without an account', async () => {
    await openEditor(null, { cloud: {} })
    expect(screen.queryByRole('combobox', { name: 'Kept' })).toBeNull()
  })

  it('is this machine only until the person says otherwise', async () => {
    const daemon = await openEditor(null)
    expect(screen.getByRole('combobox', { name: 'Kept' })).toHaveTextContent('This machine only')
    type('Target host', 'db.internal')
    type('Target port', '5432')
    await press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.add')).toHaveLength(1)
    })
    expect(callsOf(daemon, 'cloud.share')).toEqual([])
  })

  it('is a team after the forward is saved, and says what that means for others', async () => {
    const daemon = await openEditor(null)
    type('Target host', 'db.internal')
    type('Target port', '5432')
    await keep(/^Team ops/)
    expect(screen.getByText(/^Everybody in ops gets its ends/)).toBeInTheDocument()
    await press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.share')).toEqual([{ ids: ['forward-db'], namespace: OPS }])
    })
    await waitFor(() => {
      expect(uiStore.getState().pane).toMatchObject({ kind: 'detail' })
    })
  })

  it('cannot be a team in which one may only run forwards', async () => {
    await openEditor('mine', { forwards: [makeForward('mine')] })
    await userEvent.click(screen.getByRole('combobox', { name: 'Kept' }))
    const option = await screen.findByRole('option', { name: /Team web/ })
    expect(option).toHaveAttribute('aria-disabled', 'true')
    expect(option).toHaveTextContent('you may run them, not add any')
  })

  it('keeps the forward and says why when it could not be shared', async () => {
    const daemon = await openEditor('mine', { forwards: [makeForward('mine')] })
    daemon.failNext(
      'cloud.share',
      makeFault({ code: 'cloud.refused', message: 'The cloud has no word for it.', fix: null }),
    )
    await keep(/^Team ops/)
    await press('Save')
    await waitFor(() => {
      expect(toastStore.getState().toasts.map(({ text }) => text)).toEqual([
        'mine is saved, but it stays where it is: The cloud has no word for it.',
      ])
    })
    expect(uiStore.getState().pane).toMatchObject({ kind: 'detail' })
  })

  it('asks before others lose it, and does nothing at a no', async () => {
    const daemon = await openEditor('db', { forwards: [db()] })
    await keep(/This machine only/)
    await press('Save')
    const question = await screen.findByRole('alertdialog')
    expect(question).toHaveTextContent('Stop sharing db?')
    expect(question).toHaveTextContent('It goes away for everybody in ops')
    await userEvent.click(within(question).getByRole('button', { name: 'Keep sharing' }))
    expect(callsOf(daemon, 'cloud.share')).toEqual([])
    await press('Save')
    await userEvent.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Stop sharing' }))
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.share')).toEqual([{ ids: ['forward-db'], namespace: 'local' }])
    })
  })

  it('can only be this machine for a range', async () => {
    await openEditor('workers', {
      forwards: [makeForward('workers', { spec: { localPort: 9000, remotePort: 9000, portCount: 10 } })],
    })
    expect(screen.getByRole('combobox', { name: 'Kept' })).toBeDisabled()
    expect(screen.getByText(/a range cannot be shared/)).toBeInTheDocument()
  })

  it('refuses to save a shared forward that became a range', async () => {
    const daemon = await openEditor('db', { forwards: [db()] })
    type('Port on this machine', '9000-9009')
    type('Target port', '9000-9009')
    await press('Save')
    expect(screen.getByRole('combobox', { name: 'Kept' })).toHaveAccessibleDescription(/a range cannot be shared/)
    expect(callsOf(daemon, 'forwards.update')).toEqual([])
  })
})

describe('what is shared and what is mine', () => {
  it('stands in two columns with what is mine marked', async () => {
    await openEditor('db', { forwards: [db()] })
    const table = within(screen.getByRole('region', { name: 'Shared and mine' }))
    expect(table.getByRole('columnheader', { name: 'Shared with ops' })).toBeInTheDocument()
    expect(table.getByRole('columnheader', { name: 'On this machine' })).toBeInTheDocument()
    const port = table.getByText('Port on this machine').closest('tr')
    expect(port).toHaveTextContent('mine')
    expect(port?.nextElementSibling).toHaveTextContent('543215432')
  })

  it('sends only what was changed, so that nothing of others is undone', async () => {
    const daemon = await openEditor('db', { forwards: [db()] })
    type('Target port', '6432')
    expect(screen.getByText('changes for everybody')).toBeInTheDocument()
    await press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.update')).toEqual([{ id: 'forward-db', patch: { remotePort: 6432 } }])
    })
  })

  it('makes a value my own before it is saved, or others would get it', async () => {
    const daemon = await openEditor('db', { forwards: [db()] })
    await press('Keep my own: Target port')
    type('Target port', '6432')
    expect(screen.queryByText('changes for everybody')).toBeNull()
    await press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.update')).toHaveLength(1)
    })
    const order = daemon.calls.map(({ method }) => method).filter((method) => /setOverride|update/.test(method))
    expect(order).toEqual(['cloud.setOverride', 'forwards.update'])
    expect(callsOf(daemon, 'cloud.setOverride')).toEqual([{ id: 'forward-db', field: 'remotePort', own: true }])
  })

  it('takes the shared value in place of mine', async () => {
    const daemon = await openEditor('db', { forwards: [db()] })
    await press('Use the shared value: Port on this machine')
    expect(field('Port on this machine')).toHaveValue('5432')
    await press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.setOverride')).toContainEqual({ id: 'forward-db', field: 'localPort', own: false })
    })
    const [first] = callsOf(daemon, 'cloud.setOverride')
    expect(first).toMatchObject({ field: 'localPort' })
    await waitFor(() => {
      expect(daemon.forwards.get('forward-db')?.spec.localPort).toBe(5432)
    })
    // The daemon took the shared value already: there is nothing left to change.
    expect(callsOf(daemon, 'forwards.update')).toEqual([])
  })

  it('stays open with the fault when a choice cannot be made', async () => {
    const daemon = await openEditor('db', { forwards: [db()] })
    daemon.failNext('cloud.setOverride', makeFault({ code: 'cloud.signed-out', message: 'Nobody is signed in.' }))
    await press('Keep my own: Name')
    type('Name', 'orders')
    await press('Save')
    expect(await screen.findByText('Nobody is signed in.')).toBeInTheDocument()
    expect(callsOf(daemon, 'forwards.update')).toEqual([])
    expect(field('Name')).toHaveValue('orders')
  })

  it('follows what others change while the form is open, and says what both changed', async () => {
    const view = db()
    const daemon = await openEditor('db', { forwards: [view] })
    type('Target port', '6432')
    act(() => {
      daemon.emit('forwards.changed', {
        changed: [{ ...view, spec: { ...view.spec, remoteHost: 'db-2', remotePort: 7432 } }],
        removed: [],
      })
    })
    expect(field('Target host')).toHaveValue('db-2')
    expect(field('Target port')).toHaveValue('6432')
    expect(screen.getByText(/^Changed elsewhere while you edit: target port/)).toBeInTheDocument()
    await press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.update')).toEqual([{ id: 'forward-db', patch: { remotePort: 6432 } }])
    })
  })

  it('is read-only with the reason for who may only run it, but for what is mine', async () => {
    const wiki = makeShared('wiki', { namespace: WEB, space: 'web', editable: false })
    const daemon = await openEditor('wiki', { forwards: [wiki] })
    expect(screen.queryByRole('radiogroup', { name: 'What it does' })).toBeNull()
    for (const name of ['Target host', 'Target port', 'Name', 'Description']) {
      expect(field(name)).toHaveAttribute('readonly')
      expect(field(name)).toHaveAccessibleDescription(/not change them: your role there is User/)
    }
    expect(screen.getByRole('combobox', { name: 'Server' })).toBeDisabled()
    expect(screen.getByRole('combobox', { name: 'Kept' })).toBeDisabled()
    expect(field('Port on this machine')).not.toHaveAttribute('readonly')
    await press('Keep my own: Target port')
    expect(field('Target port')).not.toHaveAttribute('readonly')
    type('Port on this machine', '8099')
    await press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.update')).toEqual([{ id: 'forward-wiki', patch: { localPort: 8099 } }])
    })
  })
})

describe('shared secrets', () => {
  it('are shared, replaced and taken back at once, without saving the form', async () => {
    const daemon = await openEditor('db', { forwards: [db()] })
    await press('Share the password')
    const dialog = await screen.findByRole('dialog')
    expect(dialog).toHaveTextContent('Every member of ops who holds the key of the team can open and use it')
    fireEvent.change(within(dialog).getByLabelText('Password'), { target: { value: 'hunter2' } })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Share' }))
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.setSecret')).toEqual([{ id: 'forward-db', kind: 'password', value: 'hunter2' }])
    })
    expect(await screen.findByText('shared, sealed')).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Replace the password' })).toBeInTheDocument()
    await press('Take the password back')
    const question = await screen.findByRole('alertdialog')
    expect(question).toHaveTextContent('Who used it may know it still: change it on bastion too.')
    await userEvent.click(within(question).getByRole('button', { name: 'Take back' }))
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.setSecret')).toHaveLength(2)
    })
    expect(callsOf(daemon, 'cloud.setSecret')[1]).toEqual({ id: 'forward-db', kind: 'password', value: null })
    expect(callsOf(daemon, 'forwards.update')).toEqual([])
    expect(uiStore.getState().pane).toMatchObject({ kind: 'editor' })
  })

  it('keep what was typed when sealing fails, and say why', async () => {
    const daemon = await openEditor('db', { forwards: [db()] })
    daemon.failNext('cloud.setSecret', makeFault({ code: 'cloud.key-locked', message: 'The key is locked here.' }))
    await press('Share the private key')
    const dialog = await screen.findByRole('dialog')
    const key = within(dialog).getByLabelText('Private key')
    const share = within(dialog).getByRole('button', { name: 'Share' })
    fireEvent.change(key, { target: { value: 'ssh-ed25519 AAAAC3Nz ada@laptop' } })
    await userEvent.click(share)
    expect(await within(dialog).findByText(/^It is a public key/)).toBeInTheDocument()
    const text = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
    fireEvent.change(key, { target: { value: text } })
    await userEvent.click(share)
    expect(await within(dialog).findByText('The key is locked here.')).toBeInTheDocument()
    expect(key).toHaveValue(text)
  })

  it('cannot be shared with a server that keeps none sealed', async () => {
    await openEditor('db', { forwards: [db()], cloud: { view: makeCloud({ key: 'unsupported' }) } })
    expect(screen.getByText(/passwords, keys and passphrases never leave this machine/)).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Share the password' })).toBeNull()
  })

  it('lead to the key of the account where there is none yet', async () => {
    await openEditor('db', { forwards: [db()], cloud: { view: makeCloud({ key: 'none' }) } })
    await press('Make the key…')
    expect(uiStore.getState()).toMatchObject({ screen: 'cloud', cloudPage: { kind: 'account' } })
  })
})
