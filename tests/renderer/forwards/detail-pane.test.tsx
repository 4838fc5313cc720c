import { act, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { DetailPane } from '../../../src/renderer/src/screens/forwards/detail/detail-pane'
import { join } from '../../../src/renderer/src/detail/log-view'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { makeFault, makeForward, servers } from '../harness/_data'

async function openPane(name: string, options: FakeOptions): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ servers, ...options })
  render(<DetailPane forwardId={`forward-${name}`} />)
  return daemon
}

describe('the detail pane', () => {
  it('says first what the forward does', async () => {
    await openPane('db', { forwards: [makeForward('db', { state: 'running', minutes: 134 })] })
    expect(
      screen.getByText('People here connect to 127.0.0.1:5432 and reach db:5432 as seen from bastion.'),
    ).toBeInTheDocument()
    expect(screen.getByText('running for 2 h 14 m')).toBeInTheDocument()
  })

  it('says why it waits and retries at once on demand', async () => {
    const daemon = await openPane('web', { forwards: [makeForward('web', { state: 'waiting', reason: makeFault() })] })
    expect(screen.getByText('The server cannot be reached')).toBeInTheDocument()
    expect(screen.getByText(/^retry in \d+ s$/)).toHaveTextContent('after 3 attempts')
    await userEvent.click(screen.getByRole('button', { name: 'Retry now' }))
    expect(callsOf(daemon, 'forwards.retry')).toEqual([{ ids: ['forward-web'] }])
  })

  it('leads to the server that refused the login', async () => {
    const reason = makeFault({ code: 'ssh.auth-failed', remedy: { action: 'edit-server', serverId: 'server-bastion' } })
    await openPane('db', { forwards: [makeForward('db', { state: 'failed', reason })] })
    await userEvent.click(screen.getByRole('button', { name: 'Edit bastion' }))
    expect(uiStore.getState()).toMatchObject({ screen: 'servers', serverToShow: 'server-bastion' })
  })

  it('checks each step of a start and shows what failed, with the way out', async () => {
    const forward = makeForward('db', { via: ['bastion', 'build'] })
    const daemon = await openPane('db', { forwards: [forward] })
    await userEvent.click(screen.getByRole('button', { name: 'Check' }))
    const section = await screen.findByRole('region', { name: 'Check' })
    expect(await within(section).findByText('A start would fail at the login of build.')).toBeInTheDocument()
    expect(within(section).getAllByRole('img', { name: 'failed' })).toHaveLength(1)
    expect(within(section).getByText('build')).toBeInTheDocument()
    expect(within(section).getByText('The server refused the login')).toBeInTheDocument()
    expect(within(section).getByText('2.0 s')).toBeInTheDocument()
    await userEvent.click(within(section).getByRole('button', { name: 'Edit bastion' }))
    expect(uiStore.getState()).toMatchObject({ screen: 'servers', serverToShow: 'server-bastion' })
    expect(callsOf(daemon, 'forwards.check')).toEqual([{ id: 'forward-db' }])
    await userEvent.click(within(section).getByRole('button', { name: 'Close the check' }))
    expect(screen.queryByRole('region', { name: 'Check' })).toBeNull()
  })

  it('does not call it a failed start when only the target is away', async () => {
    await openPane('db', { forwards: [makeForward('db', { spec: { remoteHost: 'nobody' } })] })
    await userEvent.click(screen.getByRole('button', { name: 'Check' }))
    expect(
      await screen.findByText('A start would succeed, but connections would fail at the target.'),
    ).toBeInTheDocument()
  })

  it('says when a check cannot be made', async () => {
    const daemon = await openPane('db', { forwards: [makeForward('db')] })
    daemon.failNext('forwards.check', makeFault({ code: 'spec.not-found', message: 'There is no such forward.' }))
    await userEvent.click(screen.getByRole('button', { name: 'Check' }))
    expect(await screen.findByText('There is no such forward.')).toBeInTheDocument()
  })

  it('counts what its limits turned away, and says nothing of it while that is nothing', async () => {
    const drops = { connections: 1, denied: 3410 }
    const daemon = await openPane('db', { forwards: [makeForward('db', { state: 'running', drops })] })
    const limits = screen.getByRole('region', { name: 'Limits' })
    expect(within(limits).getByText('Since Warren started:')).toBeInTheDocument()
    expect(within(limits).getByText('1 connection turned away by the limits')).toBeInTheDocument()
    expect(within(limits).getByText('3,410 turned away by the lists of sources')).toBeInTheDocument()
    act(() => {
      daemon.emit('forwards.changed', { changed: [makeForward('db', { state: 'running' })], removed: [] })
    })
    await waitFor(() => {
      expect(limits).not.toHaveTextContent('Since Warren started:')
    })
  })

  it('lists live connections and ends one', async () => {
    const daemon = await openPane('db', { forwards: [makeForward('db', { state: 'running', connections: 2 })] })
    await userEvent.click(await screen.findByRole('button', { name: 'End the connection from psql 51822' }))
    expect(callsOf(daemon, 'connections.end')).toEqual([{ id: 'connection-0' }])
    act(() => {
      daemon.emit('connections.sampled', { forwardId: 'forward-db', connections: [] })
    })
    expect(screen.getByText('Nobody is connected.')).toBeInTheDocument()
  })

  it('follows the log of this forward only', async () => {
    const daemon = await openPane('db', { forwards: [makeForward('db', { state: 'running' })] })
    const log = await screen.findByRole('log')
    const entry = { seq: 90, at: new Date().toISOString(), level: 'error' as const, message: 'it broke', code: null }
    act(() => {
      daemon.emit('logs.added', { forwardId: 'forward-other', entries: [{ ...entry, message: 'not mine' }] })
      daemon.emit('logs.added', { forwardId: 'forward-db', entries: [entry] })
    })
    await waitFor(() => {
      expect(within(log).getByText('it broke')).toBeInTheDocument()
    })
    expect(within(log).queryByText('not mine')).toBeNull()
  })

  it('takes an entry once that was both read and told', () => {
    const entry = (seq: number) => ({ seq, at: '', level: 'info' as const, message: '', code: null })
    expect(join([entry(1), entry(2)], [entry(2), entry(3)]).map(({ seq }) => seq)).toEqual([1, 2, 3])
  })
})
