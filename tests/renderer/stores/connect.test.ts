import { waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { forwardsStore } from '../../../src/renderer/src/stores/forwards'
import { linkStore } from '../../../src/renderer/src/stores/link'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { watchTraffic } from '../../../src/renderer/src/stores/connect'
import { callsOf, openConnectedWindow } from '../_window'
import { makeFault, makeForward, servers } from '../harness/_data'

describe('connectStores()', () => {
  it('fills the stores and subscribes before anything can be missed', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db')], servers })
    const order = daemon.calls.map((call) => call.method)
    expect(order.indexOf('events.subscribe')).toBeLessThan(order.indexOf('forwards.list'))
    expect([...forwardsStore.getState().byId.keys()]).toEqual(['forward-db'])
  })

  it('takes whole views from events and forgets what was removed, in the pane too', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db'), makeForward('web')] })
    uiStore.setState({ pane: { kind: 'detail', forwardId: 'forward-web' } })
    daemon.emit('forwards.changed', { changed: [makeForward('db', { state: 'running' })], removed: ['forward-web'] })
    expect(forwardsStore.getState().byId.get('forward-db')?.snapshot.state).toBe('running')
    expect(forwardsStore.getState().byId.has('forward-web')).toBe(false)
    expect(uiStore.getState().pane).toBeNull()
  })

  it('asks for everything again when the daemon comes back', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db')] })
    daemon.emit('app.daemon', { state: 'lost', fault: makeFault({ code: 'daemon.unreachable' }) })
    expect(linkStore.getState().daemon.state).toBe('lost')
    daemon.forwards.set('forward-web', makeForward('web'))
    daemon.emit('app.daemon', { state: 'connected' })
    await waitFor(() => {
      expect(forwardsStore.getState().byId.size).toBe(2)
    })
  })

  it('says that what it shows is old until the daemon that came back was asked', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db', { state: 'running' })] })
    daemon.emit('app.daemon', { state: 'lost', fault: makeFault({ code: 'daemon.unreachable' }) })
    daemon.forwards.set('forward-db', makeForward('db', { state: 'connecting' }))
    const shown: string[] = []
    const stop = linkStore.subscribe(({ daemon: { state } }) => {
      shown.push(`${state}: ${forwardsStore.getState().byId.get('forward-db')?.snapshot.state ?? 'none'}`)
    })
    daemon.emit('app.daemon', { state: 'connected' })
    await waitFor(() => {
      expect(shown).toEqual(['connected: connecting'])
    })
    stop()
  })

  it('goes on saying so when the daemon is lost again before it answered', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db')] })
    const lost = { state: 'lost', fault: makeFault({ code: 'daemon.unreachable' }) } as const
    daemon.emit('app.daemon', lost)
    daemon.forwards.set('forward-web', makeForward('web'))
    daemon.emit('app.daemon', { state: 'connected' })
    daemon.emit('app.daemon', lost)
    await waitFor(() => {
      expect(forwardsStore.getState().byId.size).toBe(2)
    })
    expect(linkStore.getState().daemon.state).toBe('lost')
  })

  it('asks for connections and log of one forward only while somebody looks at it', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db')] })
    watchTraffic('forward-db')
    watchTraffic(null)
    const [, watching, ended] = callsOf(daemon, 'events.subscribe') as { topics: string[]; forwardId: string | null }[]
    expect(watching).toMatchObject({
      forwardId: 'forward-db',
      topics: expect.arrayContaining(['connections', 'logs']) as unknown,
    })
    expect(ended?.topics).not.toContain('logs')
  })

  it('shows what the tray or a notification points at', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db')] })
    daemon.emit('app.navigate', { screen: 'forwards', id: 'forward-db' })
    expect(uiStore.getState().pane).toEqual({ kind: 'detail', forwardId: 'forward-db' })
    daemon.emit('app.navigate', { screen: 'servers', id: 'server-bastion' })
    expect(uiStore.getState()).toMatchObject({ screen: 'servers', serverToShow: 'server-bastion' })
  })
})
