import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { describe, expect, it } from 'vitest'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import { RelaysPane } from '../../../src/renderer/src/screens/relays/relays-pane'
import { editRelay, newRelay, uiStore, type RelayStart } from '../../../src/renderer/src/stores/ui'
import { undoLast } from '../../../src/renderer/src/stores/undo'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { makeFault } from '../harness/_data'
import { makeRelay, sampleRelays } from '../harness/_relays'

function Panes(): ReactNode {
  return <RelaysPane />
}

async function openNew(start: RelayStart = {}, options: FakeOptions = {}): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow(options)
  newRelay(start)
  render(<Panes />)
  await screen.findByRole('form', { name: 'New relay' })
  return daemon
}
async function openEdit(name: string, options: FakeOptions = {}): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ relays: sampleRelays(), ...options })
  editRelay(`relay-${name}`)
  render(<Panes />)
  await screen.findByRole('form', { name: `Edit ${name}` })
  return daemon
}
const type = (label: string, text: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } })
}
const save = (): Promise<void> => userEvent.click(screen.getByRole('button', { name: 'Save and start' }))

describe('the form of a relay', () => {
  it('makes one of a host and a port, and starts it', async () => {
    const daemon = await openNew()
    await userEvent.type(screen.getByLabelText('Target host'), 'db.internal:5432')
    await userEvent.tab()
    expect(screen.getByLabelText('Port on this machine')).toHaveValue('5432')
    expect(screen.getByText('People here connect to 127.0.0.1:5432 and reach db.internal:5432.')).toBeInTheDocument()
    await save()
    expect(callsOf(daemon, 'relays.add')).toMatchObject([
      { name: 'db', protocol: 'tcp', listenHost: '127.0.0.1', targets: [{ host: 'db.internal', port: 5432 }] },
    ])
    await waitFor(() => {
      expect(uiStore.getState().relayPane).toEqual({ kind: 'detail', relayId: 'relay-db' })
    })
    expect(callsOf(daemon, 'relays.start')).toEqual([{ ids: ['relay-db'] }])
  })

  it('adds, orders and removes targets', async () => {
    const daemon = await openNew()
    type('Target host', 'a')
    type('Target port', '80')
    await userEvent.click(screen.getByRole('button', { name: 'Add a target' }))
    await userEvent.click(screen.getByRole('button', { name: 'Add a target' }))
    type('Target 2 host', 'b')
    type('Target 2 port', '81')
    type('Target 3 host', 'c')
    type('Target 3 port', '82')
    await userEvent.click(screen.getByRole('button', { name: 'Move target 3 up' }))
    await userEvent.click(screen.getByRole('button', { name: 'Remove target 1' }))
    await userEvent.click(screen.getByRole('radio', { name: 'Each in its turn' }))
    type('Name', 'pool')
    await save()
    expect(callsOf(daemon, 'relays.add')).toMatchObject([
      {
        name: 'pool',
        balance: 'round-robin',
        targets: [
          { host: 'c', port: 82 },
          { host: 'b', port: 81 },
        ],
      },
    ])
  })

  it('says what is wrong at each field, and saves nothing', async () => {
    const daemon = await openNew()
    type('Target port', '99999')
    await save()
    expect(screen.getByText('Target host is missing.')).toBeInTheDocument()
    expect(screen.getByText('Target port must be 1 to 65535.')).toBeInTheDocument()
    await waitFor(() => {
      expect(screen.getByLabelText('Port on this machine')).toHaveFocus()
    })
    expect(callsOf(daemon, 'relays.add')).toEqual([])
  })

  it('says at the field what the daemon refuses', async () => {
    const daemon = await openNew()
    daemon.failNext(
      'relays.add',
      makeFault({ code: 'relay.loop', message: 'It leads back to itself.', field: 'targets.0', remedy: null }),
    )
    type('Target host', 'localhost')
    type('Target port', '5432')
    await save()
    expect(await screen.findByText('It leads back to itself.')).toBeInTheDocument()
    expect(screen.getByLabelText('Target host')).toHaveAttribute('aria-invalid', 'true')
  })

  it('offers another port where it is taken', async () => {
    await openNew({}, { taken: true })
    type('Target host', 'db')
    type('Target port', '5432')
    expect(await screen.findByText('Port 5432 is held by postgres, pid 812.')).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: 'Use 5433' }))
    expect(screen.getByLabelText('Port on this machine')).toHaveValue('5433')
  })

  it('asks about a UDP port as such', async () => {
    const daemon = await openNew({ protocol: 'udp' }, { taken: true })
    type('Target host', 'dns')
    type('Target port', '5353')
    expect(await screen.findByText('Port 5353 is held by postgres, pid 812.')).toBeInTheDocument()
    expect(callsOf(daemon, 'ports.check')).toEqual([{ host: '127.0.0.1', port: 5353, protocol: 'udp' }])
  })

  it('asks once before other machines can connect', async () => {
    const daemon = await openNew()
    type('Target host', 'db')
    type('Target port', '5432')
    type('Address on this machine', '*')
    await save()
    expect(screen.getByRole('alert')).toHaveTextContent('Confirm this')
    expect(callsOf(daemon, 'relays.add')).toEqual([])
    await userEvent.click(screen.getByLabelText('That is what I want'))
    await save()
    expect(callsOf(daemon, 'relays.add')).toMatchObject([{ listenHost: '*' }])
  })

  it('has no PROXY protocol and no time-out of connecting for UDP', async () => {
    await openNew({ protocol: 'udp' })
    expect(screen.queryByText('Tell the target who connects')).toBeNull()
    expect(screen.queryByLabelText('Give up connecting after (seconds)')).toBeNull()
    expect(screen.getByLabelText('End when idle for (seconds)')).toHaveAttribute('placeholder', '60')
  })

  it('says how many a save would end only when the listening end changes', async () => {
    await openEdit('web')
    type('Target host', 'web-9')
    expect(screen.queryByText(/Saving restarts it/)).toBeNull()
    type('Port on this machine', '8081')
    expect(screen.getByText('Saving restarts it and ends 37 connections.')).toBeInTheDocument()
  })

  it('leaves limits alone that nobody touched', async () => {
    const daemon = await openEdit('mail')
    type('Name', 'post')
    await save()
    const [{ patch }] = callsOf(daemon, 'relays.update') as [{ patch: object }]
    expect(patch).toMatchObject({ name: 'post' })
    expect(patch).not.toHaveProperty('limits')
  })

  it('saves limits with the rest, and nothing while one of them is wrong', async () => {
    const daemon = await openNew()
    type('Target host', 'db')
    type('Target port', '5432')
    fireEvent.click(screen.getByText('Limits'))
    type('Connections at once', 'many')
    await save()
    expect(callsOf(daemon, 'relays.add')).toEqual([])
    expect(await screen.findByText('Type a whole number.')).toBeInTheDocument()
    type('Connections at once', '20')
    await save()
    expect(callsOf(daemon, 'relays.add')).toMatchObject([{ limits: { maxConnections: 20 } }])
  })

  it('brings back what was typed into a form that was closed', async () => {
    await openNew()
    type('Target host', 'db')
    await userEvent.keyboard('{Escape}')
    await waitFor(() => {
      expect(toastStore.getState().toasts).toMatchObject([{ text: 'The new relay was not saved.' }])
    })
    undoLast()
    const form = await screen.findByRole('form', { name: 'New relay' })
    expect(within(form).getByLabelText('Target host')).toHaveValue('db')
  })

  it('copies a relay with its limits under another name', async () => {
    const daemon = await openConnectedWindow({ relays: [makeRelay('db', { spec: { limits: { maxConnections: 9 } } })] })
    newRelay({ copyOf: 'relay-db' })
    render(<Panes />)
    await screen.findByRole('form', { name: 'New relay' })
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    expect(callsOf(daemon, 'relays.add')).toMatchObject([{ name: 'db-2', limits: { maxConnections: 9 } }])
  })
})
