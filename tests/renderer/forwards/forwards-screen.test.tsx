import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { App } from '../../../src/renderer/src/app'
import { needsStore } from '../../../src/renderer/src/stores/needs'
import { selections } from '../../../src/renderer/src/stores/selection'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { makeFault, makeForward, manyForwards, sampleForwards, servers } from '../harness/_data'
import { wayForwards } from '../harness/_ways'

async function openApp(options: FakeOptions = {}): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ servers, settings: { groupBy: 'none' }, ...options })
  render(<App />)
  return daemon
}
const rowOf = (name: string): HTMLElement =>
  screen.getByRole('switch', { name }).closest<HTMLElement>('[role="row"]') as HTMLElement
const press = (key: string, more: object = {}): void => {
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more })
}

describe('the list of forwards', () => {
  it('says the state in words, the way, and what went wrong', async () => {
    await openApp({ forwards: sampleForwards() })
    expect(within(rowOf('web')).getByRole('img', { name: 'waiting' })).toBeInTheDocument()
    expect(rowOf('web')).toHaveTextContent(/retry in \d+ s/)
    expect(rowOf('web')).toHaveTextContent('bastion.example.net:22 refused the connection.')
    expect(rowOf('db')).toHaveTextContent('127.0.0.1:5432→db:5432')
    expect(rowOf('shared')).toHaveTextContent('reachable from the network')
  })

  it('says on the row what is otherwise than asked though it runs', async () => {
    await openApp({ forwards: wayForwards() })
    expect(rowOf('preview')).toHaveTextContent('The server bound 127.0.0.1 only')
    expect(rowOf('wiki')).toHaveTextContent('asleep')
    expect(rowOf('payroll')).toHaveTextContent(/stops in 4[12] m/)
  })

  it('tells main once that it is usable', async () => {
    const daemon = await openApp({ forwards: sampleForwards() })
    await waitFor(() => {
      expect(callsOf(daemon, 'app.usable')).toHaveLength(1)
    })
  })

  it('switches with the switch, which shows what is wanted', async () => {
    const daemon = await openApp({ forwards: [makeForward('db')] })
    await userEvent.click(screen.getByRole('switch', { name: 'db' }))
    expect(callsOf(daemon, 'forwards.start')).toEqual([{ ids: ['forward-db'] }])
    await waitFor(() => {
      expect(screen.getByRole('switch', { name: 'db' })).toBeChecked()
    })
  })

  it('moves with the arrows, switches with Space and opens with Enter', async () => {
    const daemon = await openApp({ forwards: [makeForward('a'), makeForward('b')] })
    act(() => {
      rowOf('a').focus()
    })
    press('ArrowDown')
    await waitFor(() => {
      expect(rowOf('b')).toHaveFocus()
    })
    press(' ')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.start')).toEqual([{ ids: ['forward-b'] }])
    })
    press('Enter')
    expect(uiStore.getState().pane).toEqual({ kind: 'detail', forwardId: 'forward-b' })
  })

  it('chooses one, a range, and all', async () => {
    await openApp({ forwards: ['a', 'b', 'c', 'd'].map((name) => makeForward(name)) })
    const user = userEvent.setup()
    await user.click(rowOf('a'))
    await user.keyboard('{Shift>}')
    await user.click(rowOf('c'))
    await user.keyboard('{/Shift}')
    expect([...selections.forwards.getState().chosen]).toEqual(['forward-a', 'forward-b', 'forward-c'])
    expect(screen.getByRole('toolbar', { name: 'Chosen forwards' })).toHaveTextContent('3 forwards chosen')
    press('a', { ctrlKey: true })
    expect(selections.forwards.getState().chosen.size).toBe(4)
  })

  it('gives the focus to the neighbour when the row that had it is deleted', async () => {
    await openApp({ forwards: ['a', 'b', 'c'].map((name) => makeForward(name)) })
    act(() => {
      rowOf('b').focus()
    })
    press('Delete')
    await waitFor(() => {
      expect(rowOf('c')).toHaveFocus()
    })
    expect(await screen.findByText('b deleted.')).toBeInTheDocument()
  })

  it('keeps typing in the search box apart from the keys', async () => {
    const daemon = await openApp({ forwards: [makeForward('db'), makeForward('web')] })
    press('/')
    const search = screen.getByRole('searchbox', { name: 'Search forwards' })
    expect(search).toHaveFocus()
    await userEvent.type(search, 'once')
    expect(callsOf(daemon, 'app.copy')).toEqual([])
    expect(uiStore.getState().pane).toBeNull()
    expect(screen.getByText('No forward matches.')).toBeInTheDocument()
  })

  it('draws only the rows on screen', async () => {
    await openApp({ forwards: manyForwards(1000) })
    expect(screen.getAllByRole('row').length).toBeLessThan(40)
    expect(screen.getByRole('grid')).toHaveAttribute('aria-rowcount', '1000')
  })

  it('answers a need from the row', async () => {
    await openApp({ forwards: sampleForwards() })
    await userEvent.click(within(rowOf('admin')).getByRole('button', { name: 'Answer' }))
    expect(needsStore.getState().shown).toBe('need-1')
  })

  it('offers the free port on the row', async () => {
    const daemon = await openApp({ forwards: sampleForwards() })
    await userEvent.click(within(rowOf('metrics')).getByRole('button', { name: 'Use 9091' }))
    expect(callsOf(daemon, 'forwards.update')).toEqual([{ id: 'forward-metrics', patch: { localPort: 9091 } }])
  })

  it('says when the daemon is lost and restarts it', async () => {
    const daemon = await openApp({ forwards: [makeForward('db')] })
    act(() => {
      daemon.emit('app.daemon', {
        state: 'lost',
        fault: makeFault({ code: 'daemon.unreachable', message: 'It ended.' }),
      })
    })
    expect(screen.getByRole('alert')).toHaveTextContent('It ended. What you see is what was last known.')
    await userEvent.click(screen.getByRole('button', { name: 'Restart it' }))
    expect(callsOf(daemon, 'app.restartDaemon')).toHaveLength(1)
  })
})
