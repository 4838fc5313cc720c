import { act, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { RelayDetail } from '../../../src/renderer/src/screens/relays/detail/relay-detail'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon } from '../harness/fake-api'
import { makeFault } from '../harness/_data'
import { makeRelay, sampleRelays } from '../harness/_relays'

async function openPane(name: string, relays = sampleRelays()): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ relays })
  render(<RelayDetail relayId={`relay-${name}`} />)
  return daemon
}

describe('the pane of a relay', () => {
  it('says first what it does, and of each target whether it answers', async () => {
    await openPane('web')
    expect(
      screen.getByText(
        'People on this network connect to port 8080 of this machine and reach web-1.internal:80, web-2.internal:80, and web-3.internal:80 in turn.',
      ),
    ).toBeInTheDocument()
    const targets = screen.getByRole('region', { name: 'Targets 3' })
    const lines = within(targets).getAllByRole('listitem')
    expect(lines.map((line) => line.textContent)).toEqual([
      'web-1.internal:80answers',
      'web-2.internal:80does not answer',
      'web-3.internal:80not tried yet',
    ])
  })

  it('changes a limit in place and saves nothing else', async () => {
    const daemon = await openPane('db')
    const field = within(screen.getByRole('region', { name: 'Limits' })).getByLabelText('Connections at once')
    await userEvent.type(field, '10{Enter}')
    await waitFor(() => {
      expect(callsOf(daemon, 'relays.update')).toMatchObject([
        { id: 'relay-db', patch: { limits: { maxConnections: 10 } } },
      ])
    })
    expect(Object.keys((callsOf(daemon, 'relays.update')[0] as { patch: object }).patch)).toEqual(['limits'])
    expect(await screen.findByText('Saved; it holds from now on.')).toBeInTheDocument()
    expect(callsOf(daemon, 'relays.stop')).toEqual([])
  })

  it('says at the field what the daemon refuses', async () => {
    const daemon = await openPane('db')
    daemon.failNext(
      'relays.update',
      makeFault({ code: 'spec.invalid', message: 'Too many.', field: 'limits.maxConnections', remedy: null }),
    )
    const field = within(screen.getByRole('region', { name: 'Limits' })).getByLabelText('Connections at once')
    await userEvent.type(field, '10{Enter}')
    expect(await screen.findByText('Too many.')).toBeInTheDocument()
    expect(field).toHaveAttribute('aria-invalid', 'true')
  })

  it('counts what the limits and lists kept out', async () => {
    await openPane('web')
    const limits = screen.getByRole('region', { name: 'Limits' })
    expect(limits).toHaveTextContent('12 connections turned away by the limits')
    expect(limits).toHaveTextContent('3,410 turned away by the lists of sources')
  })

  it('lists its connections, ends one, and speaks of sessions where it is UDP', async () => {
    const daemon = await openPane('dns')
    await userEvent.click(await screen.findByRole('button', { name: 'End the session from psql 51822' }))
    expect(callsOf(daemon, 'connections.end')).toEqual([{ id: 'connection-0' }])
    expect(screen.getByRole('region', { name: 'Ended sessions' })).toBeInTheDocument()
    expect(callsOf(daemon, 'events.subscribe').at(-1)).toMatchObject({ forwardId: 'relay-dns' })
    act(() => {
      daemon.emit('connections.sampled', { forwardId: 'relay-dns', connections: [] })
    })
    expect(screen.getByText('Nobody is connected.')).toBeInTheDocument()
  })

  it('says why it failed, with the way out', async () => {
    const daemon = await openPane('metrics')
    expect(screen.getByText('The port is in use')).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: 'Use 9091' }))
    expect(callsOf(daemon, 'relays.update')).toEqual([{ id: 'relay-metrics', patch: { listenPort: 9091 } }])
  })

  it('leads to the form of a relay that leads back to itself', async () => {
    const reason = makeFault({
      code: 'relay.loop',
      message: 'Its target is its own port.',
      remedy: { action: 'edit-forward' },
    })
    await openPane('loop', [makeRelay('loop', { state: 'failed', reason })])
    await userEvent.click(screen.getByRole('button', { name: 'Edit the relay' }))
    expect(uiStore.getState().relayPane).toMatchObject({ kind: 'editor', relayId: 'relay-loop' })
  })

  it('says who made it, who may connect and when it gives up', async () => {
    await openPane('panel', [
      makeRelay('panel', {
        spec: { origin: 'x-port-forward', allow: ['10.0.0.0/8'], sendProxy: 'v2', idleSeconds: 90 },
      }),
    ])
    const facts = screen.getByRole('region', { name: 'Facts' })
    expect(facts).toHaveTextContent('Made bya panel, over X Port Forward')
    expect(facts).toHaveTextContent('May connect10.0.0.0/8')
    expect(facts).toHaveTextContent('Ends when idleafter 1 m')
  })
})
