import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { App } from '../../../src/renderer/src/app'
import { confirmStore } from '../../../src/renderer/src/components/confirm'
import { selections } from '../../../src/renderer/src/stores/selection'
import { showScreen, uiStore } from '../../../src/renderer/src/stores/ui'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { makeFault, makeForward, servers } from '../harness/_data'
import { makeRelay, sampleRelays } from '../harness/_relays'

async function openRelays(options: FakeOptions = {}): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ servers, settings: { groupRelaysBy: 'none' }, ...options })
  render(<App />)
  act(() => {
    showScreen('relays')
  })
  return daemon
}
const rowOf = (name: string): HTMLElement =>
  screen.getByRole('switch', { name }).closest<HTMLElement>('[role="row"]') as HTMLElement
const press = (key: string, more: object = {}): void => {
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more })
}

describe('the list of relays', () => {
  it('says protocol, route, how many more targets there are, limits and what went wrong', async () => {
    await openRelays({ relays: sampleRelays() })
    expect(rowOf('db')).toHaveTextContent('127.0.0.1:5432→db:5432')
    expect(rowOf('db')).toHaveTextContent('TCP · 2 connections')
    expect(rowOf('dns')).toHaveTextContent('UDP · 4 sessions')
    expect(rowOf('web')).toHaveTextContent('web-1.internal:80+2 and 2 other targets')
    expect(rowOf('web')).toHaveTextContent('limited to 500 connections · up 2 MB/s, down 20 MB/s')
    expect(rowOf('game')).toHaveTextContent('0.0.0.0:27015–27024→[2001:db8::17]:27015–27024')
    expect(rowOf('game')).toHaveTextContent('The quota of this month is used up')
    expect(rowOf('customer-4711')).toHaveTextContent('The quota of 50 GB a month is used up.')
    expect(within(rowOf('customer-4711')).getByRole('img', { name: 'failed' })).toBeInTheDocument()
  })

  it('counts them in the sidebar, and what runs in both lists', async () => {
    await openRelays({
      relays: [makeRelay('a', { state: 'running' }), makeRelay('b')],
      forwards: [makeForward('c', { state: 'running' })],
    })
    expect(screen.getByRole('button', { name: /^Relays\s*2$/ })).toHaveAttribute('aria-current', 'page')
    expect(screen.getByTestId('pulse')).toHaveTextContent('2 running')
  })

  it('switches, moves, opens and deletes with the keys of the forwards', async () => {
    const daemon = await openRelays({ relays: [makeRelay('a'), makeRelay('b')] })
    act(() => {
      rowOf('a').focus()
    })
    press('ArrowDown')
    await waitFor(() => {
      expect(rowOf('b')).toHaveFocus()
    })
    press(' ')
    await waitFor(() => {
      expect(screen.getByRole('switch', { name: 'b' })).toBeChecked()
    })
    expect(callsOf(daemon, 'relays.start')).toEqual([{ ids: ['relay-b'] }])
    press('Enter')
    expect(uiStore.getState().relayPane).toEqual({ kind: 'detail', relayId: 'relay-b' })
    press('c')
    await waitFor(() => {
      expect(callsOf(daemon, 'app.copy')).toEqual(['127.0.0.1:5432'])
    })
    press('Escape')
    expect(uiStore.getState().relayPane).toBeNull()
    press('Delete')
    expect(await screen.findByText('b deleted.')).toBeInTheDocument()
    press('z', { ctrlKey: true })
    await waitFor(() => {
      expect(callsOf(daemon, 'relays.restore')).toEqual([{ ids: ['relay-b'] }])
    })
    // It ran, so it runs again.
    await waitFor(() => {
      expect(callsOf(daemon, 'relays.start')).toHaveLength(2)
    })
    expect(callsOf(daemon, 'forwards.remove')).toEqual([])
  })

  it('chooses several and starts them together, apart from what is chosen among the forwards', async () => {
    const daemon = await openRelays({ relays: ['a', 'b', 'c'].map((name) => makeRelay(name)) })
    const user = userEvent.setup()
    await user.click(rowOf('a'))
    await user.keyboard('{Shift>}')
    await user.click(rowOf('b'))
    await user.keyboard('{/Shift}')
    const bar = screen.getByRole('toolbar', { name: 'Chosen relays' })
    expect(bar).toHaveTextContent('2 relays chosen')
    await user.click(within(bar).getByRole('button', { name: 'Start' }))
    expect(callsOf(daemon, 'relays.start')).toEqual([{ ids: ['relay-a', 'relay-b'] }])
    expect(selections.forwards.getState().chosen.size).toBe(0)
  })

  it('says how many connections a stop would cut', async () => {
    const daemon = await openRelays({ relays: [makeRelay('db', { state: 'running', connections: 3 })] })
    await userEvent.click(screen.getByRole('switch', { name: 'db' }))
    expect(confirmStore.getState().question?.body).toBe('This ends 3 live connections through db.')
    act(() => confirmStore.getState().question?.answer(true))
    await waitFor(() => {
      expect(callsOf(daemon, 'relays.stop')).toEqual([{ ids: ['relay-db'] }])
    })
  })

  it('searches targets and protocol, and groups by protocol', async () => {
    await openRelays({ relays: sampleRelays(), settings: { groupRelaysBy: 'protocol' } })
    expect(screen.getByRole('row', { name: /^UDP/ })).toHaveTextContent('UDP(2 of 2) running')
    press('/')
    await userEvent.type(screen.getByRole('searchbox', { name: 'Search relays' }), 'web-3')
    expect(screen.getAllByRole('switch')).toHaveLength(1)
    expect(rowOf('web')).toBeInTheDocument()
  })

  it('offers the free port on the row', async () => {
    const daemon = await openRelays({ relays: sampleRelays() })
    await userEvent.click(within(rowOf('metrics')).getByRole('button', { name: 'Use 9091' }))
    expect(callsOf(daemon, 'relays.update')).toEqual([{ id: 'relay-metrics', patch: { listenPort: 9091 } }])
    await waitFor(() => {
      expect(callsOf(daemon, 'relays.start')).toEqual([{ ids: ['relay-metrics'] }])
    })
  })

  it('begins a new one with N, where there is none with two buttons', async () => {
    await openRelays({ relays: [] })
    expect(screen.getByText(/There is no relay yet/)).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: 'New UDP relay' }))
    expect(uiStore.getState().relayPane).toMatchObject({ kind: 'editor', start: { protocol: 'udp' } })
    act(() => {
      uiStore.setState({ relayPane: null })
    })
    press('n')
    expect(uiStore.getState()).toMatchObject({ screen: 'relays', relayPane: { kind: 'editor', relayId: null } })
  })

  it('forgets what another client removed', async () => {
    const daemon = await openRelays({ relays: [makeRelay('db')] })
    await userEvent.click(rowOf('db'))
    act(() => {
      daemon.emit('relays.changed', { changed: [], removed: ['relay-db'] })
    })
    expect(uiStore.getState().relayPane).toBeNull()
    expect(selections.relays.getState().chosen.size).toBe(0)
  })

  it('shows a fault that belongs to no row', async () => {
    const daemon = await openRelays({ relays: [makeRelay('db')] })
    daemon.failNext('relays.start', makeFault({ message: 'No.', fix: 'Try this.' }))
    await userEvent.click(screen.getByRole('switch', { name: 'db' }))
    expect(await screen.findByText('No.')).toBeInTheDocument()
  })
})
